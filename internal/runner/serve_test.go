//go:build unix

package runner

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/org/cilock-action/test/need"
)

// world is a job around one wrapped action: a workspace, the job's own files, and
// what the driver says.
type world struct {
	t       *testing.T
	dir     string
	prog    Program
	environ []string
	signals chan os.Signal

	mu             sync.Mutex
	stdout, stderr bytes.Buffer
	onLine         func(line string) // of standard output
}

// newWorld puts files into a job. OWNER/REPO@REF/PATH are those of an action,
// the others of the workspace. The first action is the one to run.
func newWorld(t *testing.T, archive string) *world {
	t.Helper()
	node := need.Program(t, "node")
	need.Program(t, "bash")
	w := &world{t: t, dir: t.TempDir(), signals: make(chan os.Signal, 4)}
	w.prog = Program{
		Actions: map[string]Action{}, Nodes: map[string]string{"node20": node, "node24": node},
		Workspace: filepath.Join(w.dir, "ws"), Temp: filepath.Join(w.dir, "temp dir"), Result: filepath.Join(w.dir, "report"),
	}
	w.environ = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "GITHUB_ACTIONS=true", "GITHUB_REPOSITORY=acme/consumer"}
	for _, dir := range []string{w.prog.Workspace, w.prog.Temp} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"} {
		w.write(name, "")
		w.environ = append(w.environ, name+"="+filepath.Join(w.dir, name))
	}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		before, after, isAction := strings.Cut(f.Name, "@")
		if !isAction {
			w.write("ws/"+f.Name, string(f.Data))
			continue
		}
		ref, path, _ := strings.Cut(after, "/")
		uses := before + "@" + ref
		w.write("_actions/"+uses+"/"+path, string(f.Data))
		if key, _, err := KeyOf(Action{}, uses); err != nil {
			t.Fatal(err)
		} else if w.prog.Actions[key] = (Action{Key: key, Repository: before, Ref: ref, Root: filepath.Join(w.dir, "_actions", uses)}); w.prog.Uses == "" {
			w.prog.Uses = key
		}
	}
	for key, a := range w.prog.Actions {
		var err error
		if a.Manifest, err = ReadManifest(a); err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		w.prog.Actions[key] = a
	}
	return w
}

func (w *world) write(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) read(name string) string {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(data)
}

// pairs are what the driver wrote into a file of the job.
func (w *world) pairs(name string) map[string]string {
	w.t.Helper()
	f := files{output: filepath.Join(w.dir, name)}
	said, err := f.read()
	if err != nil {
		w.t.Fatal(err)
	}
	return said.outputs
}

type writer func([]byte) (int, error)

func (f writer) Write(p []byte) (int, error) { return f(p) }

// run runs the action, after Check, and returns the exit code and the records.
func (w *world) run() (int, []Record) {
	w.t.Helper()
	if refusals, _ := w.prog.Check(); len(refusals) > 0 {
		w.t.Fatalf("refused: %v", refusals)
	}
	data, err := json.Marshal(w.prog)
	if err != nil {
		w.t.Fatal(err)
	}
	to := func(b *bytes.Buffer, lines bool) writer {
		return func(p []byte) (int, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			b.Write(p)
			for line := range strings.Lines(string(p)) {
				if lines && w.onLine != nil {
					w.onLine(strings.TrimSpace(line))
				}
			}
			return len(p), nil
		}
	}
	code := Serve(World{Stdin: io.NopCloser(bytes.NewReader(data)), Stdout: to(&w.stdout, true), Stderr: to(&w.stderr, false), Environ: w.environ, Signals: w.signals})
	records, whole, err := ReadRecords(w.prog.Result)
	if err != nil || !whole {
		w.t.Errorf("report: whole %v, %v", whole, err)
	}
	if w.t.Failed() {
		w.t.Logf("log:\n%s", &w.stderr)
	}
	return code, records
}

// wants runs the action and compares the exit code and the lines of its output.
func (w *world) wants(code int, lines ...string) []Record {
	w.t.Helper()
	got, records := w.run()
	if got != code {
		w.t.Errorf("exit code %d, want %d", got, code)
	}
	if out := strings.Fields(w.stdout.String()); !slices.Equal(out, lines) {
		w.t.Errorf("got  %q\nwant %q", out, lines)
	}
	if w.t.Failed() {
		w.t.Logf("log:\n%s", &w.stderr)
	}
	return records
}

// the actions that most tests are made of.
const nodeAction = `
runs: {using: node20, pre: pre.js, main: main.js, post: post.js}
`

// says is a Node program that prints its name, an input and its state.
const says = `
const fs = require("fs"), path = require("path");
const stage = path.basename(__filename, ".js");
console.log([process.env.INPUT_NAME, stage, process.env.STATE_SEEN || "-"].join(":"));
fs.appendFileSync(process.env.GITHUB_STATE, "SEEN=" + (process.env.STATE_SEEN || "") + stage[1] + "\n");
`

func sayer(ref string) string {
	out := "-- " + ref + "/action.yml --\ninputs: {name: {default: none}}" + nodeAction
	for _, stage := range []string{"pre", "main", "post"} {
		out += "-- " + ref + "/" + stage + ".js --" + says
	}
	return out
}
