package policy

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/act"
)

// wrapped runs a script as a step in a checkout, as in a job of GitHub Actions
// that may have an ID token, traced by ptrace, and returns the attestations of its
// evidence, and those of Witness' envelope of the same step. The script finds documents of scanners in $TESTDATA and a generated
// token in $TOKEN.
func wrapped(t *testing.T, script string) (ours, witness []recorded) {
	t.Helper()
	if testing.Short() || runtime.GOOS != "linux" {
		t.Skip("it builds the program, and traces a step with ptrace")
	}
	root, work := act.Root(t), t.TempDir()
	bin, checkout := filepath.Join(work, "cilock"), filepath.Join(work, "checkout")
	command(t, root, nil, "go", "build", "-o", bin, "./cmd/action")
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		claims := `{"iss":"https://token.actions.githubusercontent.com","sub":"repo:o/r:ref:refs/heads/main","aud":"cilock-action","repository":"o/r",` +
			`"ref":"refs/heads/main","sha":"0000000000000000000000000000000000000000","run_id":"7","exp":1,"iat":1,"event_name":"push"}`
		part := base64.RawURLEncoding.EncodeToString
		fmt.Fprintf(w, `{"value": "%s.%s.%s"}`, part([]byte(`{"alg":"none"}`)), part([]byte(claims)), part([]byte("x")))
	}))
	defer issuer.Close()

	write(t, filepath.Join(checkout, "a.txt"), "a")
	write(t, filepath.Join(checkout, ".github/workflows/w.yml"), "on: push\njobs:\n  j:\n    runs-on: x\n    steps:\n"+
		"    - uses: actions/checkout@v4\n    - uses: ./local\n    - uses: docker://alpine:3\n")
	write(t, filepath.Join(checkout, "local/action.yml"), "name: l\nruns:\n  using: composite\n  steps: []\n")
	for _, args := range []string{"init -q -b main", "add .", "-c user.name=a -c user.email=a@example.com commit -qm one"} {
		command(t, checkout, nil, "git", strings.Fields(args)...)
	}
	env := []string{
		"TESTDATA=" + filepath.Join(root, "test/witness/testdata"), "TOKEN=" + "ghp_" + strings.Repeat("Generated9", 4)[:36],
		"GITHUB_ACTIONS=true", "GITHUB_REPOSITORY=o/r", "GITHUB_WORKSPACE=" + checkout, "GITHUB_RUN_ID=7", "GITHUB_EVENT_NAME=push",
		"GITHUB_SHA=0000000000000000000000000000000000000000", "GITHUB_REF=refs/heads/main", "GITHUB_SERVER_URL=https://github.com",
		"GITHUB_WORKFLOW_REF=o/r/.github/workflows/w.yml@refs/heads/main",
		"ACTIONS_ID_TOKEN_REQUEST_URL=" + issuer.URL + "/?a=b", "ACTIONS_ID_TOKEN_REQUEST_TOKEN=generated",
	}
	out := filepath.Join(work, "evidence.json")
	command(t, checkout, env, bin, "run", "--step", "build", "--trace=ptrace", "--keyless=false", "--outfile", out, "--", "bash", "-c", script)
	return readEvidence(t, out), readEvidence(t, out+attest.EnvelopeSuffix)
}

func readEvidence(t *testing.T, path string) []recorded {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	type envelope struct {
		Payload []byte `json:"payload"`
	}
	var bundle struct {
		DSSEEnvelope envelope `json:"dsseEnvelope"`
		envelope              // alone
	}
	var statement struct {
		Predicate struct {
			Attestations []recorded `json:"attestations"`
		} `json:"predicate"`
	}
	if err := json.Unmarshal(text, &bundle); err != nil {
		t.Fatal(err)
	}
	payload := slices.Concat(bundle.DSSEEnvelope.Payload, bundle.Payload)
	if err := json.Unmarshal(payload, &statement); err != nil {
		t.Fatal(err)
	}
	return statement.Predicate.Attestations
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func command(t *testing.T, dir string, env []string, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}
