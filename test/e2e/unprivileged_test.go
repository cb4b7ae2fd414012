//go:build unix

package e2e

import (
	"os"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/nobody"
)

// TestUnprivileged runs the tests of the stand-in once more as a user without
// any right, as hosted runners do; whoever is not root has done so already.
func TestUnprivileged(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("every test here ran without privileges")
	}
	t.Parallel()
	cilock(t) // the kit is complete
	cmd := nobody.Command(t, nobody.Folder(t, kitFolder), "-test.v", "-test.run=^(TestStandIn.*|TestIDToken|TestSecret|TestCancelTrapped|TestBehaviourOfNobody)$")
	cmd.Env = append(cmd.Env, kitVariable+"="+kitFolder)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestStandInRun") || !strings.Contains(string(out), "--- PASS: TestBehaviourOfNobody") || strings.Contains(string(out), "--- SKIP") {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
}
