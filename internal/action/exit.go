package action

import "github.com/org/cilock-action/internal/verdict"

// ExitCode is the code of the whole process. The step's own code goes first:
// nothing that we do may hide how the step ended.
func ExitCode(r Report, err error) int {
	if r.Step.ExitCode != 0 {
		return r.Step.ExitCode
	}
	if err != nil {
		return verdict.CodeOf(err)
	}
	if r.Verdict == verdict.Incomplete && r.Plan.Judge.asked() {
		return verdict.ExitIncomplete // what the policy needs to be complete is not
	}
	code := r.Plan.FailOn.Code(r.Verdict)
	if code == verdict.ExitOK && r.Unsigned {
		return verdict.ExitIncomplete
	}
	return code
}
