package oracle

import (
	"os"
	"os/exec"
	"testing"
)

// TestWorkflowParser compares with GitHub's own parser, @actions/workflow-parser,
// as its lock file names it. It needs node, npm and a registry.
func TestWorkflowParser(t *testing.T) {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, err)
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("parser")); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"); err != nil {
		missing(t, err)
	}
	compareAll(t, workflows(t), parserDisagrees, parserUnasked, func(paths []string) []byte {
		out, err := run(t, dir, append([]string{"node", "read.mjs"}, paths...)...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	})
}

// missing ends the test where an oracle cannot run; in CI it must.
func missing(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	t.Skip(err)
}
