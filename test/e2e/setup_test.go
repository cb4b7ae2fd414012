package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/act"
	"github.com/org/cilock-action/test/buildcache"
	"github.com/org/cilock-action/test/sandbox"
)

// kitVariable names the folder of a kit that is there already: the tests that
// run as another user get theirs from the test that started them, since they
// can read neither the source nor Go's caches.
const kitVariable = "CILOCK_E2E_KIT"

// kitFolder is where TestMain lets the kit be made.
var kitFolder string

func TestMain(m *testing.M) {
	sandbox.Enter()
	os.Exit(func() int {
		kitFolder = os.Getenv(kitVariable)
		if kitFolder != "" {
			return m.Run()
		}
		var err error
		if kitFolder, err = os.MkdirTemp("", "cilock-e2e-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(kitFolder)
		if err := os.Chmod(kitFolder, 0o755); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// buildKit builds the program, once for all tests.
var buildKit = sync.OnceValue(func() error {
	if os.Getenv(kitVariable) != "" {
		return nil
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	if err := copyAction(root, filepath.Join(kitFolder, "action"), "version none\n"); err != nil {
		return err
	}
	return buildcache.Cilock(root, filepath.Join(kitFolder, "cilock"))
})

// cilock is the path of the program under test.
func cilock(t testing.TB) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("a composite action's bash and signals are not modelled for Windows")
	}
	if err := buildKit(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(kitFolder, "cilock")
}

// copyAction makes a folder with what the action consists of but its source,
// and a manifest of its own.
func copyAction(root, dir, manifest string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"action.yml", "install.sh"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "release.txt"), []byte(manifest), 0o644)
}

// actionDir holds the action without its source: enough where binary-path is
// given, and a proof that nothing is built then.
func actionDir(t testing.TB) string {
	t.Helper()
	cilock(t)
	return filepath.Join(kitFolder, "action")
}

// keys are a generated pair, as PEM text.
type keys struct{ private, public string }

func newKeys(t testing.TB) keys {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(k.Public())
	if err != nil {
		t.Fatal(err)
	}
	return keys{
		private: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
		public:  string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
	}
}

// evidence reads a bundle and verifies it.
func (k keys) evidence(t testing.TB, path string) *attest.Verified {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("evidence: %v", err)
	}
	bundle, err := attest.ParseBundle(data)
	if err != nil {
		t.Fatalf("evidence: %v", err)
	}
	key, err := attest.ParsePublicKey([]byte(k.public))
	if err != nil {
		t.Fatal(err)
	}
	v, err := attest.Verify(bundle, key)
	if err != nil {
		t.Fatalf("evidence: %v", err)
	}
	if v.Collection == nil {
		t.Fatalf("evidence: predicate type %s is no collection", v.Statement.PredicateType)
	}
	return v
}

// section decodes the attestation of a type, which must be there.
func section[T any](t testing.TB, v *attest.Verified, typ string) T {
	t.Helper()
	var body T
	if found, err := v.Collection.Decode(typ, &body); err != nil || !found {
		t.Fatalf("attestation %s: found %v, %v", typ, found, err)
	}
	return body
}

// collector is the account of one collector in the evidence.
func collector(t testing.TB, v *attest.Verified, name string) attest.CollectorRow {
	t.Helper()
	for _, row := range section[attest.Completeness](t, v, attest.TypeCompleteness).Collectors {
		if row.Name == name {
			return row
		}
	}
	t.Fatalf("no account of the collector %s", name)
	return attest.CollectorRow{}
}

const sha = "0123456789abcdef0123456789abcdef01234567"

// uses is how the workflows name the action.
const uses = "org/cilock-action@" + sha

// checkoutPin is a checkout that is pinned; act checks out whatever its ref is.
const checkoutPin = "actions/checkout@3f1c9a7be0d25486af77c41be83d90265cb1e8d4"

// workflow runs one workflow under act. Its steps find in their environment the
// program (CILOCK), the public key (PUBLIC_KEY), and a folder that outlives the
// run (KEEP), and the private key in secrets.KEY.
func workflow(t *testing.T, k keys, text string, change ...func(*act.Workflow)) (*act.Result, string) {
	t.Helper()
	keep := t.TempDir()
	w := act.Workflow{
		Files:   map[string]string{".github/workflows/ci.yml": text},
		Actions: map[string]string{uses: actionDir(t)},
		Env:     map[string]string{"CILOCK": cilock(t), "KEEP": keep, "PUBLIC_KEY": k.public},
		Secrets: map[string]string{"KEY": k.private},
	}
	for _, f := range change {
		f(&w)
	}
	return act.Run(t, w), keep
}

// annotated reports whether a step, or one inside it, made an annotation of a
// level whose message contains text.
func annotated(r *act.Result, step, level, text string) bool {
	return slices.ContainsFunc(r.Annotations(), func(a act.Annotation) bool {
		inside := a.StepID == step || strings.HasPrefix(a.StepID, step+"/")
		return inside && a.Level == level && strings.Contains(a.Message, text)
	})
}

// exited reports whether the script of a step, or of one inside it, ended with
// an exit code, which act only says in words.
func exited(r *act.Result, step string, code int) bool {
	return slices.ContainsFunc(r.Log, func(e act.Event) bool {
		id := strings.Join(e.StepID, "/")
		inside := id == step || strings.HasPrefix(id, step+"/")
		return inside && !e.Output && e.Message == fmt.Sprintf("exit status %d", code)
	})
}

// sensor is what watches a step of this user here.
func sensor() string {
	switch {
	case runtime.GOOS != "linux":
		return "none"
	case os.Geteuid() == 0:
		return "ebpf"
	}
	return "ptrace"
}
