package action

import (
	"strings"

	"github.com/org/cilock-action/internal/sarif"
)

// ruleText explains a rule of the verdict to whoever meets it in code scanning.
type ruleText struct {
	id, short, help string
	security        bool // or it is about how the run went
}

// ruleTexts are those that have a name of their own. What is not here is a rule
// of a policy.
func ruleTexts() []ruleText {
	return []ruleText{
		{"action-denied", "The job uses a commit that is on the deny-list", "The commit is known to be bad. Pin another one, and look at what this one has done.", true},
		{"action-origin", "An action's commit is not of its repository", "GitHub also serves commits of forks under the name of a repository. Find the release that you mean in the repository itself, and pin its commit.", true},
		{"action-bytes", "An action's files are not those of its commit", "What the runner has on disk is not what the commit holds. Do not run it: find out what changed the files.", true},
		{"action-refused", "The wrapped action cannot be run as its author means it", "The action was not started. Mend what is named, or use it in a step of its own.", true},
		{"actions", "The account of an action cannot be read", "What is not understood is not judged. Verify the evidence with the version that made it.", true},
		{"signer-identity", "Nobody can know beforehand who signed", "A key that was made for one run proves that the evidence was not changed, and not who made it. Sign with a key, or let the job ask for an identity with `permissions: id-token: write`.", true},
		{"timestamped", "The signature has no trusted time", "A certificate lives for minutes: without a time nobody can verify it later. Run the step again.", true},
		{"logged", "The signature has no entry in the transparency log", "The entry can be made later: cilock attest --log-later.", true},
		{"signing-services", "A signing service did not answer as it should", "The evidence is signed without what that service gives.", false},
		{"functionary", "The evidence is not signed by whom the policy names", "Sign with a key or an identity that the policy names.", true},
		{"self-check", "The evidence did not verify when it was read back", "The evidence is not to be relied on. Run the step again; if it happens again it is a fault of cilock's.", true},
		{"evidence", "The evidence could not be signed", "There is no evidence of the step. Mend what is named, and run it again.", false},
		{"evidence-written", "The evidence could not be written", "Make room, or give another folder, and run the step again.", false},
		{"complete", "Not everything was seen", "A collector left a gap, which the evidence names: what is in it is true, and it is not all. `cilock doctor` says what this machine can do.", true},
		{"completeness", "The evidence does not say what was not seen", "Evidence without that account is at best incomplete.", true},
		{"secretscan", "The search for secrets is not to be relied on", "The scanner has to find a canary of its own, and its result has to be readable.", true},
		{"command-run", "The record of the command cannot be read", "Without it nobody knows what ran, or how it ended.", true},
		{"step-succeeded", "The step failed", "Its evidence is as good as that of any other step. The log says what went wrong.", false},
		{"step-started", "The step was not started", "Its evidence says why.", false},
		{"step-cancelled", "The step was cancelled", "The evidence has what was seen until then.", false},
	}
}

// runRule is the rule of a finding as SARIF has it.
func runRule(id, level string) sarif.Rule {
	known := ruleText{id, "The policy denies the step", "The result says what the policy expects and what was found. The policy's author decides what passes.", true}
	if module, ok := strings.CutPrefix(id, "module "); ok {
		known.short = "The policy's module " + module + " denies the step"
	}
	for _, r := range ruleTexts() {
		if r.id == id {
			known = r
		}
	}
	rule := sarif.Rule{
		ID: id, Short: sarif.Plain(known.short), Full: sarif.Plain(known.short + ". " + known.help), Help: sarif.Plain(known.help),
		Default: sarif.Config{Level: level},
	}
	if known.security {
		rule.Properties = sarif.Security(level)
	}
	return rule
}
