package refs

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// inTree makes files below a new current folder. A name that ends in a slash
// is a folder; a content that begins with "-> " is a symlink.
func inTree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		err := error(nil)
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			if err = os.Symlink(target, name); err != nil && runtime.GOOS == "windows" {
				t.Skipf("symlinks need a privilege here: %v", err)
			}
		} else if strings.HasSuffix(name, "/") {
			err = os.MkdirAll(name, 0o755)
		} else {
			err = os.WriteFile(name, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// found is what Discover returns, as text: paths, and "path: why".
func found(sources []Source, problems []Problem) (paths, whys []string) {
	for _, s := range sources {
		paths = append(paths, s.Path)
	}
	for _, p := range problems {
		whys = append(whys, p.File+": "+p.Why)
	}
	return paths, whys
}

func wantFound(t *testing.T, paths []string, l limits, want, wantWhys []string) {
	t.Helper()
	got, whys := found(discover(paths, l))
	if !slices.Equal(got, want) {
		t.Errorf("%q: read are\n%q, want\n%q", paths, got, want)
	}
	if len(whys) != len(wantWhys) {
		t.Fatalf("%q: problems are %q, want %q", paths, whys, wantWhys)
	}
	for i := range whys {
		if !strings.HasPrefix(whys[i], wantWhys[i]) {
			t.Errorf("%q: problem %q, want %q", paths, whys[i], wantWhys[i])
		}
	}
}

func TestDiscoverReadsWhatTheRunnerReads(t *testing.T) {
	dir := inTree(t, map[string]string{
		".github/workflows/ci.yml": "", ".github/workflows/b.yaml": "", ".github/workflows/notes.md": "",
		".github/workflows/sub/c.yml": "", ".github/workflows/dir.yml/": "", ".github/dependabot.yml": "",
		".github/actions/x/action.yml": "", "action.yml": "", "a/b/action.yaml": "", "Tool/ACTION.YML": "",
		"vendored/.github/workflows/other.yml": "", "node_modules/p/action.yml": "", ".git/action.yml": "",
		"a/node_modules": "", "odd.txt": "", "ci.yml": "",
	})
	workflows := []string{".github/workflows/b.yaml", ".github/workflows/ci.yml"}
	all := []string{".github/actions/x/action.yml", workflows[0], workflows[1], "Tool/ACTION.YML", "a/b/action.yaml", "action.yml"}
	wantFound(t, nil, defaultLimits(), all, nil)
	wantFound(t, []string{"."}, defaultLimits(), all, nil)
	wantFound(t, []string{".github/workflows"}, defaultLimits(), workflows, nil)
	wantFound(t, []string{".github/"}, defaultLimits(), []string{all[0], workflows[0], workflows[1]}, nil)
	wantFound(t, []string{"odd.txt", "./a", "./odd.txt", "a"}, defaultLimits(), []string{"a/b/action.yaml", "odd.txt"}, nil)
	wantFound(t, []string{"vendored", "no/such"}, defaultLimits(), []string{"vendored/.github/workflows/other.yml"}, []string{"no/such: cannot be read: "})

	absolute := filepath.ToSlash(filepath.Join(dir, "a"))
	wantFound(t, []string{absolute}, defaultLimits(), []string{absolute + "/b/action.yaml"}, nil)
	t.Chdir(".github/workflows")
	wantFound(t, nil, defaultLimits(), []string{"b.yaml", "ci.yml"}, nil)
}

// TestDiscoverSymlinks: no folder behind a symlink is searched, so loops end;
// no file outside is read; neither is silent where it would hide a workflow.
func TestDiscoverSymlinks(t *testing.T) {
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "action.yml"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	inTree(t, map[string]string{
		".github/workflows/real.yml": "", ".github/workflows/in.yml": "-> ../../shared.txt", "shared.txt": "shared",
		".github/workflows/up.yml": "-> ../../../x.yml", "loop": "-> .", "a/loop": "-> ..", "a/action.yml": "",
		"self/action.yml": "-> action.yml", "gone/action.yml": "-> nowhere", "away/action.yml": "-> " + filepath.Join(outside, "action.yml"),
		"folder/action.yml": "-> ../a", "elsewhere": "-> " + outside,
	})
	wantFound(t, nil, defaultLimits(), []string{".github/workflows/in.yml", ".github/workflows/real.yml", "a/action.yml"}, []string{
		".github/workflows/up.yml: cannot be read: ", "away/action.yml: cannot be read: ",
		"gone/action.yml: cannot be read: ", "self/action.yml: cannot be read: ",
	})
	sources, _ := Discover(nil)
	if text, err := sources[0].Read(); err != nil || string(text) != "shared" {
		t.Errorf("a symlink that stays inside reads %q, %v", text, err)
	}
	// Somebody swaps the file for a way out after it was found.
	if err := os.Remove("a/action.yml"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "action.yml"), "a/action.yml"); err != nil {
		t.Fatal(err)
	}
	if text, err := sources[2].Read(); err == nil {
		t.Errorf("a file outside was read: %q", text)
	}
	// What is named is read wherever it is.
	wantFound(t, []string{"away/action.yml", "elsewhere"}, defaultLimits(), []string{"away/action.yml", "elsewhere/action.yml"}, nil)
}

func TestDiscoverSymlinkedWorkflows(t *testing.T) {
	inTree(t, map[string]string{".github": "-> other", "other/workflows/ci.yml": ""})
	wantFound(t, nil, defaultLimits(), nil, []string{".github: is a symlink"})
}

// TestDiscoverLimits: each limit is a problem, and cuts at the same place each
// time.
func TestDiscoverLimits(t *testing.T) {
	files := map[string]string{}
	for i := range 9 {
		files[fmt.Sprintf("%d/action.yml", i)] = strings.Repeat("x", 100)
	}
	files["1/2/3/4/action.yml"] = ""
	inTree(t, files)
	few := defaultLimits()
	few.files = 2
	wantFound(t, nil, few, []string{"0/action.yml", "1/2/3/4/action.yml"}, []string{"1/action.yml: more than 2 workflows and actions"})
	names := defaultLimits()
	names.entries = 11 // the nine folders, and what is in the first two
	wantFound(t, nil, names, []string{"0/action.yml"}, []string{"1: more than 11 files to look at"})
	shallow := defaultLimits()
	shallow.depth = 2
	wantFound(t, []string{"1"}, shallow, []string{"1/action.yml"}, []string{"1/2/3/4: is not searched: more than 2 folders deep"})
	small := defaultLimits()
	small.bytes = 350
	wantFound(t, nil, small, []string{"0/action.yml", "1/2/3/4/action.yml", "1/action.yml", "2/action.yml"}, []string{"3/action.yml: this and 5 more files are not read"})
	links := map[string]string{}
	for i := range 9 {
		links[fmt.Sprintf("%d/action.yaml", i)] = "-> nowhere"
	}
	broken := defaultLimits()
	broken.problems = 2
	inTree(t, links)
	wantFound(t, nil, broken, nil, []string{"0/action.yaml: cannot be read", "1/action.yaml: cannot be read", "2/action.yaml: more than 2 files or folders"})
}

// TestReadBound: a file of the largest size is read, and one byte more is not.
func TestReadBound(t *testing.T) {
	inTree(t, map[string]string{"fits.yml": "", "big.yml": ""})
	for name, size := range map[string]int64{"fits.yml": maxFile, "big.yml": maxFile + 1} {
		if err := os.Truncate(name, size); err != nil {
			t.Fatal(err)
		}
	}
	sources, _ := Discover([]string{"fits.yml", "big.yml"})
	if _, err := sources[0].Read(); err == nil || !strings.Contains(err.Error(), "larger than 10 MiB") {
		t.Errorf("%s: %v", sources[0].Path, err)
	}
	if text, err := sources[1].Read(); err != nil || len(text) != maxFile {
		t.Errorf("%s: %d bytes, %v", sources[1].Path, len(text), err)
	}
}
