package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// maxSummary is where CreateStepSummaryCommand drops the whole summary.
const maxSummary = 1 << 20

// processFiles reads the step's files when its script has ended, however it ended
// (FileCommandManager.ProcessFiles). A malformed one fails the step.
func (x *run) processFiles(github map[string]any, res *StepResult, h *handler) {
	read := func(key string) string {
		b, err := os.ReadFile(toString(github[key]))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // the script may have removed it
			x.must(err)
		}
		return string(b)
	}
	for _, dir := range parsePath(read("path")) {
		x.prepend = append(slices.DeleteFunc(x.prepend, func(d string) bool { return d == dir }), dir)
	}
	x.processPairs("env", read("env"), h, func(p Pair) error {
		if strings.EqualFold(p.Key, "NODE_OPTIONS") {
			x.out.issue("error", fmt.Sprintf("Can't store %s output parameter using '$GITHUB_ENV' command.", p.Key), nil)
			return nil // the step goes on (SetEnvFileCommand)
		}
		x.Runner.env[p.Key] = p.Value
		x.total.Env[p.Key] = p.Value
		return nil
	})
	x.processSummary(read("step_summary"))
	x.processPairs("state", read("state"), h, func(p Pair) error {
		res.State[p.Key] = p.Value
		return nil
	})
	x.processPairs("output", read("output"), h, func(p Pair) error {
		res.Outputs[p.Key] = p.Value
		return nil
	})
}

func (x *run) processPairs(name, text string, h *handler, set func(Pair) error) {
	pairs, err := ParsePairs(text)
	for _, p := range pairs {
		if err == nil {
			err = set(p)
		} else {
			_ = set(p) // what came before the fault counts; the fault is reported below
		}
	}
	if err != nil {
		x.out.issue("error", fmt.Sprintf("Unable to process file command '%s' successfully.", name), nil)
		x.out.issue("error", err.Error(), nil)
		h.failed = true
	}
}

// processSummary takes the summary over, masked by the line. One that is too
// large is lost as a whole, and the step goes on.
func (x *run) processSummary(text string) {
	if len(text) > maxSummary {
		x.out.issue("error", fmt.Sprintf("$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of %dk, got %dk", maxSummary>>10, len(text)>>10), nil)
		return
	}
	for _, line := range SplitLines(text) {
		x.total.Summary += x.masks.hide(line) + "\n"
	}
}
