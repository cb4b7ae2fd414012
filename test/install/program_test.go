//go:build unix

package install

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/org/cilock-action/test/buildcache"
)

// folder is where the real program is built, once for all tests.
var folder string

func TestMain(m *testing.M) {
	os.Exit(buildcache.Main(m, "install", &folder))
}

var build = sync.OnceValue(func() error {
	return buildcache.Cilock("../..", filepath.Join(folder, "cilock"))
})

// program is the path of the real program.
func program(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the program")
	}
	must(t, build())
	return filepath.Join(folder, "cilock")
}
