//go:build unix

package templates

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/org/cilock-action/test/act"
	"github.com/org/cilock-action/test/buildcache"
)

// programVariable makes this test program the stand-in for the artifact actions.
const programVariable = "ARTIFACT_PROGRAM"

var folder string

func TestMain(m *testing.M) {
	if os.Getenv(programVariable) != "" {
		os.Exit(artifactMain(os.Getenv))
	}
	os.Exit(buildcache.Main(m, "templates", &folder))
}

// workflows is where the templates are.
const workflows = "../../.github/workflows"

// templates are the reusable workflows.
func templates() []string {
	return []string{"pin-check", "trace-build", "gate-release", "verify-artifact"}
}

// pinned is what the consumer's workflows have in uses. act takes it as a label.
const pinned = "0123456789abcdef0123456789abcdef01234567"

var buildKit = sync.OnceValue(func() error {
	program := filepath.Join(folder, "cilock")
	// act knows no permissions: the job that builds has no token.
	script := "#!/bin/sh\nif [ \"$CILOCK_INPUT_MODE\" = run ]; then\nunset ACTIONS_ID_TOKEN_REQUEST_URL ACTIONS_ID_TOKEN_REQUEST_TOKEN\nexec " + program + ` "$@"
fi
said=$(mktemp "$KEEP/said-XXXXXXXX")
` + program + ` "$@" > "$said" 2>&1
code=$?
cat "$said"
exit $code
`
	return errors.Join(buildcache.Cilock("../..", program), os.WriteFile(filepath.Join(folder, "keeping"), []byte(script), 0o755))
})

// repository is the folder that stands for this repository at every commit: the
// templates as they are, and the action with two changes. The program is not built
// anew for each use, and is called so that what it says is kept (act does not read
// all of what a step that fails has printed); and mode attest asks the given services.
func (c *consumer) repository() string {
	c.t.Helper()
	text, err := os.ReadFile("../../action.yml")
	if err != nil {
		c.t.Fatal(err)
	}
	change := map[string]string{"CILOCK_INPUT_BINARY_PATH: ${{ inputs.binary-path }}": "CILOCK_INPUT_BINARY_PATH: " + filepath.Join(folder, "keeping")}
	for name, url := range c.services {
		line := fmt.Sprintf("CILOCK_INPUT_%s_URL: ${{ inputs.%s-url }}", name, strings.ToLower(name))
		change[line] = fmt.Sprintf("CILOCK_INPUT_%s_URL: ${{ inputs.mode == 'attest' && '%s' || '' }}", name, url)
	}
	action := string(text)
	for old, now := range change {
		if strings.Count(action, old) != 1 {
			c.t.Fatalf("action.yml has %q not once", old)
		}
		action = strings.Replace(action, old, now, 1)
	}
	dir := c.t.TempDir()
	names := []string{"install.sh", "release.txt"}
	for _, name := range templates() {
		names = append(names, ".github/workflows/"+name+".yml")
	}
	for _, name := range names {
		if err := copyFile(filepath.Join("../..", name), filepath.Join(dir, name)); err != nil {
			c.t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "action.yml"), []byte(action), 0o644); err != nil {
		c.t.Fatal(err)
	}
	return dir
}

// uses are all references to other repositories in the templates.
func uses(t testing.TB) (found []string) {
	t.Helper()
	for _, name := range templates() {
		text, err := os.ReadFile(filepath.Join(workflows, name+".yml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^ +(?:- )?uses: (\S+)`).FindAllStringSubmatch(string(text), -1) {
			found = append(found, m[1])
		}
	}
	return found
}

// consumer is a repository that calls the templates.
type consumer struct {
	t      *testing.T
	files  map[string]string
	env    map[string]string
	ready  func(commit string)
	commit string // set when it has run
	keep   string // a folder that outlives the run

	services map[string]string // of Sigstore, by the names that inputs have
}

func newConsumer(t *testing.T, workflow string) *consumer {
	t.Helper()
	if err := buildKit(); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &consumer{t: t, keep: t.TempDir(), files: map[string]string{".github/workflows/ci.yml": workflow}}
	c.env = map[string]string{
		programVariable: program, "ARTIFACT_STORE": t.TempDir(), "KEEP": c.keep, "CILOCK": filepath.Join(folder, "cilock"),
		"RUNNER_ENVIRONMENT": "github-hosted", "GITHUB_WORKFLOW_REF": "acme/consumer/.github/workflows/ci.yml@refs/heads/main",
	}
	return c
}

func (c *consumer) run(event string) *act.Result {
	c.t.Helper()
	old, _ := filepath.Glob(filepath.Join(c.keep, "said-*"))
	for _, file := range old {
		os.Remove(file)
	}
	repository := c.repository()
	actions := map[string]string{"org/cilock-action@" + pinned: repository}
	for _, ref := range uses(c.t) {
		switch name, at, _ := strings.Cut(ref, "@"); name {
		case "org/cilock-action":
			actions[ref] = repository
		case "actions/upload-artifact", "actions/download-artifact":
			actions[ref] = "testdata/" + strings.TrimSuffix(strings.TrimPrefix(name, "actions/"), "-artifact")
		case "github/codeql-action/upload-sarif":
			actions["github/codeql-action@"+at] = "testdata/codeql"
		}
	}
	return act.Run(c.t, act.Workflow{
		Files: c.files, Actions: actions, Env: c.env, Event: event,
		Ready: func(repo string) {
			out, err := exec.Command("git", "-C", repo, "rev-parse", "HEAD").Output()
			if err != nil {
				c.t.Fatal(err)
			}
			c.commit = strings.TrimSpace(string(out))
			c.env["GITHUB_WORKFLOW_SHA"] = c.commit
			if c.ready != nil {
				c.ready(c.commit)
			}
		},
	})
}

// cilock runs the program in a folder with the given files.
func cilock(t testing.TB, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command(filepath.Join(folder, "cilock"), args...)
	cmd.Dir, cmd.Env = dir, []string{"HOME=" + dir}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%q: %v\n%s", args, err, out)
	}
}

// newKey returns a generated pair as PEM text.
func newKey(t testing.TB) (private, public string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	b, err := x509.MarshalPKIXPublicKey(k.Public())
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: a})), string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: b}))
}
