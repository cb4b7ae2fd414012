package wrap

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/org/cilock-action/test/dockerstub"
	"github.com/org/cilock-action/test/runner"
)

// standIn is a job in the stand-in for GitHub's runner.
type standIn struct {
	*runner.Runner
	stub dockerstub.Stub
	seen string // the file in OBSERVED
}

// newStandIn starts a job; github goes before what is the same in all jobs.
func (k *kit) newStandIn(t *testing.T, github map[string]string) *standIn {
	t.Helper()
	var event map[string]any
	must(t, json.Unmarshal([]byte(eventJSON), &event))
	stub, path := withDocker(t)
	s := &standIn{stub: stub, seen: filepath.Join(t.TempDir(), "observed")}
	env, values := maps.Clone(jobEnv), maps.Clone(jobContext)
	env["OBSERVED"] = s.seen
	maps.Copy(values, github)
	evaluate := newEvaluator(t, k.npm)
	s.Runner = runner.New(t, runner.Options{
		GitHub: values, Event: event, Env: env, PATH: path, Actions: k.folders,
		Evaluate: func(expression string, contexts map[string]any, status string) (runner.Value, error) {
			return evaluate.ask(expression, contexts, status, s.Workspace)
		},
	})
	must(t, os.CopyFS(s.Workspace, os.DirFS(k.workspace)))
	return s
}

// run runs one action, and the post stage of the job.
func (s *standIn) run(t *testing.T, call runner.Call) *result {
	t.Helper()
	res := s.RunAction(t.Context(), call)
	end := s.Finish(t.Context())
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of the stand-in:\n%s%s", res.Log, end.Log)
		}
	})
	outcome := res.Conclusion
	if outcome == "success" {
		outcome = end.Conclusion
	}
	return &result{
		seen: readFile(t, s.seen), outcome: outcome, outputs: res.Outputs, env: res.Env, path: res.Path,
		docker: s.stub.Calls(t), summary: res.Summary + end.Summary, commands: append(res.Commands, end.Commands...), workspace: s.Workspace,
	}
}

// inStandIn runs a fixture in the stand-in for GitHub's runner.
func (k *kit) inStandIn(t *testing.T, c useCase) *result {
	t.Helper()
	call := runner.Call{Inputs: c.inputs}
	call.Repository, call.Path = splitUses(c.uses)
	call.Ref = k.refs[call.Repository]
	call.Dir = k.folders[call.Repository+"@"+call.Ref]
	return k.newStandIn(t, nil).run(t, call)
}

// splitUses splits OWNER/REPO/PATH.
func splitUses(uses string) (repository, path string) {
	parts := strings.SplitN(uses, "/", 3)
	if len(parts) == 3 {
		path = parts[2]
	}
	return parts[0] + "/" + parts[1], path
}

// readFile is empty for a file that nobody made.
func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return text
}

// evaluator is GitHub's evaluator of expressions in a process of its own.
type evaluator struct {
	mu  sync.Mutex
	in  io.Writer
	out *bufio.Reader
}

func newEvaluator(t *testing.T, npm string) *evaluator {
	t.Helper()
	cmd := exec.Command("node", "eval.mjs")
	cmd.Dir, cmd.Stderr = npm, os.Stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the evaluator: %v", err)
		}
	})
	return &evaluator{in: in, out: bufio.NewReader(out)}
}

func (e *evaluator) ask(expression string, contexts map[string]any, status, workspace string) (runner.Value, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	text, err := json.Marshal(map[string]any{"expression": expression, "contexts": contexts, "status": status, "workspace": workspace})
	if err != nil {
		return runner.Value{}, err
	}
	if _, err := e.in.Write(append(text, '\n')); err != nil {
		return runner.Value{}, err
	}
	line, err := e.out.ReadBytes('\n')
	if err != nil {
		return runner.Value{}, err
	}
	var answer struct {
		Text  string
		True  bool
		Error string
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return runner.Value{}, err
	}
	if answer.Error != "" {
		err = errors.New(answer.Error)
	}
	return runner.Value{Text: answer.Text, True: answer.True}, err
}
