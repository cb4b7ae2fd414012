package stack

import (
	"path/filepath"
	"testing"

	"github.com/org/cilock-action/test/act"
	"github.com/org/cilock-action/test/buildcache"
)

// Cosign returns the path of cosign, the version that tools/cosign/go.mod says,
// and builds it if the cache has none: five minutes and more when nothing is
// compiled. See buildcache.Require. Give it a HOME of its own.
func Cosign(t testing.TB) string {
	t.Helper()
	return buildcache.Require(t, buildcache.Program{
		Name: "cosign", Dir: filepath.Join(act.Root(t), "tools", "cosign"), Package: "github.com/sigstore/cosign/v3/cmd/cosign",
	})
}
