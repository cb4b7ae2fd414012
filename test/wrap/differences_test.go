package wrap

import (
	"regexp"
	"slices"
)

// difference is one from what GitHub's runner gives.
type difference struct {
	way   string
	cases []string       // empty means all
	key   *regexp.Regexp // of what differs
	why   string         // and how the runner is known to do otherwise
}

func (d difference) of(name string) bool { return len(d.cases) == 0 || slices.Contains(d.cases, name) }

func only(names ...string) []string { return names }

// differences is every one that is known. act is version 0.2.89; the runner's
// sources are those of v2.336.0.
var differences = []difference{
	{
		"act", nil, regexp.MustCompile(`^seen\.[^.]*\.action$`),
		"act fills GITHUB_ACTION_REPOSITORY and GITHUB_ACTION_REF in run: steps of an action; the runner empties them (actions/runner#2473)",
	},
	{
		"act", only("composite-shells", "composite-flow", "composite-flow-failing", "composite-expr", "composite-nested"),
		regexp.MustCompile(`^seen\.[^.]*\.inputs\.INPUT_`),
		"act shows INPUT_* to run: steps; the runner sets them for node and docker actions alone (Handler.cs, AddInputsToEnvironment)",
	},
	{
		"act", only("node-main", "node-main-without"), regexp.MustCompile(`^seen\.main\.(get\.My|inputs\.INPUT_MY)[._](D|d)(OTTED|otted)$`),
		"act writes a dot as an underscore in INPUT_*, and getInput does not find it; the runner replaces blanks only (AddInputsToEnvironment)",
	},
	{
		"act", only("node-main", "node-main-without", "composite-heredoc"), regexp.MustCompile(`^(outputs\.cr|env\.FX_DOC|seen\.last\.fx\.FX_DOC)$`),
		"act takes the carriage return from the end of a line in a heredoc; the runner splits at line feeds alone (FileCommandManager.cs)",
	},
	{
		"act", only("composite-heredoc"), regexp.MustCompile(`^outputs\.two-empty-lines$`),
		"act forgets empty lines at the start of a heredoc; the runner keeps them (FileCommandManager.cs)",
	},
	{
		"act", only("composite-heredoc"), regexp.MustCompile(`^summary$`),
		"act gives the caller's step the summary of the last inner step; on the runner it has those of all",
	},
	{
		"act", only("node-env"), regexp.MustCompile(`^env\.FX_EMPTY$`),
		"act drops a variable that is empty in later steps; the runner sets it (SetEnvFileCommand)",
	},
	{"action under act", only("node-env"), regexp.MustCompile(`^env\.FX_EMPTY$`), "as above"},
	{
		"act", only("composite-heredoc-open"), regexp.MustCompile(`^(outcome|order|outputs\..*|seen\.failed\..*)$`),
		"act refuses blank lines, takes a malformed file for the failure of the job and not of the step; the runner skips the first and fails the step (FileCommandManager.cs)",
	},
	{
		"act", only("composite-expr", "composite-nested"), regexp.MustCompile(`^outputs\.(undeclared|hash-none)$`),
		"act takes the outputs of the last inner step for outputs of the action, declared or not (act#2553); the runner maps what is declared (CompositeActionHandler.cs, ProcessOutputs)",
	},
	{
		"act", only("composite-expr"), regexp.MustCompile(`^outputs\.filter$`),
		"act's object filter has an empty element for each object without the property; the runner's evaluator leaves them out",
	},
	{
		"act", only("composite-expr-case"), regexp.MustCompile(`.`),
		"act has no function case and no integer above 32 bits, and refuses the action",
	},
	{
		"act", only("composite-nested-self"), regexp.MustCompile(`.`),
		"act does not know uses: $/path and fails; the runner resolves it to the same repository and commit",
	},
	{
		"act", only("composite-nested", "composite-nested-failing"), regexp.MustCompile(`^seen\.[^.]*\.(state\.STATE_(lines|made)|made|lines)$`),
		"act shows the state of a pre stage to all steps of the action around it; the runner keeps it for the step itself (EmbeddedIntraActionState)",
	},
	{
		"act", only("node-pre-post-pre-failing"), regexp.MustCompile(`^(env\.FX_PRE|order|seen\.(pre|post) nobody\..*)$`),
		"act ends the job when a pre stage fails, without post stages and steps that always run; on the runner pre registers post (ActionRunner.cs)",
	},
	{
		"act", only("composite-nested-failing"), regexp.MustCompile(`^(order|seen\.post is never reached\..*)$`),
		"act runs a post stage only if main ran; on the runner pre registers it too (ActionRunner.cs)",
	},
	{
		"act", only("node-github"), regexp.MustCompile(`^seen\.main\.token$`),
		"no token is given to act; the runner has one in every job",
	},
	{
		"hand", only("composite-flow", "composite-flow-failing"), regexp.MustCompile(`^outputs\.(outcomes|of-skipped)$`),
		"outcomes and conclusions are of a runner's making; by hand there are outputs only",
	},
	{
		"act", only("composite-commands"), regexp.MustCompile(`^outputs\.(first-form|indented)$`),
		"act knows commands at the start of a line only, and not ##[…]; the runner passes over blanks and finds ##[…] anywhere (ActionCommand.cs)",
	},
	{
		"act", only("composite-commands"), regexp.MustCompile(`^(outputs\.refused|seen\.last\.env\.(CI|NODE_OPTIONS))$`),
		"act obeys set-env, add-path and NODE_OPTIONS, and not CI; the runner fails the step for the first two and leaves the third out (ActionCommandManager.cs, FileCommandManager.cs)",
	},
	{
		"act", only("composite-edges"), regexp.MustCompile(`^(order|outputs\.(condition|script)|seen\.behind it\..*)$`),
		"act goes on behind a condition that cannot be evaluated, and runs a script with an expression that cannot; the runner ends the action, and fails the step (CompositeActionHandler.cs, RunStepsAsync)",
	},
	{
		"act", only("composite-flow", "composite-flow-failing"), regexp.MustCompile(`^seen\.always\.env\.STATUS$`),
		"act has no github.action_status; the runner sets it for each step of an action (CompositeActionHandler.cs, RunStepsAsync)",
	},
	{"cilock", only("composite-flow", "composite-flow-failing"), regexp.MustCompile(`^seen\.always\.env\.STATUS$`), ofOurs.status},
	{"action", only("composite-flow", "composite-flow-failing"), regexp.MustCompile(`^seen\.always\.env\.STATUS$`), ofOurs.status},
	{"cilock", only("node-main-without"), regexp.MustCompile(`.`), ofOurs.required},
	{"action", only("node-main-without"), regexp.MustCompile(`.`), ofOurs.required},
}

// ofOurs are differences that are no fault of the other ways: the runner does it
// right, and we do not.
var ofOurs = struct{ required, status string }{
	"an action is refused whose required input is not given; the runner never enforces that (ActionRunner.cs)",
	"github.action_status is empty; the runner sets it for each step of an action (CompositeActionHandler.cs, RunStepsAsync)",
}
