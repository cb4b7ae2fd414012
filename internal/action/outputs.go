package action

import (
	"encoding/json"
	"fmt"

	"github.com/org/cilock-action/internal/sink"
)

// maxStepFile bounds the file commands that are read from a step.
const maxStepFile = 1 << 20

// stepOutputs are the outputs that the step set, as one JSON object: a
// composite action can not declare names that it does not know.
func stepOutputs(p Plan) (string, error) {
	data, err := readRegular(p.stepFiles()["GITHUB_OUTPUT"], maxStepFile)
	if err != nil {
		return "", fmt.Errorf("read the step's outputs: %w", err)
	}
	pairs, err := sink.ParseFileCommand(data)
	if err != nil {
		return "", fmt.Errorf("the step's GITHUB_OUTPUT: %w", err)
	}
	if len(pairs) == 0 {
		return "", nil
	}
	text, err := json.Marshal(pairs)
	return string(text), err
}

// writeSummary adds our section to the job summary, after whatever the step
// wrote there. A summary that is full or missing costs no evidence, so it is
// said and not an error.
func writeSummary(r Report, rest sink.Rest, d Deps) {
	if err := d.Sink.Summary(r.Plan.redact(r.Markdown() + rest.Markdown())); err != nil {
		d.Sink.Line("cilock: job summary: " + err.Error())
	}
}
