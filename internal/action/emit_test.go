package action

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
)

// TestPublicKeyStays: where a document signed by the run's own key could not be
// replaced by one with a certificate, its key stays beside it.
func TestPublicKeyStays(t *testing.T) {
	key, err := attest.NewEphemeralKey()
	if err != nil {
		t.Fatal(err)
	}
	p := Plan{Outfile: filepath.Join(t.TempDir(), "e.json"), Signing: Signing{Key: key}}
	if _, errs := writeDocuments(p, Signed{Bundle: []byte("{}"), PublicKey: key.Public().PEM()}); len(errs) > 0 {
		t.Fatal(errs)
	}
	if err := os.MkdirAll(filepath.Join(p.Outfile+EnvelopeSuffix, "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	certified := Signed{Bundle: []byte("{}"), Envelope: []byte("{}")}
	if _, errs := writeDocuments(p, certified); len(errs) == 0 {
		t.Fatal("a folder was replaced")
	}
	if _, err := os.Stat(p.Outfile + PublicKeySuffix); err != nil {
		t.Error(err)
	}
	if err := os.RemoveAll(p.Outfile + EnvelopeSuffix); err != nil {
		t.Fatal(err)
	}
	if _, errs := writeDocuments(p, certified); len(errs) > 0 {
		t.Fatal(errs)
	}
	if _, err := os.Stat(p.Outfile + PublicKeySuffix); err == nil {
		t.Error("a key was left that nobody needs")
	}
}
