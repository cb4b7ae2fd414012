//go:build unix

package runner

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/need"
)

// stageScript writes its stage, and what the stages before it saved, to a file.
const stageScript = `const fs = require("fs"), path = require("path");
const stage = path.basename(process.argv[1], ".js"), env = process.env;
fs.appendFileSync(path.join(env.RUNNER_TEMP, "order"), [stage, env["INPUT_NAME"], env.STATE_saved ?? "-"].join(" ") + "\n");
fs.appendFileSync(env.GITHUB_STATE, "saved=by " + stage + "\n");
process.exitCode = stage === env["INPUT_FAIL-IN"] ? 3 : 0;
`

// TestStages: pre stages come before all, post stages last and in reverse; the
// pre stage of an action whose main is not reached has its post stage, and a
// failure that is tolerated is none.
func TestStages(t *testing.T) {
	node := need.Program(t, "node")
	inner, outer := t.TempDir(), t.TempDir()
	files := map[string]string{
		filepath.Join(inner, "action.yml"): "inputs: {name: {}, fail-in: {}}\nruns: {using: node20, pre: pre.js, main: main.js, post: post.js}\n",
		filepath.Join(outer, "action.yml"): `runs:
  using: composite
  steps:
    - {uses: acme/inner@v1, with: {name: a, fail-in: main}, continue-on-error: true}
    - {uses: acme/inner@v1, with: {name: b, fail-in: main}}
    - {uses: acme/inner@v1, with: {name: c}}
`,
	}
	for _, stage := range []string{"pre", "main", "post"} {
		files[filepath.Join(inner, stage+".js")] = stageScript
	}
	for path, text := range files {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := New(t, Options{PATH: filepath.Dir(node) + ":/usr/bin:/bin", Actions: map[string]string{"acme/inner@v1": inner}})
	res := r.RunAction(t.Context(), Call{Dir: outer, Ref: "v1"})
	if end := r.Finish(t.Context()); res.Conclusion != "failure" || end.Conclusion != "success" || len(end.Steps) != 3 {
		t.Errorf("%s, then %s with %d steps\n%s", res.Conclusion, end.Conclusion, len(end.Steps), res.Log)
	}
	if len(res.Steps) != 3 || res.Steps[0].Outcome != "failure" || res.Steps[0].Conclusion != "success" || res.Steps[2].Outcome != "skipped" {
		t.Errorf("steps %+v", res.Steps)
	}
	text, err := os.ReadFile(filepath.Join(r.Temp, "order"))
	if err != nil {
		t.Fatal(err)
	}
	want := "pre a -,pre b -,pre c -,main a by pre,main b by pre,post c by pre,post b by main,post a by main,"
	if got := strings.ReplaceAll(string(text), "\n", ","); got != want {
		t.Errorf("order\n%s, want\n%s", got, want)
	}
}
