package docker

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/dockerstub"
)

// start makes an Exec of the stand-in, with nothing in its environment but the
// variables of the container.
func start(stub dockerstub.Stub, stdout io.Writer) Exec {
	return func(ctx context.Context, c Invocation) (int, error) {
		cmd := exec.CommandContext(ctx, stub.Path, c.Args...)
		cmd.Env = append([]string{"CLIENT=own"}, c.Env...)
		cmd.Stdout, cmd.Stderr = cmp.Or[io.Writer](c.Output, stdout), cmp.Or[io.Writer](c.Errors, stdout)
		err := cmd.Run()
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			return exit.ExitCode(), nil
		}
		return 0, err
	}
}

// asked are the verbs of the calls.
func asked(t *testing.T, stub dockerstub.Stub) string {
	var verbs []string
	for _, c := range stub.Calls(t) {
		verbs = append(verbs, c.Args[0])
	}
	return strings.Join(verbs, " ")
}

// TestImageOfAStep is the whole way of a step that uses docker://IMAGE.
func TestImageOfAStep(t *testing.T) {
	dir := t.TempDir()
	stub := dockerstub.Install(t, dockerstub.Answers{FailPulls: 2, ID: id, Digest: digest2, Runs: []dockerstub.Run{
		{ExitCode: 3, Stdout: "::notice::hello\n", Write: map[string]string{"$GITHUB_OUTPUT": "a=1\n"}},
	}})
	var out bytes.Buffer
	client := Client{Exec: start(stub, &out)}
	if err := Check(t.Context(), client.Exec); err != nil {
		t.Fatal(err)
	}
	image, digest, err := client.Prepare(t.Context(), "docker://ghcr.io/o/r:v1", "", "")
	if err != nil || image.ID != id || digest != digest2 {
		t.Fatalf("Prepare = %+v, %q, %v", image, digest, err)
	}
	h := Host{FileCommands: dir}
	code, err := client.Run(t.Context(), Container{
		Image: image.ID, Name: Name("ghcr.io/o/r:v1", "a7d80f"), Labels: []string{"5c6072"}, Host: h, Args: []string{"x"},
		Env: Environment(h, []string{"GITHUB_OUTPUT=" + dir + "/output", "SECRET=s"}),
	})
	if err != nil || code != 3 {
		t.Fatalf("Run = %d, %v; want the container's 3", code, err)
	}
	if got := asked(t, stub); got != "version pull pull pull image run" {
		t.Errorf("the client was asked to %s", got)
	}
	calls := stub.Calls(t)
	run := calls[len(calls)-1]
	for _, want := range []string{"CLIENT=own", "GITHUB_OUTPUT=/github/file_commands/output", "HOME=/github/home", "SECRET=s", "CI=true"} {
		if !slices.Contains(run.Env, want) {
			t.Errorf("%s is not in the client's environment %q", want, run.Env)
		}
	}
	if n := len(run.Args); !slices.Equal(run.Args[n-2:], []string{id, "x"}) {
		t.Errorf("run %q, want the image by its Id", run.Args)
	}
	if !strings.HasSuffix(out.String(), "::notice::hello\n") || strings.Contains(out.String(), "RepoDigests") {
		t.Errorf("the step printed %q", out.String())
	}
	if data, err := os.ReadFile(filepath.Join(dir, "output")); err != nil || string(data) != "a=1\n" {
		t.Errorf("GITHUB_OUTPUT: %q, %v", data, err)
	}
}

func TestDockerfileOfAnAction(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	stub := dockerstub.Install(t, dockerstub.Answers{ID: id})
	image, digest, err := Client{Exec: start(stub, io.Discard)}.Prepare(t.Context(), "Dockerfile", dir, "5c6072:e19f")
	if err != nil || image.ID != id || digest != "" {
		t.Fatalf("Prepare = %+v, %q, %v; want an Id and no digest", image, digest, err)
	}
	calls := stub.Calls(t)
	if want := []string{"build", "-t", "5c6072:e19f", "-f", filepath.Join(dir, "Dockerfile"), dir}; !slices.Equal(calls[0].Args, want) {
		t.Errorf("build %q, want %q", calls[0].Args, want)
	}
	if last := calls[1].Args; last[len(last)-1] != "5c6072:e19f" {
		t.Errorf("inspect %q", last)
	}
}

// TestFailures: each says what was being done; nothing goes on after one.
func TestFailures(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, image string
		answers     dockerstub.Answers
		want, verbs string
	}{
		{"pull", "docker://alpine", dockerstub.Answers{FailPulls: 3}, "docker pull failed with exit code 1, in attempt 3 of 3", "pull pull pull"},
		{"build", "Dockerfile", dockerstub.Answers{FailBuild: 17}, "docker build failed with exit code 17", "build"},
		{"no engine", "docker://alpine", dockerstub.Answers{NoEngine: true}, "exit code 1", "pull pull pull"},
		{"inspection", "docker://alpine", dockerstub.Answers{Inspection: "{}"}, "not an Id", "pull image"},
		{"other image", "docker://alpine@" + digest3, dockerstub.Answers{Digest: digest2}, "the engine has it with digest", "pull image"},
		{"reference", "docker://-v", dockerstub.Answers{}, "begin with -", ""},
	} {
		stub := dockerstub.Install(t, c.answers)
		_, _, err := Client{Exec: start(stub, io.Discard)}.Prepare(t.Context(), c.image, dir, "5c6072:e19f")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
		if got := asked(t, stub); got != c.verbs {
			t.Errorf("%s: the client was asked to %q, want %q", c.name, got, c.verbs)
		}
	}
}

func TestPullWaits(t *testing.T) {
	stub := dockerstub.Install(t, dockerstub.Answers{FailPulls: 9})
	var waited []int
	stop := errors.New("stop")
	client := Client{Exec: start(stub, io.Discard), Wait: func(_ context.Context, attempt int) error {
		if waited = append(waited, attempt); attempt == 2 {
			return stop
		}
		return nil
	}}
	if err := client.Pull(t.Context(), "alpine"); !errors.Is(err, stop) {
		t.Errorf("Pull = %v, want the error of Wait", err)
	}
	if !slices.Equal(waited, []int{1, 2}) || asked(t, stub) != "pull pull" {
		t.Errorf("waited after %v, asked to %s", waited, asked(t, stub))
	}
}

func TestCheck(t *testing.T) {
	err := Check(t.Context(), start(dockerstub.Install(t, dockerstub.Answers{NoEngine: true}), io.Discard))
	if !errors.Is(err, ErrNoEngine) || !strings.Contains(err.Error(), "Cannot connect to the Docker daemon") {
		t.Errorf("no engine: %v", err)
	}
	// A client without an engine can end with 0 and print nothing of use.
	for _, text := range []string{"", "<no value>\n", "'1.50'\n"} {
		err := Check(t.Context(), func(_ context.Context, c Invocation) (int, error) {
			_, err := io.WriteString(c.Output, text)
			return 0, err
		})
		if !errors.Is(err, ErrNoEngine) {
			t.Errorf("version %q: %v, want ErrNoEngine", text, err)
		}
	}
	broken := errors.New("cannot start")
	if err := Check(t.Context(), func(context.Context, Invocation) (int, error) { return 0, broken }); !errors.Is(err, broken) || errors.Is(err, ErrNoEngine) {
		t.Errorf("a client that cannot be started: %v", err)
	}
}

// TestInspectIsBounded: an answer without end is neither kept nor believed.
func TestInspectIsBounded(t *testing.T) {
	_, err := Client{Exec: func(_ context.Context, c Invocation) (int, error) {
		for range 3 {
			if _, err := io.Copy(c.Output, strings.NewReader(strings.Repeat(" ", maxInspect))); err != nil {
				return 0, err
			}
		}
		if kept := c.Output.(*bounded).kept.Len(); kept != maxInspect+1 {
			t.Errorf("%d bytes were kept", kept)
		}
		return 0, nil
	}}.Inspect(t.Context(), "alpine")
	if err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("Inspect = %v", err)
	}
}

func TestFind(t *testing.T) {
	look := func(name string) (string, error) { return "/usr/bin/" + name, nil }
	if path, err := Find(look); err != nil || path != "/usr/bin/docker" {
		t.Errorf("Find = %q, %v", path, err)
	}
	_, err := Find(func(string) (string, error) { return "", exec.ErrNotFound })
	if !errors.Is(err, ErrNoClient) || !errors.Is(err, exec.ErrNotFound) || !strings.Contains(err.Error(), "program docker in PATH") {
		t.Errorf("Find = %v", err)
	}
}

func TestSupported(t *testing.T) {
	if err := Supported("linux"); err != nil {
		t.Error(err)
	}
	for _, goos := range []string{"windows", "darwin"} {
		if err := Supported(goos); err == nil || !strings.Contains(err.Error(), "only supported on Linux") {
			t.Errorf("%s: %v", goos, err)
		}
	}
}
