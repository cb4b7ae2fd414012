package attest

// TypeReview is what the server says of the commit of a job and of the pull
// request behind it.
const TypeReview = "https://github.com/org/cilock-action/review/v0.1"

// Review is the body of TypeReview. Logins are as the server writes them; two
// that differ in case only are one person.
type Review struct {
	Commit             string `json:"commit"`    // that the job is of: GITHUB_SHA
	Author             string `json:"author"`    // login; empty if the server knows nobody by the commit's address
	Committer          string `json:"committer"` // login; web-flow for what was merged on the server
	Verified           bool   `json:"verified"`  // the server accepts the commit's signature
	VerificationReason string `json:"verificationreason"`

	// PullRequest is the one that the job tests, or that brought the commit in.
	// Absent: the server knows none, as of a commit that was pushed directly.
	PullRequest *PullRequest `json:"pullrequest,omitempty"`
	// Approvals are the reviewers whose latest word is an approval of the head. Of
	// each the last review that is more than a comment counts, unless it was
	// dismissed. The pull request's author is no reviewer.
	Approvals []Approval `json:"approvals"`
	// DistinctApprovals counts those of Approvals that are people (not bots) whom
	// the server calls owner, member or collaborator: on a public repository
	// anybody can approve.
	DistinctApprovals int `json:"distinctapprovals"`
	// Stale are reviewers whose latest word approves another commit than the head.
	Stale []Approval `json:"stale"`
}

// PullRequest is what a review is of.
type PullRequest struct {
	Number int    `json:"number"`
	Author string `json:"author"`
	// Head is the commit that approvals must be of. In a job that tests the pull
	// request it is the one that was tested, also if another was pushed since.
	Head        string `json:"head"`
	Base        string `json:"base"` // branch
	Merged      bool   `json:"merged"`
	MergeCommit string `json:"mergecommit,omitempty"` // absent unless it is merged
	MergedBy    string `json:"mergedby,omitempty"`
}

// Approval is one reviewer's.
type Approval struct {
	Login       string `json:"login"`
	Commit      string `json:"commit"`                // that was approved; empty if it is gone
	Association string `json:"association,omitempty"` // OWNER, MEMBER, COLLABORATOR, CONTRIBUTOR, NONE, ...
	Bot         bool   `json:"bot,omitempty"`
}
