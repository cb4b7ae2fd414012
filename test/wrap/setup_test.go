package wrap

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/org/cilock-action/test/buildcache"
	"github.com/org/cilock-action/test/github"
)

// kitFolder holds what the tests share: npm's packages and the bundled fixtures.
var kitFolder string

func TestMain(m *testing.M) {
	os.Exit(buildcache.Main(m, "wrap", &kitFolder))
}

// errMissing is a tool or registry that is not there.
var errMissing = errors.New("cannot be had")

// buildKit installs the packages that the lock file names, and bundles the
// fixtures with them, as their authors would.
var buildKit = sync.OnceValue(func() error {
	for _, tool := range []string{"node", "npm", "git"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%w: %w", errMissing, err)
		}
	}
	npm := filepath.Join(kitFolder, "npm")
	if err := os.CopyFS(npm, os.DirFS("npm")); err != nil {
		return err
	}
	if err := command(npm, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"); err != nil {
		return fmt.Errorf("%w: %w", errMissing, err)
	}
	// Below the packages, so that the bundler finds them.
	source := filepath.Join(npm, "actions")
	if err := os.CopyFS(source, os.DirFS("testdata/actions")); err != nil {
		return err
	}
	scripts, err := filepath.Glob(filepath.Join(source, "*", "*.mjs"))
	if err != nil {
		return err
	}
	built := filepath.Join(kitFolder, "built")
	args := append(scripts, filepath.Join(source, "observe-cli.mjs"), "--bundle", "--platform=node", "--target=node20", "--log-level=warning", "--outbase="+source, "--outdir="+built)
	if err := command(npm, "node", append([]string{"node_modules/esbuild/bin/esbuild"}, args...)...); err != nil {
		return err
	}
	return finishKit(source, built)
})

// finishKit adds to the bundles what is not bundled.
func finishKit(source, built string) error {
	observe, err := os.ReadFile(filepath.Join(built, "observe-cli.js"))
	if err != nil {
		return err
	}
	return filepath.WalkDir(source, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".mjs") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(source, path)
		if err != nil {
			return err
		}
		root, _, _ := strings.Cut(name, string(filepath.Separator))
		to := filepath.Join(built, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, text, 0o644); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(built, root, "observe.js"), observe, 0o644)
	})
}

func command(dir, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, args[0], err, out)
	}
	return nil
}

// kit are the fixtures as repositories on a server.
type kit struct {
	server    *github.Server
	npm       string
	folders   map[string]string // OWNER/REPO@SHA to its files
	refs      map[string]string // OWNER/REPO to its commit
	workspace string            // what is checked out in the job
}

// newKit serves the fixtures until the test ends. Where the packages cannot be
// had, the test is skipped, and fails where CI is true.
func newKit(t *testing.T) *kit {
	t.Helper()
	if testing.Short() {
		t.Skip("it installs packages and runs many programs")
	}
	if runtime.GOOS == "windows" {
		t.Skip("the shells of the fixtures are not on Windows")
	}
	err := buildKit()
	if errors.Is(err, errMissing) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	must(t, err)
	k := &kit{server: github.New(t), npm: filepath.Join(kitFolder, "npm"), folders: map[string]string{}, refs: map[string]string{}}
	dirs, err := os.ReadDir(filepath.Join(kitFolder, "built"))
	must(t, err)
	for _, nested := range []bool{false, true} { // those that name others come last
		for _, d := range dirs {
			if d.IsDir() && (d.Name() == "composite-nested") == nested {
				k.serve(t, d.Name())
			}
		}
	}
	k.workspace = t.TempDir()
	must(t, os.CopyFS(k.workspace, os.DirFS("testdata/workspace")))
	k.name(t, k.workspace)
	observe, err := os.ReadFile(filepath.Join(kitFolder, "built", "observe-cli.js"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(k.workspace, "observe.js"), observe, 0o644))
	return k
}

func (k *kit) serve(t *testing.T, name string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	must(t, os.CopyFS(dir, os.DirFS(filepath.Join(kitFolder, "built", name))))
	k.name(t, dir)
	_, sha := k.server.AddFolder("acme/"+name, dir)
	k.refs["acme/"+name] = sha
	k.folders["acme/"+name+"@"+sha] = dir
}

// name replaces {{OWNER/REPO}} in manifests by the repository's commit.
func (k *kit) name(t *testing.T, dir string) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "action.yml" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for name, sha := range k.refs {
			text = []byte(strings.ReplaceAll(string(text), "{{"+name+"}}", sha))
		}
		return os.WriteFile(path, text, 0o644)
	}))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
