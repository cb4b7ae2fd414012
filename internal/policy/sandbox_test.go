package policy

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
)

// TestSandbox: modules that take all time or memory are stopped, each by itself
// where that can be, and those around them are heard.
func TestSandbox(t *testing.T) {
	const fine = "package a\ndeny contains \"fine\" if input.refpinned"
	for _, test := range []struct {
		name, module, want string
		others             bool // the module after it is heard
	}{
		{"endless", `package a
deny contains x if { some i in numbers.range(1, 20000); some j in numbers.range(1, 20000); i + j < 0; x := i }`, "did not end within 1s", true},
		{"large strings", `package a
line := concat("", ["0123456789012345678901234567890123456789" | some _ in numbers.range(1, 100)])
lines := [line | some _ in numbers.range(1, 1000)]
deny contains count(x) if { x := [concat(sprintf("%d", [i]), lines) | some i in numbers.range(1, 1000)] }`, "memory", true},
		{"one call", `package a
deny contains count(x) if { x := sprintf("%2000000000d", [1]) }`, "", false},
		{"recursion in regexp", `package a
deny contains "x" if regex.match("(a|aa)+$", concat("", [s | some i in numbers.range(1, 300000); s := "a"]))`, "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			// 10 MB of input make the time a second.
			b := about(t, test.module, attest.TypeGitHubAction, `{"actionref":"a/b@v1","refpinned":true,"actionname":"`+strings.Repeat("x", 10_000_000)+`"}`)
			b.Modules = append(b.Modules, Source{"fine.rego", []byte(fine)})
			after := b.Checks[0]
			after.Module = 1
			b.Checks = append(b.Checks, after)
			got := sandbox(t).Evaluate(context.Background(), b)
			if got[0].Passed() || got[1].Passed() && !test.others {
				t.Error("it passed")
			}
			if testing.Short() && got[0].Err != "" {
				return // the race detector, which has memory of its own for each byte, ends it otherwise
			}
			if test.want != "" && (got[0].Err == "" || !strings.Contains(got[0].Err, test.want)) {
				t.Errorf("got %.300s", told(got[0]))
			}
			if test.others && told(got[1]) != "fine" || got[1].Passed() {
				t.Errorf("the module after it: %+v", got[1])
			}
		})
	}
}

// TestNoEvaluator: no answer is no pass.
func TestNoEvaluator(t *testing.T) {
	for name, command := range map[string][]string{
		"missing": {"/nonexistent/cilock"}, "silent": {"true"}, "talkative": {"echo", `{"check":-1,"answer":{}}`}, "dying": {"sh", "-c", "kill -9 $$"},
		"wrong order": {"printf", `{"check":-1,"answer":{}}\n{"check":1,"answer":{}}\n`},
	} {
		b := about(t, "package a\ndeny contains 1 if false", attest.TypeGitHubAction, `{"actionref":"a/b@v1","refpinned":true}`, `{"actionref":"a/b@v2","refpinned":true}`)
		s := Sandbox{Command: func(ctx context.Context) *exec.Cmd { return exec.CommandContext(ctx, command[0], command[1:]...) }}
		for i, a := range s.Evaluate(context.Background(), b) {
			if a.Passed() {
				t.Errorf("%s: check %d passed", name, i)
			}
		}
	}
}

// TestGrowth: a heap that has shrunk below what was loaded has not grown.
func TestGrowth(t *testing.T) {
	w := watch{base: 100}
	for inUse, want := range map[uint64]uint64{0: 0, 99: 0, 100: 0, 130: 30} {
		if got := w.growth(inUse); got != want {
			t.Errorf("%d bytes in use have grown by %d, want %d", inUse, got, want)
		}
	}
}
