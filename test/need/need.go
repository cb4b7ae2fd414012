// Package need is for tests that cannot do without a program of the machine. CI
// has them all, so a test is skipped for the lack of one elsewhere only.
package need

import (
	"os"
	"os/exec"
	"testing"
)

// Program returns the path of a program on PATH. Where the variable CI is true
// its absence fails the test.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(t, name)
	}
	return path
}

// Missing ends a test for which something is not here.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is required where CI=true", what)
	}
	t.Skipf("there is no %s here", what)
}
