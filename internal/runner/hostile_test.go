//go:build unix

package runner

import (
	"fmt"
	"io"
	"maps"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestFilesOfOthers: a step writes for itself alone, and what it puts in the
// place of its files stops nothing.
func TestFilesOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
-- acme/x@v1/action.yml --
outputs: {all: {value: "${{ toJSON(steps) }}"}}
runs:
  using: composite
  steps:
    - {id: one, shell: bash, run: 'echo "$GITHUB_OUTPUT" > saved; echo x=1 >> "$GITHUB_OUTPUT"'}
    - {id: two, shell: bash, run: 'for f in "$(cat saved)" "$RUNNER_TEMP"/_runner_file_commands/*; do [ "$f" = "$GITHUB_OUTPUT" ] || echo x=forged >> "$f"; done'}
    - {id: gone, shell: bash, run: 'rm -r "$RUNNER_TEMP/_runner_file_commands"'}
    - {id: pipe, shell: bash, run: 'rm "$GITHUB_OUTPUT"; mkfifo "$GITHUB_OUTPUT"', continue-on-error: true}
    - {id: link, shell: bash, run: 'ln -sf /etc/passwd "$GITHUB_ENV"', continue-on-error: true}
    - {id: folder, shell: bash, run: 'rm "$GITHUB_PATH"; mkdir -p "$GITHUB_PATH/x"', continue-on-error: true}
    - {id: large, shell: bash, run: 'head -c 2097152 /dev/zero > "$GITHUB_STATE"', continue-on-error: true}
    - {id: summary, shell: bash, run: 'head -c 2097152 /dev/zero > "$GITHUB_STEP_SUMMARY"'}
    - {shell: bash, run: 'ls "$RUNNER_TEMP/_runner_file_commands" | wc -l'}
    - {shell: bash, run: "echo ${{ steps.one.outputs.x }}-${{ steps.one.outcome }}-${{ steps.two.outcome }}-${{ steps.two.outputs.x }}-${{ steps.gone.outcome }}"}
    - {shell: bash, run: "echo ${{ steps.pipe.outcome }}-${{ steps.link.outcome }}-${{ steps.folder.outcome }}-${{ steps.large.outcome }}-${{ steps.summary.outcome }}"}
`)
	records := w.wants(0, "5", "1-success-success--success", "failure-failure-failure-failure-success")
	said := fmt.Sprint(records)
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"} {
		if !strings.Contains(said, name+": ") {
			t.Errorf("%s is not named in the report", name)
		}
	}
}

// TestManyOutputs, and what looks like the end of another.
func TestManyOutputs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
-- acme/x@v1/action.yml --
runs: {using: node20, main: main.js}
-- acme/x@v1/main.js --
const fs = require("fs");
for (let i = 0; i < 1000; i++) fs.appendFileSync(process.env.GITHUB_OUTPUT, "o" + i + "<<E\nEOF\n" + i + "\nE\n");
fs.appendFileSync(process.env.GITHUB_OUTPUT, "my.out put=1\nghadelimiter_x<<ghadelimiter_x\nlast=1\nghadelimiter_x\n");
console.log("::set-output name=a=b::1");
`)
	records := w.wants(0)
	want := map[string]string{"ghadelimiter_x": "last=1", "my.out put": "1"}
	for i := range 1000 {
		want["o"+strconv.Itoa(i)] = "EOF\n" + strconv.Itoa(i)
	}
	if got := w.pairs("GITHUB_OUTPUT"); !maps.Equal(got, want) {
		t.Errorf("%d outputs: %.200q", len(got), fmt.Sprint(got))
	}
	if !strings.Contains(fmt.Sprint(records), "output not set") {
		t.Error("the output that the runner would not take is not named")
	}
}

func TestBinaryOutput(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
-- acme/x@v1/action.yml --
runs: {using: node20, main: main.js}
-- acme/x@v1/main.js --
const all = Buffer.alloc(256 * 1000);
for (let i = 0; i < all.length; i++) all[i] = i;
process.stdout.write(all);
`)
	if code, _ := w.run(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	got := w.stdout.Bytes()
	for i, b := range got {
		if b != byte(i) {
			t.Fatalf("byte %d is %d", i, b)
		}
	}
	if len(got) != 256*1000 {
		t.Errorf("%d bytes", len(got))
	}
}

// TestStoppedCommands: what a step leaves stopped does not stop the next one, and
// the runner is told.
func TestStoppedCommands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
-- acme/x@v1/action.yml --
outputs: {o: {value: "${{ steps.b.outputs.o }}"}}
runs:
  using: composite
  steps:
    - {shell: bash, run: "printf '::stop-commands::w0rd\\n::set-output name=o::1'"}
    - {shell: bash, id: b, run: "echo '::set-output name=o::2'"}
`)
	w.wants(0, "::stop-commands::w0rd", "::set-output", "name=o::1", "::w0rd::")
	if got := w.pairs("GITHUB_OUTPUT")["o"]; got != "2" {
		t.Errorf("got %q", got)
	}
}

// TestGrandchild: what stays behind and keeps the output open is not waited for.
func TestGrandchild(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the bound")
	}
	t.Parallel()
	w := newWorld(t, `
-- acme/x@v1/action.yml --
runs: {using: composite, steps: [{shell: bash, run: 'sleep 600 & echo $! > pid; echo done'}, {shell: bash, run: echo next}]}
`)
	t.Cleanup(func() {
		if pid, err := strconv.Atoi(strings.TrimSpace(w.read("ws/pid"))); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	w.wants(0, "done", "next")
}

func TestLocalActions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
-- acme/x@v1/action.yml --
runs:
  using: composite
  steps:
    - {uses: ./made, continue-on-error: true}
    - shell: bash
      run: |
        mkdir -p made cycle
        printf 'runs: {using: node20, pre: no.js, main: main.js, post: post.js}' > made/action.yml
        echo 'console.log("made")' > made/main.js; echo 'console.log("post")' > made/post.js; cp made/main.js made/no.js
        echo 'runs: {using: composite, steps: [{uses: ./cycle}]}' > cycle/action.yml
        mkdir -p other; echo 'runs: {using: composite, steps: [{uses: acme/unknown@v1}]}' > other/action.yml
    - {uses: ./made}
    - {uses: ./other, continue-on-error: true}
    - {uses: ./bad, continue-on-error: true}
    - {uses: ./cycle, continue-on-error: true}
-- bad/action.yml --
runs: {using: composite, steps: [{run: "${{ secrets.x }}", shell: sh}]}
`)
	records := w.wants(0, "made", "post")
	said := fmt.Sprint(records)
	for _, want := range []string{
		"uses ./made: there is no action.yml", "the pre of ./made does not run", "uses acme/unknown@v1: it was not known before the action began",
		"secrets", "uses ./cycle: deeper than 9 actions",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in %s", want, said)
		}
	}
}

// TestNoProgram: what cannot be read is not run.
func TestNoProgram(t *testing.T) {
	for _, stdin := range []string{"", "{", "[]"} {
		var log strings.Builder
		code := Serve(World{Stdin: io.NopCloser(strings.NewReader(stdin)), Stdout: os.Stdout, Stderr: &log})
		if code != cannotStart || !strings.Contains(log.String(), "cilock: read what to run:") {
			t.Errorf("%q: exit code %d, %s", stdin, code, &log)
		}
	}
}

// TestOpenLines: what one step leaves open does not swallow a command of the next.
func TestOpenLines(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
-- acme/x@v1/action.yml --
runs:
  using: composite
  steps:
    - {shell: bash, run: "printf open; printf open >&2"}
    - {shell: bash, run: "echo ::warning::x; printf end"}
`)
	if code, _ := w.run(); code != 0 || w.stdout.String() != "open\n::warning::x\nend" {
		t.Errorf("exit code %d, %q", code, &w.stdout)
	}
	if !strings.Contains(w.stderr.String(), "open\ncilock: ") {
		t.Errorf("got %q", &w.stderr)
	}
}
