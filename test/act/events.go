package act

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Event is one line of act's JSON log, as `act --json` of v0.2.89 writes it.
// Fields that a line lacks are empty.
type Event struct {
	JobID   string   `json:"jobID"`
	Job     string   `json:"job"`    // workflow/job, with the matrix leg if there is one
	Step    string   `json:"step"`   // the step's display name
	StepID  []string `json:"stepID"` // ids from the outermost step inwards; a step without an id has its index
	Stage   string   `json:"stage"`  // Pre, Main or Post
	Level   string   `json:"level"`
	Message string   `json:"msg"` // for people; secrets masked

	// Output says that Message is a line of the step's own output.
	Output bool `json:"raw_output"`

	// Command is a workflow command or env file that the runner understood:
	// error, warning, notice, debug, group, set-output, summary, add-mask…
	// Values below are unescaped and NOT masked.
	Command    string            `json:"command"`
	Properties map[string]string `json:"kvPairs"`
	Arg        string            `json:"arg"`     // message, or value of an output
	Name       string            `json:"name"`    // of an output
	Content    string            `json:"content"` // of a summary

	StepResult string `json:"stepResult"` // success, failure, skipped
	JobResult  string `json:"jobResult"`  // success, failure
}

// Parse reads a log: one JSON object a line. A line that does not begin with
// an opening brace becomes an event that is only a Message; one that does and
// is not an object of the right shape is an error.
func Parse(log []byte) ([]Event, error) {
	var events []Event
	number := 0
	for line := range bytes.Lines(log) {
		number++
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			continue
		}
		if line[0] != '{' {
			events = append(events, Event{Message: string(line)})
			continue
		}
		var e Event
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		events = append(events, e)
	}
	return events, nil
}

// Annotation is a message that GitHub shows beside the run.
type Annotation struct {
	Level   string // error, warning or notice
	Message string // unescaped
	Title   string
	File    string
	Line    string
	StepID  string // as Result's methods take it
}

// Job returns the part of the result that belongs to one job of the workflow.
func (r *Result) Job(id string) *Result {
	part := *r
	part.Log = slices.DeleteFunc(slices.Clone(r.Log), func(e Event) bool { return e.JobID != id })
	return &part
}

// Annotations returns the errors, warnings and notices in the order of the log.
func (r *Result) Annotations() []Annotation {
	var found []Annotation
	for _, e := range r.Log {
		switch e.Command {
		case "error", "warning", "notice":
			p := e.Properties
			found = append(found, Annotation{e.Command, e.Arg, p["title"], p["file"], p["line"], e.id()})
		}
	}
	return found
}

// Outputs returns what a step set. The id of a step inside a composite action
// follows that of the caller's step, with a slash: "outer/inner".
func (r *Result) Outputs(step string) map[string]string {
	outputs := map[string]string{}
	for _, e := range r.Log {
		if e.Command == "set-output" && e.id() == step {
			outputs[e.Name] = e.Arg
		}
	}
	return outputs
}

// Summary returns the job summary that a step wrote. act reports it for the
// step inside a composite action and again for the caller's step.
func (r *Result) Summary(step string) string {
	var text strings.Builder
	for _, e := range r.Log {
		if e.Command == "summary" && e.id() == step {
			text.WriteString(e.Content)
		}
	}
	return text.String()
}

// StepResult returns how the main stage of a step ended: success, failure or
// skipped; empty if it was never reached.
func (r *Result) StepResult(step string) string {
	result := ""
	for _, e := range r.Log {
		if e.StepResult != "" && e.id() == step && (e.Stage == "Main" || e.Stage == "") {
			result = e.StepResult
		}
	}
	return result
}

// JobResult returns how a job ended: success or failure; empty if it never ran.
func (r *Result) JobResult(job string) string {
	result := ""
	for _, e := range r.Log {
		if e.JobID == job && e.JobResult != "" {
			result = e.JobResult
		}
	}
	return result
}

// Output returns what a step, and the steps inside it, printed, less the lines
// that were workflow commands. Secrets are masked.
func (r *Result) Output(step string) string {
	var text strings.Builder
	for _, e := range r.Log {
		if e.Output && (e.id() == step || strings.HasPrefix(e.id(), step+"/")) {
			text.WriteString(e.Message)
		}
	}
	return text.String()
}

// Text returns the whole log for people: one message after the other.
func (r *Result) Text() string {
	var text strings.Builder
	for _, e := range r.Log {
		fmt.Fprintf(&text, "[%s %s] %s\n", e.JobID, e.id(), strings.TrimRight(e.Message, "\r\n"))
	}
	return text.String()
}

func (e Event) id() string { return strings.Join(e.StepID, "/") }
