//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/org/cilock-action/test/runner"
)

// TestRefusedSays: each refusal is an error annotation that names the input.
func TestRefusedSays(t *testing.T) {
	t.Parallel()
	j := newJob(t, runner.Options{})
	for name, row := range refused() {
		with := map[string]string{"command": "touch ran"}
		if err := yaml.Unmarshal([]byte("{"+strings.Trim(row[0], "{}")+"}"), &with); err != nil {
			t.Fatal(err)
		}
		r := j.use(with)
		want(t, r, "failure", 2)
		if !noted(r, "error", row[1]) {
			t.Errorf("%s: no annotation says %q:\n%s", name, row[1], r.Log)
		}
	}
	if _, err := os.Lstat(filepath.Join(j.Workspace, "ran")); err == nil {
		t.Error("a command was run")
	}
}
