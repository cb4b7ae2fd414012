package refs

// The ids of the rules. They are part of the SARIF fingerprints: a changed id
// makes every known finding a new one.
const (
	ruleUnread       = "unread-file"
	ruleRefused      = "refused-file"
	ruleInvalid      = "invalid-reference"
	ruleUnreachable  = "unreachable-commit"
	ruleMismatch     = "changed-action"
	ruleDenied       = "denied-commit"
	ruleUnpinned     = "unpinned-reference"
	ruleTag          = "pinned-tag"
	ruleUndetermined = "undetermined-reference"
	ruleComment      = "wrong-version-comment"
	ruleRenamed      = "renamed-repository"
	ruleAmbiguous    = "ambiguous-reference"
	ruleLock         = "lock-differs"
	ruleArchived     = "archived-repository"
	ruleInjection    = "script-injection"
	ruleNothing      = "nothing-read"
)

// rule explains what a finding means, to whoever meets it first.
type rule struct {
	id    string
	level Level
	short string
	help  string
}

// rules are all of them, the worst first.
func rules() []rule {
	return []rule{
		{ruleUnread, Error, "A file could not be read", "What is not read is not judged. Make the file readable, or leave it out of the paths."},
		{ruleRefused, Error, "The runner would refuse this file", "GitHub's parser refuses the file here, or reads it otherwise than it looks. Correct the place that is named. References that can still be found are reported beside it."},
		{ruleInvalid, Error, "Not a valid action reference", "The reference has a spelling that the runner refuses, or reads as something else than it looks like. Write it as owner/repo@SHA, owner/repo/path@SHA, ./path, $/path or docker://image@sha256:DIGEST."},
		{ruleUnreachable, Error, "The commit is on no branch or tag of its repository", "GitHub also serves commits of forks under the name of the repository. Find the release that you mean in the repository itself, and pin its commit."},
		{ruleMismatch, Error, "The action on disk is not what its commit holds", "The files that the runner downloaded differ from the commit's. Do not run them: find out who changed them."},
		{ruleDenied, Error, "The commit is on the deny-list", "The commit is known to be bad. Pin another one."},
		{ruleUnpinned, Warning, "The reference can mean other code tomorrow", "A tag or branch can be moved, and an expression decides only when it runs. Pin actions and reusable workflows to the commit's 40 hex digits, with the version in a comment, and images to @sha256: and their digest."},
		{ruleTag, Warning, "The pin is held by a tag alone", "No branch holds the commit: whoever may push tags put it there, and it is gone when the tag is deleted, as is a tag's own object. Pin a commit of a branch."},
		{ruleUndetermined, Warning, "The reference could not be checked", "Whether the commit belongs to the repository was not found out, for the reason that is given. It is neither proved nor disproved."},
		{ruleComment, Warning, "The comment names another version", "No tag of the pinned commit is what the comment says. Readers and update tools go by the comment: correct it, or pin the commit that the version names."},
		{ruleRenamed, Warning, "The repository has another name now", "The server redirects the old name. Whoever registers it takes over every workflow that still uses it: write the new name."},
		{ruleArchived, Warning, "The repository is archived", "Nobody mends an archived action. Look for the one that took its place."},
		{ruleAmbiguous, Warning, "A branch and a tag have the same name", "Which of them the runner takes is not written down. Pin the commit that you mean."},
		{ruleLock, Warning, "The lock file names another commit", "The workflow's lock file and the reference do not agree. Either the tag was moved since it was locked, which a release rarely does, or one of the two was changed by hand. Runners without support for lock files use the reference."},
		{ruleNothing, Warning, "No workflow and no action was read", "The paths hold nothing to judge, which says nothing about them. Look for a mistyped path or a checkout that is missing."},
		{ruleInjection, Warning, "Untrusted text becomes part of a script", "The expression is replaced before the shell reads the script. Give the value to the step as a variable under env, and use the variable in the script."},
	}
}

// ruleOf is the rule of an id; one that is not known counts as an error.
func ruleOf(id string) rule {
	for _, r := range rules() {
		if r.id == id {
			return r
		}
	}
	return rule{id, Error, id, id}
}

// levelOf is the level of a rule.
func levelOf(id string) Level { return ruleOf(id).level }

// Unknown reports whether a finding says that something could not be judged,
// instead of how it was judged.
func (f Finding) Unknown() bool {
	switch f.Rule {
	case ruleUnread, ruleRefused, ruleInvalid, ruleUndetermined:
		return true
	}
	return false
}
