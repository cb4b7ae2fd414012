package act_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/act"
)

const workflow = `
on: push
jobs:
  first:
    runs-on: ubuntu-latest
    outputs:
      greeting: ${{ steps.greet.outputs.greeting }}
    steps:
      - uses: actions/checkout@v4
      - id: greet
        uses: org/cilock-action@0123456789abcdef0123456789abcdef01234567
        with:
          who: world
      - id: later
        env:
          GREETING: ${{ steps.greet.outputs.greeting }}
          HIDDEN: ${{ secrets.HIDDEN }}
        run: |
          echo "later got: $GREETING"
          echo "hidden is $HIDDEN, colour is $COLOUR, home is $HOME"
          echo "repository is $GITHUB_REPOSITORY, event says ${{ github.event.note }}"
          echo "leaked: [$LEAKED]"
          test -x tool.sh && git status --porcelain
  second:
    runs-on: ubuntu-latest
    needs: first
    steps:
      - id: fails
        run: exit 3
`

// TestBinary builds act where it is not cached: the end-to-end stage of CI runs
// this first, so that no other test is charged with the build.
func TestBinary(t *testing.T) {
	info, err := os.Stat(act.Binary(t))
	if err != nil || info.Mode()&0o111 == 0 {
		t.Fatalf("not a program: %v %v", info, err)
	}
}

func TestRun(t *testing.T) {
	t.Setenv("LEAKED", "from the developer's shell")
	r := act.Run(t, act.Workflow{
		Files: map[string]string{
			".github/workflows/ci.yml": workflow,
			"tool.sh":                  "#!/bin/sh\n",
		},
		Actions:   map[string]string{"org/cilock-action@0123456789abcdef0123456789abcdef01234567": "testdata/fixture"},
		Env:       map[string]string{"COLOUR": "blue"},
		Secrets:   map[string]string{"HIDDEN": "made-up-value"},
		EventJSON: `{"note": "from the payload"}`,
	})

	want := "hello world\nsecond line"
	if got := r.Outputs("greet")["greeting"]; got != want {
		t.Errorf("output of the action = %q, want %q", got, want)
	}
	if got := r.Outputs("greet/say")["greeting"]; got != want {
		t.Errorf("output of its inner step = %q, want %q", got, want)
	}
	if got, want := r.Summary("greet"), "## hello world\n"; got != want {
		t.Errorf("summary = %q, want %q", got, want)
	}
	annotations := []act.Annotation{
		{Level: "notice", Message: "a notice", StepID: "greet/say"},
		{Level: "warning", Message: "first\nsecond", Title: "One: two", File: "a.go", Line: "3", StepID: "greet/say"},
		{Level: "error", Message: "an error", StepID: "greet/say"},
	}
	if got := r.Annotations(); !slices.Equal(got, annotations) {
		t.Errorf("annotations = %+v, want %+v", got, annotations)
	}
	if got := r.Output("greet"); got != "plain text from the fixture\n" {
		t.Errorf("output of the action's steps = %q", got)
	}
	later := r.Output("later")
	for _, want := range []string{
		"later got: hello world\nsecond line\n",
		"hidden is ***, colour is blue, home is " + os.TempDir(), // never the developer's own home
		"leaked: []\n",
		"repository is acme/consumer, event says from the payload\n",
	} {
		if !strings.Contains(later, want) {
			t.Errorf("output of the later step lacks %q:\n%s", want, later)
		}
	}
	results := map[string]string{"greet": "success", "later": "success", "fails": "failure", "absent": ""}
	for step, want := range results {
		if got := r.StepResult(step); got != want {
			t.Errorf("result of step %s = %q, want %q", step, got, want)
		}
	}
	if r.JobResult("first") != "success" || r.JobResult("second") != "failure" || r.ExitCode != 1 {
		t.Errorf("jobs ended %q and %q, exit code %d", r.JobResult("first"), r.JobResult("second"), r.ExitCode)
	}
	if got := r.Job("second"); len(got.Annotations()) != 0 || got.StepResult("fails") != "failure" || len(got.Log) == 0 {
		t.Errorf("the second job's part of the log is wrong:\n%s", got.Text())
	}
}
