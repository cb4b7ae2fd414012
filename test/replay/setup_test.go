//go:build linux

package replay

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/org/cilock-action/test/buildcache"
)

var folder string

func TestMain(m *testing.M) {
	os.Exit(buildcache.Main(m, "replay", &folder))
}

var build = sync.OnceValue(func() error {
	return buildcache.Cilock("../..", filepath.Join(folder, "cilock"))
})

// backends are those that must work here: both for root, ptrace for everybody.
func backends() []string {
	if os.Geteuid() == 0 {
		return []string{"ebpf", "ptrace"}
	}
	return []string{"ptrace"}
}

// madeUp is a secret that opens nothing: n random characters of the alphabet.
func madeUp(alphabet string, n int) string {
	text := make([]byte, n)
	if _, err := rand.Read(text); err != nil {
		panic(err)
	}
	for i, b := range text {
		text[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(text)
}

const (
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	base32  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
)

// job is a job on a runner: a checkout, the actions that were downloaded for it,
// a home folder with credentials, and a server of the thief's.
type job struct {
	t         testing.TB
	root      string // holds the policy and the keys too
	workspace string // where steps run
	home      string
	env       []string
	denied    string // why the step was not started
	server    *server
	secrets   map[string]string // what is there to be stolen, by what it is
}

// newJob sets a job up whose workflow uses one action, besides a pinned checkout.
func newJob(t testing.TB, uses string) *job {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	j := &job{
		t: t, root: root, workspace: filepath.Join(root, "_work/repo/repo"), home: filepath.Join(root, "home"), server: newServer(t),
		secrets: map[string]string{
			"a variable":     madeUp(letters, 32),
			"a cloud's key":  madeUp(letters, 40),
			"an SSH key":     madeUp(letters, 64),
			"worker's token": "ghs_" + madeUp(letters, 36),
		},
	}
	j.put(filepath.Join(j.home, ".aws/credentials"), "[default]\naws_access_key_id = AKIA"+madeUp(base32, 16)+"\naws_secret_access_key = "+j.secrets["a cloud's key"]+"\n")
	j.put(filepath.Join(j.home, ".ssh/id_ed25519"), "made up for a test: "+j.secrets["an SSH key"]+"\n")
	j.put(filepath.Join(j.root, "_work/_temp/.keep"), "")
	j.put(filepath.Join(j.workspace, "main.txt"), "the sources\n")
	j.put(filepath.Join(j.workspace, ".github/workflows/ci.yml"), "name: ci\non: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n"+
		"      - uses: actions/checkout@3f1c9a7be0d25486af77c41be83d90265cb1e8d4\n      - uses: "+uses+"\n")
	j.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + j.home, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C"}
	j.git("init", "--quiet", "--initial-branch=main")
	j.git("add", "--all")
	j.git("-c", "user.name=octocat", "-c", "user.email=octocat@example.invalid", "commit", "--quiet", "--message=commit")
	head := j.git("rev-parse", "HEAD")
	j.env = append(
		j.env, "GITHUB_ACTIONS=true", "GITHUB_REPOSITORY=octo-org/octo-repo", "GITHUB_WORKSPACE="+j.workspace, "GITHUB_SHA="+head,
		"GITHUB_WORKFLOW_REF=octo-org/octo-repo/.github/workflows/ci.yml@refs/heads/main", "GITHUB_WORKFLOW_SHA="+head,
		"RUNNER_TEMP="+filepath.Join(root, "_work/_temp"), "RUNNER_WORKSPACE="+filepath.Dir(j.workspace),
		"SERVER="+j.server.address, "DEPLOY_TOKEN="+j.secrets["a variable"],
	)
	j.keys("step")
	j.keys("author")
	return j
}

func (j *job) put(path, text string) {
	j.t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	if err != nil {
		j.t.Fatal(err)
	}
}

func (j *job) git(args ...string) string {
	j.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = j.workspace, j.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		j.t.Fatalf("git %s: %v\n%s", args[0], err, out)
	}
	return strings.TrimSpace(string(out))
}

// action puts a downloaded action where the runner unpacks it, and returns the
// command of its step. Before its work it does what changed says, of testdata.
func (j *job) action(uses, changed string) (command []string) {
	j.t.Helper()
	script := ""
	for _, name := range []string{changed, "work.sh"} {
		if name == "" {
			continue
		}
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			j.t.Fatal(err)
		}
		script += string(text)
	}
	name, ref, _ := strings.Cut(uses, "@")
	dir := filepath.Join(j.root, "_work/_actions", name, ref)
	j.put(filepath.Join(dir, "action.yml"), "name: scanner\nruns:\n  using: composite\n  steps:\n    - shell: bash\n      run: bash \"$GITHUB_ACTION_PATH/scan.sh\"\n")
	j.put(filepath.Join(dir, "scan.sh"), script)
	j.put(dir+".completed", "11/26/2026 10:00:00 AM")
	return []string{"bash", filepath.Join(dir, "scan.sh")}
}

// keys makes a pair, NAME.pem and NAME.pub.
func (j *job) keys(name string) {
	j.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		j.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		j.t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		j.t.Fatal(err)
	}
	j.put(filepath.Join(j.root, name+".pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	j.put(filepath.Join(j.root, name+".pub"), string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})))
}

// cilock runs the program and returns its exit code and both of its streams.
func (j *job) cilock(args ...string) (code int, stdout, stderr string) {
	j.t.Helper()
	cmd := exec.CommandContext(j.t.Context(), filepath.Join(folder, "cilock"), args...)
	cmd.Dir, cmd.Env = j.workspace, j.env
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		j.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), said.String()
}

// must runs the program, which has to succeed.
func (j *job) must(args ...string) {
	j.t.Helper()
	if code, _, said := j.cilock(args...); code != 0 {
		j.t.Fatalf("cilock %q: exit code %d\n%s", args, code, said)
	}
}

// ours are the lines that are not the step's: what that printed may be loot.
func ours(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "cilock: ") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}
