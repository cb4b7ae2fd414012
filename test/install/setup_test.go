//go:build unix

package install

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/org/cilock-action/test/act"
	"github.com/org/cilock-action/test/need"
)

// genuine is what the release serves in most tests: a program that shows how it
// was started. It is larger than a few buffers.
const genuine = "#!/bin/sh\necho genuine \"$@\"\nexit 0\n"

var padded = []byte(genuine + strings.Repeat("# nothing here\n", 20_000))

// names that install.sh looks for in the PATH, besides those of a test's choice.
var basic = []string{"sh", "env", "mktemp", "uname", "wc", "chmod", "mkdir", "mv", "cp", "rm", "cat"}

// site is one runner: a folder with the action, its temporary folder, its tool
// cache and its programs. All paths have blanks.
type site struct {
	t                        *testing.T
	root                     string
	action, temp, cache, bin string
	shell                    []string // that runs the script
	env                      []string // added
	server                   *httptest.Server
	mu                       sync.Mutex
	asked                    []string // paths that the server was asked for
}

// newSite is a site whose release has the genuine program and whose server
// answers with handler, or with that program.
func newSite(t *testing.T, handler http.HandlerFunc) *site {
	t.Helper()
	root := t.TempDir()
	s := &site{
		t: t, root: root, shell: []string{"sh"},
		action: filepath.Join(root, "the action"), temp: filepath.Join(root, "temp folder"),
		cache: filepath.Join(root, "tool cache"), bin: filepath.Join(root, "programs"),
	}
	for _, dir := range []string{s.action, s.temp, s.cache, s.bin} {
		must(t, os.MkdirAll(dir, 0o755))
	}
	s.have(basic...)
	s.have("sha256sum", "curl")
	s.program("sleep", "exit 0") // nobody waits between two attempts
	script, err := os.ReadFile(filepath.Join(act.Root(t), "install.sh"))
	must(t, err)
	s.write("install.sh", string(script))
	s.release("1.2.3", padded)
	if handler == nil {
		handler = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(padded) }
	}
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.Path)
		s.mu.Unlock()
		handler(w, r)
	}))
	t.Cleanup(s.server.Close)
	s.env = []string{"CILOCK_INPUT_BINARY_MIRROR=" + s.server.URL + "/mirror"}
	return s
}

// write puts a file into the action's folder.
func (s *site) write(name, text string) {
	s.t.Helper()
	must(s.t, os.WriteFile(filepath.Join(s.action, name), []byte(text), 0o755))
}

// edit changes the script: a bound becomes one that a test can wait for.
func (s *site) edit(from, to string) {
	s.t.Helper()
	path := filepath.Join(s.action, "install.sh")
	text, err := os.ReadFile(path)
	must(s.t, err)
	if strings.Count(string(text), from) != 1 {
		s.t.Fatalf("install.sh does not have %q once", from)
	}
	s.write("install.sh", strings.Replace(string(text), from, to, 1))
}

// platform of this machine as the manifest has it, and its file.
func platform() string { return runtime.GOOS + " " + runtime.GOARCH }
func file() string     { return "cilock-" + runtime.GOOS + "-" + runtime.GOARCH }

// line is a line of the manifest for content.
func line(content []byte) string {
	return fmt.Sprintf("%s %d %x %s\n", platform(), len(content), sum(content), file())
}

func sum(content []byte) [sha256.Size]byte { return sha256.Sum256(content) }

func (s *site) release(version string, content []byte) {
	s.t.Helper()
	s.write("release.txt", "# a comment\n\nversion "+version+"\n"+line(content))
}

// cached is where the tool cache has the binary.
func (s *site) cached() string {
	return filepath.Join(s.cache, "cilock", "1.2.3", runtime.GOARCH, file())
}

// have puts programs of this machine into the PATH.
func (s *site) have(names ...string) {
	s.t.Helper()
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			need.Missing(s.t, name)
		}
		must(s.t, os.Symlink(path, filepath.Join(s.bin, name)))
	}
}

// lack takes programs out of the PATH.
func (s *site) lack(names ...string) {
	s.t.Helper()
	for _, name := range names {
		must(s.t, os.Remove(filepath.Join(s.bin, name)))
	}
}

// program puts a script into the PATH, in the place of what is there: never
// through a symlink of have, which leads to this machine's own program.
func (s *site) program(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.bin, name)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		s.t.Fatal(err)
	}
	syscall.ForkLock.RLock() // a child that inherits the descriptor would make it ETXTBSY
	defer syscall.ForkLock.RUnlock()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	must(s.t, err)
	_, err = f.WriteString("#!/bin/sh\n" + text)
	must(s.t, errors.Join(err, f.Close()))
}

// withGo adds a Go that builds a program saying "built", and records how it was
// called.
func (s *site) withGo() {
	s.program("go", `if [ "$1" = env ]; then echo "${GOPROXY:-https://kept.example}"; exit; fi
env >"`+s.root+`/go.env"; printf '%s\n' "$@" >"`+s.root+`/go.args"
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\necho built "$@"\n' >"$2"; chmod 0755 "$2"
`)
}

// ended is how a run of the script ended.
type ended struct {
	code           int
	stdout, stderr string
}

// command is the script, ready to start.
func (s *site) command(args ...string) *exec.Cmd {
	shell, err := exec.LookPath(s.shell[0])
	if err != nil {
		need.Missing(s.t, s.shell[0])
	}
	args = append(append(slices.Clone(s.shell[1:]), filepath.Join(s.action, "install.sh")), args...)
	cmd := exec.CommandContext(s.t.Context(), shell, args...)
	cmd.Dir = s.root
	cmd.Env = append([]string{"PATH=" + s.bin, "HOME=" + s.root, "RUNNER_TEMP=" + s.temp, "RUNNER_TOOL_CACHE=" + s.cache}, s.env...)
	return cmd
}

func (s *site) run(args ...string) ended {
	s.t.Helper()
	return s.end(s.command(args...))
}

// end runs a command to its end.
func (s *site) end(cmd *exec.Cmd) ended {
	s.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		s.t.Fatal(err)
	}
	return ended{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// found wants a path on the output, of a file with this content that can be run,
// and nothing else anywhere.
func (s *site) found(e ended, content []byte) string {
	s.t.Helper()
	if e.code != 0 || e.stderr != "" {
		s.t.Fatalf("exit code %d\n%s", e.code, e.stderr)
	}
	return s.foundSaying(e, content)
}

func (s *site) foundSaying(e ended, content []byte, annotations ...string) string {
	s.t.Helper()
	path := strings.TrimSuffix(e.stdout, "\n")
	got, err := os.ReadFile(path)
	if e.code != 0 || err != nil || !bytes.Equal(got, content) {
		s.t.Fatalf("exit code %d, the path is %q with %d bytes, %v\n%s", e.code, path, len(got), err, e.stderr)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o755 {
		s.t.Errorf("%v, %v", info, err)
	}
	s.said(e, annotations...)
	return path
}

// said wants exactly these annotations, each given as LEVEL and then texts that
// it has, separated by a bar.
func (s *site) said(e ended, want ...string) {
	s.t.Helper()
	var got []string
	for _, l := range strings.Split(e.stderr, "\n") {
		if strings.HasPrefix(l, "::") {
			got = append(got, l)
		}
	}
	if len(got) != len(want) {
		s.t.Fatalf("annotations are %q, want %q\n%s", got, want, e.stderr)
	}
	for i, w := range want {
		level, texts, _ := strings.Cut(w, " ")
		for _, text := range strings.Split(texts, "|") {
			if !strings.HasPrefix(got[i], "::"+level+" title=cilock::") || !strings.Contains(got[i], text) {
				s.t.Errorf("the annotation is %q, want %s with %q", got[i], level, text)
			}
		}
	}
}

// stopped wants exit code 2, no path, one error with these texts, and nothing left.
func (s *site) stopped(e ended, texts string) {
	s.t.Helper()
	if e.code != 2 || e.stdout != "" {
		s.t.Errorf("exit code %d, output %q", e.code, e.stdout)
	}
	s.said(e, "error "+texts)
	s.clean()
	if _, err := os.Lstat(filepath.Join(s.root, "go.args")); err == nil {
		s.t.Error("it was built from source instead")
	}
}

// clean wants an empty temporary folder.
func (s *site) clean() {
	s.t.Helper()
	left, err := os.ReadDir(s.temp)
	if err != nil || len(left) > 0 {
		s.t.Errorf("left in the temporary folder: %v, %v", left, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
