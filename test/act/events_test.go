package act

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseRefusesWhatIsNotALog(t *testing.T) {
	for _, log := range []string{"{\n", `{"stepID":"not a list"}`, "ok\n{\"kvPairs\":[1]}\n"} {
		if events, err := Parse([]byte(log)); err == nil {
			t.Errorf("Parse(%q) = %+v, want an error", log, events)
		}
	}
	events, err := Parse([]byte("plain\r\n\n{\"stepid\":[\"a\",\"b\"],\"msg\":\"m\"}"))
	if err != nil || len(events) != 2 || events[0].Message != "plain" || events[1].id() != "a/b" {
		t.Errorf("Parse = %+v, %v", events, err)
	}
}

// FuzzParse: whatever a step makes act print, the reader neither panics nor
// makes more events than there are lines.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"command":"set-output","name":"n","arg":"v","stepID":["a"],"jobID":"j","level":"info"}` + "\n"))
	f.Add([]byte(`{"command":"warning","kvPairs":{"file":"a.go"},"arg":"x\ny","raw_output":true}` + "\nplain\n"))
	f.Add([]byte(`{"stepResult":"failure","jobResult":"success","stepid":["--setup-job"]}`))
	f.Add([]byte("{\n\x00{}\r\n"))
	f.Fuzz(func(t *testing.T, log []byte) {
		events, err := Parse(log)
		if err != nil {
			return
		}
		if lines := bytes.Count(log, []byte("\n")) + 1; len(events) > lines {
			t.Fatalf("%d events from %d lines", len(events), lines)
		}
		r := &Result{Log: events}
		r.Annotations()
		if text := r.Text(); strings.Count(text, "\n") < len(events) {
			t.Fatalf("the text has fewer lines than there are events: %q", text)
		}
	})
}

func TestVersion(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("module m\n\nrequire (\n\tgithub.com/nektos/act v1.2.3 // indirect\n)\n")
	if v, err := version(dir); err != nil || v != "v1.2.3" {
		t.Errorf("version = %q, %v", v, err)
	}
	write("module m\n")
	if v, err := version(dir); err == nil {
		t.Errorf("version = %q with no act required, want an error", v)
	}
}
