package runner

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/org/cilock-action/internal/runner/expr"
	"github.com/org/cilock-action/internal/sink"
)

// The words of the steps context for what became of a step.
const (
	success   = "success"
	failure   = "failure"
	cancelled = "cancelled"
	skipped   = "skipped"
)

// job is what all steps of the action share, as those of a job do.
type job struct {
	prog     Program
	base     map[string]string // our own environment, completed
	github   *expr.Object      // what is the same for all steps
	contexts map[string]expr.Value
	known    *expr.Object      // the env context when we began
	env      map[string]string // what GITHUB_ENV was told so far
	path     []string          // what GITHUB_PATH was told, first to last
	images   map[string]string // key of a Docker action -> id of its image
	limits   []string
	status   string // of the whole
	seen     string // the same as conditions of pre and post see it
	exit     int    // of the first process that failed it
	children *children
	records  *recorder
	sink     *sink.Sink
}

// newJob reads the contexts out of our environment.
func newJob(p Program, environ []string, c *children, r *recorder, s *sink.Sink) (*job, error) {
	j := &job{
		prog: p, base: jobEnvironment(environ, p.Workspace, p.Temp), env: map[string]string{}, status: success, seen: success,
		children: c, records: r, sink: s, contexts: map[string]expr.Value{}, images: map[string]string{},
	}
	get := func(name string) string { return j.base[name] }
	github, err := githubContext(get, p.Token)
	if err != nil {
		return nil, err
	}
	j.github = github
	j.contexts["runner"] = runnerContext(get)
	strategy := &expr.Object{}
	for _, p := range []struct {
		name  string
		value expr.Value
	}{{"fail-fast", true}, {"job-index", 0.0}, {"job-total", 1.0}, {"max-parallel", 1.0}} {
		strategy.Set(p.name, p.value)
	}
	own := &expr.Object{}
	own.Set("status", success)
	for _, c := range []struct {
		name      string
		otherwise expr.Value
	}{{"job", own}, {"matrix", nil}, {"strategy", strategy}, {"env", objectOf(j.base)}} {
		v, err := jsonContext(c.name, p.Contexts[c.name], c.otherwise)
		if err != nil {
			return nil, err
		}
		j.contexts[c.name] = v
	}
	if o, ok := j.contexts["env"].(*expr.Object); ok {
		j.known = o
	} else {
		j.known = &expr.Object{}
	}
	return j, nil
}

// fileCommands is where the runner puts the files of its steps.
func (j *job) fileCommands() string { return filepath.Join(j.prog.Temp, "_runner_file_commands") }

// fail notes that something did not succeed. The first exit code counts.
func (j *job) fail(exit int) {
	if j.status == success {
		j.status = failure
	}
	if j.exit == 0 {
		j.exit = max(exit, 1)
	}
}

// outcome is what became of a process, seen with its files.
func (j *job) outcome(exit int, err error) string {
	switch {
	case j.children.wasCancelled():
		j.status = cancelled
		return cancelled
	case exit != 0 || err != nil:
		return failure
	}
	return success
}

// apply does what a step asked for in its files and by commands, and returns its
// outputs. Commands come first: the files are read when the step is over. What
// could not be done fails the step.
func (j *job) apply(u *use, f files, r *commandReader) (outputs map[string]string, err error) {
	defer f.remove()
	s, err := f.read()
	err = errors.Join(append(slices.Clone(r.errs), err)...)
	outputs = maps.Clone(r.outputs)
	maps.Copy(outputs, s.outputs)
	for _, from := range []map[string]string{r.state, s.state} {
		maps.Copy(u.state, from)
	}
	for _, from := range []map[string]string{r.env, s.env} {
		maps.Copy(j.env, from)
	}
	for _, dir := range append(slices.Clone(r.path), s.path...) {
		j.path = append(slices.DeleteFunc(j.path, func(known string) bool { return known == dir }), dir)
	}
	for _, n := range append(slices.Clone(r.notices), s.notices...) {
		j.notice(u.label + ": " + n)
	}
	if s.summary != "" {
		if e := j.sink.PassSummary(s.summary); e != nil && !missing(e) {
			j.notice("the summary of a step is left out: " + e.Error())
		}
	}
	if word := r.open(); word != "" {
		// The runner forgets it with the step that said it, which is ours.
		fmt.Fprintf(&ownLines{of: j.children.stdout}, "::%s::\n", word)
	}
	return outputs, err
}

func missing(err error) bool {
	var m *sink.MissingFileError
	return errors.As(err, &m)
}

// handOn tells the runner what the action set for the later steps of the job.
func (j *job) handOn() {
	for _, name := range sortedKeys(j.env) {
		if err := j.sink.SetEnv(name, j.env[name]); err != nil && !missing(err) {
			j.notice("not handed on to later steps: " + err.Error())
		}
	}
	for _, dir := range j.path {
		if err := j.sink.AddPath(dir); err != nil && !missing(err) {
			j.notice("not handed on to later steps: " + err.Error())
		}
	}
}

// notice tells the reader of the log, and the evidence, a fact that is nobody's failure.
func (j *job) notice(text string) {
	j.sink.Line("cilock: " + text)
	j.records.add(Record{Notice: text})
}

// say prints a fact about the step that runs.
func (j *job) say(text string) { j.sink.Line("cilock: " + text) }

// environment is what expressions see. Status functions are those of a place:
// nil where there are none.
func (j *job) environment(s *scope, github *expr.Object, env map[string]string, status func(string) bool) expr.Environment {
	contexts := maps.Clone(j.contexts)
	contexts["github"] = github
	contexts["inputs"], contexts["steps"] = &expr.Object{}, &expr.Object{}
	if s != nil {
		contexts["inputs"], contexts["steps"] = s.inputs, s.steps
	}
	contexts["env"] = with(j.known, append(pairsOf(j.env), pairsOf(env)...)...)
	if o, ok := contexts["job"].(*expr.Object); ok {
		contexts["job"] = with(o, Pair{"status", j.jobStatus()})
	}
	functions := map[string]func([]expr.Value) (expr.Value, error){"hashfiles": j.hashFiles}
	for _, name := range []string{"always", success, failure, cancelled} {
		functions[name] = func([]expr.Value) (expr.Value, error) { return status != nil && status(name), nil }
	}
	return expr.Environment{Contexts: contexts, Functions: functions}
}

func pairsOf(m map[string]string) []Pair {
	list := make([]Pair, 0, len(m))
	for _, name := range sortedKeys(m) {
		list = append(list, Pair{name, m[name]})
	}
	return list
}

func (j *job) hashFiles(args []expr.Value) (expr.Value, error) {
	patterns := make([]string, len(args))
	for i, a := range args {
		patterns[i] = expr.Text(a)
	}
	ctx, cancel := j.children.context()
	defer cancel()
	return expr.HashFiles(ctx, j.prog.Workspace, patterns)
}

// jobStatus is job.status. Being asked to stop counts at once.
func (j *job) jobStatus() string {
	if j.children.wasCancelled() {
		return cancelled
	}
	return j.seen
}

// statusOf answers status functions by a status of the job or of an action.
func (j *job) statusOf(status string) func(string) bool {
	return func(name string) bool {
		switch name {
		case "always":
			return true
		case cancelled:
			return j.children.wasCancelled()
		}
		return status == name
	}
}
