//go:build linux

package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/nobody"
	"github.com/org/cilock-action/test/sandbox"
)

// place is where a step runs: a sandbox, and a folder of its user's.
type place struct {
	t   *testing.T
	box sandbox.Box
	dir string
	env []string
	// inside is what starts every program: unshare, for one.
	inside []string
	keys
}

// asRoot and asNobody are places on this machine as it is, less what change
// takes away.
func asRoot(t *testing.T, change ...func(*sandbox.Box)) *place {
	t.Helper()
	needRoot(t)
	return newPlace(t, sandbox.Box{}, t.TempDir(), change)
}

func asNobody(t *testing.T, change ...func(*sandbox.Box)) *place {
	t.Helper()
	needRoot(t)
	cilock(t) // the folder of the kit is one that everybody can enter
	return newPlace(t, sandbox.Box{UID: id(t, "nobody"), GID: group(t), Groups: []int{group(t), 65533}}, nobody.Folder(t, kitFolder), change)
}

func newPlace(t *testing.T, box sandbox.Box, dir string, change []func(*sandbox.Box)) *place {
	t.Helper()
	for _, f := range change {
		f(&box)
	}
	p := &place{t: t, box: box, dir: dir, keys: newKeys(t)}
	p.env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + dir, "TMPDIR=" + dir, "LC_ALL=C", "MARK=kept", "MARK=twice"}
	p.put("key.pem", p.private, 0o600)
	return p
}

// put makes a file of the user's.
func (p *place) put(name, text string, mode os.FileMode) {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		p.t.Fatal(err)
	}
	if err := os.Chown(path, p.box.UID, p.box.GID); err != nil {
		p.t.Fatal(err)
	}
}

// needRoot skips whoever can make no sandbox.
func needRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can make the sandbox")
	}
}

func id(t testing.TB, name string) int {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return number(t, u.Uid)
}

func group(t testing.TB) int {
	t.Helper()
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	return number(t, u.Gid)
}

func number(t testing.TB, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// ended is what became of a program.
type ended struct {
	out, err string
	code     int
}

// command is a program in the place.
func (p *place) command(args ...string) *exec.Cmd {
	p.t.Helper()
	args = slices.Concat(p.inside, args)
	cmd := sandbox.Command(p.t, p.box, args[0], args[1:]...)
	cmd.Dir, cmd.Env = p.dir, p.env
	return cmd
}

// run runs a program to its end.
func (p *place) run(args ...string) ended {
	p.t.Helper()
	cmd := p.command(args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatalf("run %q: %v", args, err)
	}
	return ended{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// cilock is the command line of a run with flags, of a script.
func (p *place) cilock(script string, flags ...string) []string {
	args := []string{cilock(p.t), "run", "--step=step", "--key=key.pem", "--outfile=e.json", "--attestations="}
	return append(append(args, flags...), "--", "sh", "-c", script)
}

// bundle is the evidence of the last run.
func (p *place) bundle() *attest.Verified {
	p.t.Helper()
	return p.evidence(p.t, filepath.Join(p.dir, "e.json"))
}

// unharmed runs a script without cilock and under it, wants the same of both,
// and returns the evidence.
func (p *place) unharmed(script string, flags ...string) *attest.Verified {
	p.t.Helper()
	bare := p.run("sh", "-c", script)
	under := p.run(p.cilock(script, flags...)...)
	p.t.Logf("%s", under.err)
	if bare.out != under.out || bare.code != under.code {
		p.t.Errorf("without cilock the step ends with %d and says\n%s%s\nunder it with %d and\n%s", bare.code, bare.out, bare.err, under.code, under.out)
	}
	return p.bundle()
}

// self is what a step sees of itself, and an exit code of its own.
const self = `id; umask; pwd; env | sort; ulimit -a; grep -E '^(Groups|Sig(Pnd|Blk|Ign|Cgt)|Cap.*|Uid|Gid):' /proc/self/status; ls -l /proc/self/fd | wc -l; touch file; exit 7`

// privileges is self with what ptrace changes without rights.
const privileges = `grep NoNewPrivs /proc/self/status; ` + self

// row is how the evidence says that a step was watched.
type row struct {
	backend string
	instead []string // a part of each reason why it was no better backend
	limit   string   // a part of a limit
}

// check compares with the evidence, which has to be complete.
func (w row) check(t *testing.T, v *attest.Verified) {
	t.Helper()
	body := section[attest.Trace](t, v, attest.TypeTrace)
	if body.Backend != w.backend || !matches(body.Instead, w.instead) {
		t.Errorf("watched with %s instead of %q, want %s and %q", body.Backend, body.Instead, w.backend, w.instead)
	}
	if w.limit != "" && !mentions(body.Limits, w.limit) {
		t.Errorf("no limit says %q: %q", w.limit, body.Limits)
	}
	if body.Processes < 2 || body.Opens == 0 {
		t.Errorf("%d processes and %d opened files were seen", body.Processes, body.Opens)
	}
	complete(t, v, w.backend)
}

// notWatched checks that the evidence says that, and why.
func notWatched(t *testing.T, v *attest.Verified, reasons ...string) {
	t.Helper()
	r := collector(t, v, "trace")
	if r.State != attest.StateFailed {
		t.Errorf("state %q, want %q", r.State, attest.StateFailed)
	}
	for _, reason := range reasons {
		if !strings.Contains(r.Reason, reason) {
			t.Errorf("reason %q does not say %q", r.Reason, reason)
		}
	}
	if _, found := v.Collection.Find(attest.TypeTrace); found {
		t.Error("there is a trace all the same")
	}
}

func matches(list, parts []string) bool {
	if len(list) != len(parts) {
		return false
	}
	for i := range list {
		if !strings.Contains(list[i], parts[i]) {
			return false
		}
	}
	return true
}

func mentions(list []string, part string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, part) })
}
