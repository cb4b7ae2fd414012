package buildcache

import (
	"fmt"
	"os"
	"os/exec"
)

// Cilock builds the program under test from the module at root. It has the flags
// of action.yml, so that the action's own build finds this one cached. It is not
// kept: its sources are what is being worked on.
func Cilock(root, out string) error {
	cmd := exec.Command("go", "-C", root, "build", "-trimpath", "-buildvcs=false", "-o", out, "./cmd/action")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFIPS140=v1.0.0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build cilock: %w\n%s", err, text)
	}
	return nil
}
