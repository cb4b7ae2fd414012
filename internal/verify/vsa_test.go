package verify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/org/cilock-action/internal/verdict"
)

// TestSummaryPredicate: only a pass has a level, and every bundle is named by
// its digest.
func TestSummaryPredicate(t *testing.T) {
	bundle := filepath.Join(t.TempDir(), "e.json")
	if err := os.WriteFile(bundle, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := SummaryOptions{Now: time.Unix(0, 0)}
	for v, want := range map[verdict.Verdict]string{
		verdict.Pass: `"SLSA_BUILD_LEVEL_1"`, verdict.Warn: `"FAILED"`, verdict.Incomplete: `"FAILED"`, verdict.Fail: `"FAILED"`,
	} {
		r := Result{Verdict: v, Bundles: []BundleResult{{Path: bundle, BuildLevel: "SLSA_BUILD_LEVEL_2"}, {Path: bundle, BuildLevel: "SLSA_BUILD_LEVEL_1"}}, Subjects: []SubjectResult{{Name: "out.txt"}}}
		text, err := r.SummaryPredicate(o)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{want, `"resourceUri": "out.txt"`, "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881", noPolicy} {
			if !strings.Contains(string(text), part) {
				t.Errorf("%s: no %s in %s", v, part, text)
			}
		}
		r.Bundles[0].Path += ".gone"
		if _, err := r.SummaryPredicate(o); err == nil {
			t.Error("a bundle that is gone is an input")
		}
	}
}
