package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// differs is what a step may see of its tracer, by backend: fields of
// /proc/self/status. Everything else has to be the same byte for byte.
func differs(backend string) []string {
	if backend == "ptrace" {
		return []string{"TracerPid:", "Seccomp:", "Seccomp_filters:"}
	}
	return nil
}

// TestSame: a step cannot tell a traced run from one that is not traced, but
// for the fields above.
func TestSame(t *testing.T) {
	needRoot(t)
	if testing.Short() {
		t.Skip("takes a minute")
	}
	u := newSuite(t, newCilock(t))
	for _, backend := range []string{"ebpf", "ptrace"} {
		if end := probe(t, u, backend); strings.Contains(end.ours, "cilock: backend: "+backend+"\n") {
			u.backends = append(u.backends, backend)
		} else if os.Getenv("CI") == "true" {
			t.Fatalf("no %s sensor:\n%s", backend, end.ours)
		}
	}
	for _, c := range sameCases(u.tricks) {
		t.Run(c.name, func(t *testing.T) {
			untraced := c.run(t, u, "off")
			if len(untraced) < 20 {
				t.Errorf("there is hardly anything to compare: %q", untraced)
			}
			for _, backend := range u.backends {
				if diff := lineDiff(untraced, c.run(t, u, backend), differs(backend)); diff != "" {
					t.Errorf("untraced (-) and under %s (+) differ:\n%s", backend, diff)
				}
			}
		})
	}
}

// sameCase is one step whose report is compared.
type sameCase struct {
	name     string
	command  []string // {out} is where the report goes
	stdin    []byte   // nil: none
	terminal bool
}

func sameCases(tricks string) []sameCase {
	program := func(name string, args ...string) []string {
		return append([]string{filepath.Join(tricks, name), "{out}"}, args...)
	}
	cases := []sameCase{
		{name: "state", command: program("same_state", "an argument", "", "\xff")},
		{name: "state_nobody", command: append([]string{filepath.Join(tricks, "as_nobody")}, program("same_state")...)},
		{name: "state_limited", command: append(shell(`umask 027; ulimit -n 77; ulimit -c 0; trap "" USR1 PIPE; exec 7<.; nice -n 3 "$0" "$@"`), program("same_state")...)},
		{name: "state_terminal", command: program("same_state"), terminal: true},
		{name: "state_stdin_closed", command: append(shell(`exec "$0" "$@" <&-`), program("same_state")...)},
		{name: "ends", command: program("same_ends")},
		{name: "ends_core", command: program("same_ends", "core")},
		{name: "jobs", command: program("same_jobs")},
		{name: "jobs_terminal", command: program("same_jobs"), terminal: true},
		{name: "calls", command: program("same_calls")},
		{name: "stdin", command: shell(`cat >"$0"`, "{out}"), stdin: bytes.Repeat([]byte("0123456789abcde\n\x00\xff"), 1<<15)},
		{name: "pipeline", command: shell(`seq 20000 | cat | tr 0-9 a-j | cat | tac | cat | sort | tail -n 5000 >"$0"`, "{out}")},
	}
	for _, code := range []string{"0", "1", "127", "143", "255"} {
		cases = append(cases, sameCase{name: "exit_" + code, command: shell("echo a report of the step >\"$0\"; exit "+code, "{out}")})
	}
	for _, signal := range []string{"INT", "KILL", "SEGV", "TERM", "USR1"} {
		cases = append(cases, sameCase{name: "die_" + signal, command: shell("echo a report of the step >\"$0\"; ulimit -c 0; kill -"+signal+" $$", "{out}")})
	}
	return cases
}

func shell(script string, args ...string) []string {
	return append([]string{"/bin/sh", "-c", script}, args...)
}

// run runs the step by `cilock run` and returns its report and how it ended.
func (c sameCase) run(t *testing.T, u *suite, backend string) string {
	t.Helper()
	dir := filepath.Join(u.work, "same-"+c.name) // the same for both
	out := filepath.Join(dir, "report")
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o755), os.Chmod(dir, 0o777)); err != nil {
		t.Fatal(err)
	}
	args := []string{"run", "--trace", backend, "--step", "same", "--outfile", filepath.Join(u.work, "evidence.json"), "--"}
	for _, arg := range c.command {
		args = append(args, strings.ReplaceAll(arg, "{out}", out))
	}
	cmd := exec.CommandContext(t.Context(), u.cilock, args...)
	killTree(cmd)
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LC_ALL=C", "ODD=\xff\n"}
	end := c.wait(t, cmd)
	report, err := os.ReadFile(out)
	if err != nil {
		t.Fatalf("%s: no report: %v", backend, err)
	}
	return fmt.Sprintf("ended with %s\n%s", end, report)
}

// wait runs cmd, on a terminal or not, and says how it ended.
func (c sameCase) wait(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	if c.stdin != nil {
		cmd.Stdin = bytes.NewReader(c.stdin)
	}
	var err error
	if c.terminal {
		cmd.SysProcAttr, cmd.Cancel = nil, nil // pty makes a session of its own
		terminal, err2 := pty.Start(cmd)
		if err2 != nil {
			t.Fatal(err2)
		}
		defer terminal.Close()
		io.Copy(io.Discard, terminal) // ends with an error, EIO, when the last process has closed it
		err = cmd.Wait()
	} else {
		err = cmd.Run()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.String()
}

// lineDiff lists the lines that differ, leaving out those that begin with one
// of the words.
func lineDiff(a, b string, without []string) string {
	clean := func(text string) []string {
		var lines []string
	line:
		for line := range strings.Lines(text) {
			for _, word := range without {
				if strings.HasPrefix(line, word) {
					continue line
				}
			}
			lines = append(lines, line)
		}
		return lines
	}
	x, y := clean(a), clean(b)
	var out strings.Builder
	for i := range max(len(x), len(y)) {
		var before, after string
		if i < len(x) {
			before = x[i]
		}
		if i < len(y) {
			after = y[i]
		}
		if before != after && out.Len() < 4096 {
			fmt.Fprintf(&out, "- %q\n+ %q\n", before, after)
		}
	}
	return out.String()
}

// TestLineDiff: what may differ may, and nothing else.
func TestLineDiff(t *testing.T) {
	if diff := lineDiff("a\nTracerPid: 0\nb\n", "a\nTracerPid: 7\nb\n", differs("ptrace")); diff != "" {
		t.Errorf("differs in what it may: %s", diff)
	}
	for _, other := range []string{"a\nTracerPid: 7\nb\n", "a\nTracerPid: 0\n", "a\nTracerPid: 0\nb\nc\n", ""} {
		if diff := lineDiff("a\nTracerPid: 0\nb\n", other, differs("ebpf")); diff == "" {
			t.Errorf("no difference to %q", other)
		}
	}
}
