//go:build unix

package e2e

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/act"
	"github.com/org/cilock-action/test/runner"
)

// published is the action with a manifest that names the program under test, and
// a server that has it.
func published(t *testing.T) (dir, mirror string) {
	t.Helper()
	content, err := os.ReadFile(cilock(t))
	if err != nil {
		t.Fatal(err)
	}
	file := "cilock-" + runtime.GOOS + "-" + runtime.GOARCH
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v0.0.1/"+file {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(content)
	}))
	t.Cleanup(server.Close)
	dir = filepath.Join(t.TempDir(), "action")
	manifest := fmt.Sprintf("version 0.0.1\n%s %s %d %x %s\n", runtime.GOOS, runtime.GOARCH, len(content), sha256.Sum256(content), file)
	if err := copyAction(actionDir(t), dir, manifest); err != nil {
		t.Fatal(err)
	}
	return dir, server.URL
}

// TestStandInRelease: no program is given, and none can be built. The one of the
// release is downloaded once, checked, and run.
func TestStandInRelease(t *testing.T) {
	t.Parallel()
	dir, mirror := published(t)
	j := newJob(t, runner.Options{Env: map[string]string{"version": "job"}})
	call := j.call(map[string]string{
		"step": "build", "binary-path": "", "binary-mirror": mirror, "command": `echo "$version" > out.txt`,
	})
	call.Dir = dir
	for range 2 { // the second is from the tool cache
		want(t, j.RunAction(t.Context(), call), "success", 0)
		call.Inputs["binary-mirror"] = "https://mirror.example.invalid"
	}
	if text, err := os.ReadFile(filepath.Join(j.Workspace, "out.txt")); string(text) != "job\n" {
		t.Errorf("a variable of the job is %q, %v", text, err)
	}
	j.evidence(t, filepath.Join(j.Temp, "build.cilock.json"))

	// Somebody serves something else.
	manifest := filepath.Join(dir, "release.txt")
	text, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(manifest, []byte(strings.Replace(string(text), " cilock-", "  cilock-", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	other := newJob(t, runner.Options{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("#!/bin/sh\ntouch poisoned\n")) }))
	defer server.Close()
	call.Inputs["binary-mirror"] = server.URL
	r := other.RunAction(t.Context(), call)
	want(t, r, "failure", 2)
	if !noted(r, "error", "is not the binary of this commit") {
		t.Errorf("annotations are %v", r.Annotations)
	}
	if left, err := os.ReadDir(other.Workspace); err != nil || len(left) != 2 { // .git and .github
		t.Errorf("the workspace has %v, %v", left, err)
	}
}

// TestActRelease is the same for a workflow that act runs.
func TestActRelease(t *testing.T) {
	t.Parallel()
	dir, mirror := published(t)
	r, _ := workflow(t, newKeys(t), `
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: `+checkoutPin+`
      - id: build
        uses: `+uses+`
        with:
          command: echo built > out.txt
          key: ${{ secrets.KEY }}
          binary-mirror: `+mirror+`
      - id: later
        run: echo "verdict ${{ steps.build.outputs.verdict }}"
`, func(w *act.Workflow) {
		w.Actions = map[string]string{uses: dir}
		w.Env["RUNNER_TOOL_CACHE"] = t.TempDir()
	})
	if got := r.Output("later"); !strings.Contains(got, "verdict pass") {
		t.Errorf("the step said %q", got)
	}
}
