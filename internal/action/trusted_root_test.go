package action

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/org/cilock-action/test/tufrepo"
)

// TestTrustedRootAdvice: what there is to do about a repository that gives
// nothing depends on what is wrong with it.
func TestTrustedRootAdvice(t *testing.T) {
	r := tufrepo.Start(t, map[string][]byte{"trusted_root.json": []byte("{}")})
	for _, test := range []struct{ mirror, says string }{
		{r.URL, "; a private instance needs its own root: --tuf-root 1.root.json, from its operator"},
		{"http://127.0.0.1:1", "; run it where that host can be reached and copy trusted_root.json here, or name a mirror with --tuf-mirror URL"},
	} {
		in := RootInputs{Mirror: test.mirror, Outfile: "trusted_root.json", Timeout: "20s"}
		_, err := FetchTrustedRoot(t.Context(), in, Deps{Now: time.Now})
		if err == nil || !strings.HasSuffix(err.Error(), test.says) {
			t.Errorf("%v, expected %q", err, test.says)
		}
	}
	in := RootInputs{Mirror: r.URL, Outfile: filepath.Join(t.TempDir(), "x"), Timeout: "0"}
	if _, err := FetchTrustedRoot(t.Context(), in, Deps{Now: time.Now}); err == nil || !strings.HasPrefix(err.Error(), `timeout is "0"`) {
		t.Errorf("%v", err)
	}
}
