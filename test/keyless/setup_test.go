//go:build unix

package keyless

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/org/cilock-action/test/buildcache"
	"github.com/org/cilock-action/test/stack"
)

var folder string

func TestMain(m *testing.M) {
	os.Exit(buildcache.Main(m, "keyless", &folder))
}

var build = sync.OnceValue(func() error {
	return buildcache.Cilock("../..", filepath.Join(folder, "cilock"))
})

// job is a folder in which a step runs, with what a job with id-token: write
// has in its environment.
type job struct {
	t   testing.TB
	dir string
	env []string
}

func newJob(t testing.TB, env []string) *job {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	return &job{t, t.TempDir(), slices.Concat([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GODEBUG=" + os.Getenv("GODEBUG")}, env)}
}

// cilock runs the program and returns what it printed, both streams as one, and
// its exit code.
func (j *job) cilock(args ...string) (said string, code int) {
	j.t.Helper()
	cmd := exec.Command(filepath.Join(folder, "cilock"), args...)
	cmd.Dir, cmd.Env = j.dir, j.env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		j.t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// run wraps a step that writes out.txt.
func (j *job) run(flags ...string) (said string, code int) {
	j.t.Helper()
	args := slices.Concat([]string{"run", "--step=build", "--trace=off", "--outfile=e.json"}, flags, []string{"--", "sh", "-c", "echo made > out.txt"})
	return j.cilock(args...)
}

// verify asks for the default identity of the stack's jobs.
func (j *job) verify(s *stack.Stack, bundle string, flags ...string) (said string, code int) {
	j.t.Helper()
	return j.cilock(slices.Concat([]string{
		"verify", "--verify-repo=octo-org/octo-repo", "--trusted-root=" + s.TrustedRoot, "--bundle=" + bundle, "out.txt",
	}, flags)...)
}

// want fails the test unless the text has every part.
func want(t *testing.T, said string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(said, part) {
			t.Errorf("%q is missing in:\n%s", part, said)
		}
	}
}

// services are the flags for an instance by its signing configuration.
func services(s *stack.Stack) string { return "--signing-config=" + s.SigningConfig }

// write makes a file in the job's folder.
func (j *job) write(name, text string) {
	j.t.Helper()
	if err := os.WriteFile(filepath.Join(j.dir, name), []byte(text), 0o600); err != nil {
		j.t.Fatal(err)
	}
}

// noCommands fails the test if a line is a workflow command that is not ours.
func noCommands(t *testing.T, said string) {
	t.Helper()
	for line := range strings.FieldsFuncSeq(said, func(r rune) bool { return r == '\n' || r == '\r' || r == '\u2028' }) {
		line = strings.TrimSpace(line)
		ours := strings.HasPrefix(line, "::warning title=cilock") || strings.HasPrefix(line, "::notice title=cilock") || strings.HasPrefix(line, "::error title=cilock") || strings.HasPrefix(line, "::add-mask::")
		if strings.Contains(line, "##[") || strings.HasPrefix(line, "::") && !ours {
			t.Errorf("a command: %q", line)
		}
	}
}

// interrupted runs a step, and sends the signal when the service has been asked,
// or when somebody opens the pipe ready.
func (j *job) interrupted(sig os.Signal, ready string, service func(through) *stack.Proxy, p through, flags []string) (said string, code int) {
	j.t.Helper()
	args := slices.Concat([]string{"run", "--step=build", "--trace=off", "--outfile=e.json"}, flags, []string{"--", "sh", "-c", "echo made > out.txt"})
	cmd := exec.CommandContext(j.t.Context(), filepath.Join(folder, "cilock"), args...)
	cmd.Dir, cmd.Env = j.dir, j.env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		j.t.Fatal(err)
	}
	if service == nil {
		if _, err := os.ReadFile(ready); err != nil {
			j.t.Fatal(err)
		}
	} else {
		for len(service(p).Requests()) == 0 {
			runtime.Gosched()
		}
	}
	if err := cmd.Process.Signal(sig); err != nil {
		j.t.Fatal(err)
	}
	_ = cmd.Wait() // the code says it
	return out.String(), cmd.ProcessState.ExitCode()
}

// unlogged are those of the bundles that hold no log entry.
func (j *job) unlogged(names ...string) (out []string) {
	j.t.Helper()
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(j.dir, name))
		if err != nil {
			j.t.Fatal(err)
		}
		if !bytes.Contains(data, []byte(`"tlogEntries":[{`)) {
			out = append(out, name)
		}
	}
	return out
}

// askedKey is for the body of a request in its context.
type askedKey struct{}

func contextWith(r *http.Request, body []byte) context.Context {
	return context.WithValue(r.Context(), askedKey{}, body)
}
