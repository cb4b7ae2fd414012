package action

import (
	"strings"
	"testing"

	"github.com/org/cilock-action/internal/refs"
)

const manySteps = `on: push
jobs:
  call:
    uses: octo-org/other/.github/workflows/called.yml@main
  build:
    runs-on: x
    steps:
      - uses: org/cilock-action@v1
      - name: second
        uses: org/cilock-action@v1
      - id: tidy
        uses: org/cilock-action@v1
      - uses: octo-org/wrapper@v1
      - run: cilock run -- make
      - run: cilock run -- make
  single:
    runs-on: x
    steps:
      - uses: actions/checkout@v4

      - uses: org/cilock-action@v1
  none:
    runs-on: x
    steps:
      - {id: outer, uses: ./mine}
      - run: cilock run -- make
`

// TestStepPlace: the line is that of the step that runs us, by the name that the
// runner gives it, or because no other can be meant. Else it is the first.
func TestStepPlace(t *testing.T) {
	ours := func(uses string) bool { return strings.HasPrefix(uses, "org/cilock-action@") }
	for _, test := range []struct {
		job, name string
		inAction  bool
		want      int
	}{
		{"build", "__org_cilock-action", true, 8},
		{"build", "__org_cilock-action_2", true, 9},
		{"build", "tidy", true, 11},
		{"build", "cilock", true, 1},             // an inner step's name, and three can be meant
		{"build", "__octo-org_wrapper", true, 1}, // so they can here
		{"build", "__run", false, 14},
		{"build", "__run_2", false, 15},
		{"build", "__octo-org_wrapper", false, 1}, // an action with a script, in a job with scripts of its own
		{"single", "cilock", true, 21},
		{"single", "", true, 21},
		{"none", "outer", true, 25}, // another action uses us
		{"none", "cilock", true, 1},
		{"none", "nonsense", false, 26},
		{"nowhere", "__org_cilock-action", true, 1},
		{"", "", true, 1},
	} {
		p := Plan{InAction: test.inAction, OwnEnv: []string{
			"GITHUB_REPOSITORY=Octo-Org/octo-repo", "GITHUB_JOB=" + test.job, "GITHUB_ACTION=" + test.name,
			"GITHUB_WORKFLOW_REF=octo-org/octo-repo/.github/workflows/ci.yml@refs/heads/main",
		}}
		read := []refs.Workflow{{Path: ".github/workflows/ci.yml", Src: []byte(manySteps)}}
		if got := stepPlace(p, read, ours); got != (Place{File: ".github/workflows/ci.yml", Line: test.want}) {
			t.Errorf("job %q, GITHUB_ACTION %q, in action %t: %+v, want line %d", test.job, test.name, test.inAction, got, test.want)
		}
	}
}

// TestStepPlaceElsewhere: a place is always one of this repository.
func TestStepPlaceElsewhere(t *testing.T) {
	const started = "GITHUB_WORKFLOW_REF=octo-org/octo-repo/.github/workflows/ci.yml@refs/heads/main"
	ci := refs.Workflow{Path: ".github/workflows/ci.yml", Src: []byte(manySteps)}
	foreign := refs.Workflow{Repository: "octo-org/other", Path: ".github/workflows/called.yml", Src: []byte(manySteps)}
	called := func(name string) string { return ContextPrefix + "JOB_WORKFLOW_REF=" + name + "@main" }
	const here = "GITHUB_REPOSITORY=octo-org/octo-repo"
	for name, test := range map[string]struct {
		env  []string
		read []refs.Workflow
		want Place
	}{
		"reusable elsewhere":   {[]string{here, started, called("octo-org/other/.github/workflows/called.yml")}, []refs.Workflow{ci, foreign}, Place{File: ci.Path, Line: 4}},
		"reusable, not called": {[]string{here, started, called("octo-org/other/.github/workflows/x.yml")}, []refs.Workflow{ci}, Place{File: ci.Path, Line: 1}},
		"reusable here":        {[]string{here, started, called("octo-org/octo-repo/.github/workflows/called.yml"), "GITHUB_JOB=build", "GITHUB_ACTION=__run"}, []refs.Workflow{ci, {Path: foreign.Path, Src: []byte("\n" + manySteps)}}, Place{File: foreign.Path, Line: 15}},
		"not read":             {[]string{here, started}, nil, Place{File: ci.Path, Line: 1}},
		"all of it elsewhere":  {[]string{"GITHUB_REPOSITORY=a/b", started}, []refs.Workflow{foreign}, Place{}},
		"by its name":          {[]string{here, "GITHUB_JOB=build", "GITHUB_ACTION=__run_2"}, []refs.Workflow{ci}, Place{File: ci.Path, Line: 15}},
		"no job":               {nil, nil, Place{}},
	} {
		if got := stepPlace(Plan{OwnEnv: test.env}, test.read, func(string) bool { return false }); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}
