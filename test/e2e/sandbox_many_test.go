//go:build linux

package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
)

// TestAtOnce: two steps that run at the same time are two traces.
func TestAtOnce(t *testing.T) {
	for name, place := range map[string]func(*testing.T) *place{
		"ebpf":   func(t *testing.T) *place { return asRoot(t) },
		"ptrace": func(t *testing.T) *place { return asNobody(t, noSudo) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, other := place(t), place(t)
			a := one.start("echo 1 > one; exit 1", "--trace=auto")
			b := other.start("echo 2 > other; exit 2", "--trace=auto")
			if e := a.finish(); e.code != 1 {
				t.Errorf("one ended with %d\n%s", e.code, e.err)
			}
			if e := b.finish(); e.code != 2 {
				t.Errorf("the other ended with %d\n%s", e.code, e.err)
			}
			v, w := one.bundle(), other.bundle()
			complete(t, v, name)
			complete(t, w, name)
			if !opened(t, v, filepath.Join(one.dir, "one")) || opened(t, v, filepath.Join(other.dir, "other")) ||
				!opened(t, w, filepath.Join(other.dir, "other")) || opened(t, w, filepath.Join(one.dir, "one")) {
				t.Error("the traces are mixed up")
			}
		})
	}
}

// opened reports whether a process of the step opened a file.
func opened(t *testing.T, v *attest.Verified, path string) bool {
	t.Helper()
	for _, p := range section[attest.CommandRun](t, v, attest.TypeCommandRun).Processes {
		if _, ok := p.OpenedFiles[path]; ok {
			return true
		}
	}
	return false
}

// TestNested: a step that is cilock itself is watched as any other, and so is
// its own step, unless ptrace watches both: a process has one tracer. Cilock is
// not dumpable, so that ptrace without rights sees little of itself, and says
// so.
func TestNested(t *testing.T) {
	const alone = "traces it already"
	for _, test := range []struct {
		name, flag, outer, inner string
		place                    func(*testing.T) *place
	}{
		{"ebpf", "--trace=auto", "ebpf", "ebpf", func(t *testing.T) *place { return asRoot(t) }},
		{"ebpf in ptrace", "--trace=ptrace", "ptrace", "ebpf", func(t *testing.T) *place { return asRoot(t) }},
		{"sudo", "--trace=auto", "ebpf", "ebpf", func(t *testing.T) *place { return asNobody(t, sudoers(t, everything)) }},
		{"ptrace in ptrace", "--trace=auto", "ptrace", "", func(t *testing.T) *place { return asNobody(t, noSudo) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := test.place(t)
			inner := p.cilock("touch innermost", "--trace=auto")
			script := strings.ReplaceAll(strings.Join(inner[:len(inner)-1], " ")+" 'touch innermost; exit 9'", "e.json", "inner.json")
			e := p.run(p.cilock(script, test.flag)...)
			t.Logf("%s", e.err)
			if e.code != 9 {
				t.Errorf("exit code %d", e.code)
			}
			v := p.bundle()
			if test.inner != "" {
				complete(t, v, test.outer)
			} else if gaps := collector(t, v, "trace").Gaps; !mentions(gaps, "named by the program's word alone") {
				t.Errorf("gaps %q", gaps)
			}
			if !opened(t, v, filepath.Join(p.dir, "innermost")) {
				t.Error("the outer run did not see what the inner one's step did")
			}
			in := p.evidence(t, filepath.Join(p.dir, "inner.json"))
			if test.inner == "" {
				notWatched(t, in, alone)
				return
			}
			complete(t, in, test.inner)
			if !opened(t, in, filepath.Join(p.dir, "innermost")) {
				t.Error("the inner run did not see what its step did")
			}
		})
	}
}
