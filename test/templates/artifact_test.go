//go:build unix

package templates

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// store stands in for the server of artifacts, in a folder. It behaves as
// upload-artifact v4 and later, and download-artifact v5 and later, as their
// READMEs describe it, as far as the templates go: an artifact has an id and
// does not change; a name is taken once; paths are globs, a line each; files are
// kept relative to the least common ancestor of the paths; hidden ones are left out.
type store struct {
	dir       string
	workspace string
}

// artifactMain is what the actions in testdata call.
func artifactMain(getenv func(string) string) int {
	s := store{getenv("ARTIFACT_STORE"), getenv("GITHUB_WORKSPACE")}
	var err error
	switch getenv("ARTIFACT_VERB") {
	case "upload":
		var id string
		if id, err = s.upload(getenv("ARTIFACT_NAME"), getenv("ARTIFACT_PATH"), getenv("ARTIFACT_NONE")); err == nil && id != "" {
			err = appendLine(getenv("GITHUB_OUTPUT"), "artifact-id="+id)
		}
	case "download":
		err = s.download(getenv("ARTIFACT_NAME"), getenv("ARTIFACT_IDS"), s.absolute(getenv("ARTIFACT_PATH")))
	default:
		err = errors.New("unknown verb")
	}
	if err != nil {
		fmt.Printf("::error::%v\n", err)
		return 1
	}
	return 0
}

func appendLine(path, line string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(line + "\n")
	return err
}

func (s store) absolute(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(s.workspace, path)
}

// upload returns the id of the new artifact, empty if there was nothing to upload.
func (s store) upload(name, paths, none string) (string, error) {
	root, files, err := s.find(paths)
	if err != nil {
		return "", err
	}
	if len(files) == 0 {
		message := "No files were found with the provided path: " + paths + ". No artifacts will be uploaded."
		if none == "error" {
			return "", errors.New(message)
		}
		if none == "warn" {
			fmt.Printf("::warning::%s\n", strings.ReplaceAll(message, "\n", "%0A"))
		}
		return "", nil
	}
	id, err := s.reserve(name)
	if err != nil {
		return "", err
	}
	for _, file := range files {
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return "", err
		}
		if err := copyFile(file, filepath.Join(s.dir, id, rel)); err != nil {
			return "", err
		}
	}
	return id, nil
}

// reserve takes a name, which nobody else has then, and the next id.
func (s store) reserve(name string) (string, error) {
	taken, err := os.OpenFile(filepath.Join(s.dir, "name "+name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return "", errors.New("Failed to CreateArtifact: Received non-retryable error: Failed request: (409) Conflict: an artifact with this name already exists on the workflow run")
	}
	if err != nil {
		return "", err
	}
	defer taken.Close()
	for id := 1; ; id++ {
		if err := os.Mkdir(filepath.Join(s.dir, strconv.Itoa(id)), 0o755); err == nil {
			_, err = taken.WriteString(strconv.Itoa(id))
			return strconv.Itoa(id), err
		} else if !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
}

// find returns the files that the paths name, and what their names are relative to.
func (s store) find(paths string) (root string, files []string, err error) {
	for line := range strings.SplitSeq(paths, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		pattern := s.absolute(line)
		matches, err := filepath.Glob(pattern)
		if err != nil {
			return "", nil, err
		}
		for _, match := range matches {
			err := filepath.WalkDir(match, func(path string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() && !strings.HasPrefix(d.Name(), ".") {
					files = append(files, path)
				}
				return err
			})
			if err != nil {
				return "", nil, err
			}
		}
		root = common(root, searched(pattern))
	}
	slices.Sort(files)
	files = slices.Compact(files)
	if len(files) == 1 && files[0] == root {
		root = filepath.Dir(root)
	}
	return root, files, nil
}

// searched is a pattern up to its first part that is a glob.
func searched(pattern string) string {
	for strings.ContainsAny(pattern, "*?[") {
		pattern = filepath.Dir(pattern)
	}
	return pattern
}

// common is the least common ancestor of two paths.
func common(a, b string) string {
	if a == "" {
		return b
	}
	for a != b {
		if len(a) > len(b) {
			a = filepath.Dir(a)
		} else {
			b = filepath.Dir(b)
		}
	}
	return a
}

// download puts one artifact, by name or id, into a folder.
func (s store) download(name, ids, to string) error {
	id := ids
	if ids == "" {
		text, err := os.ReadFile(filepath.Join(s.dir, "name "+name))
		if err != nil {
			return fmt.Errorf("Unable to download artifact(s): Artifact not found for name: %s", name)
		}
		id = string(text)
	}
	from := filepath.Join(s.dir, id)
	if _, err := os.Stat(from); err != nil || id == "" {
		return fmt.Errorf("Unable to download artifact(s): none of the provided artifact IDs were found: %s", ids)
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	return os.CopyFS(to, os.DirFS(from))
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}

// TestStore: the stand-in is as strict as what it stands in for.
func TestStore(t *testing.T) {
	s := store{t.TempDir(), t.TempDir()}
	for _, name := range []string{"dist/app", "dist/sub/lib", "dist/.hidden", "other/x"} {
		if err := copyFile(os.Args[0], s.absolute(name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name, paths, none string
		files             []string
		fails             bool
	}{
		{"one", "dist/app", "error", []string{"app"}, false},
		{"folder", "dist", "error", []string{"app", "sub/lib"}, false},
		{"glob", "dist/a*", "error", []string{"app"}, false},
		{"several", "dist/app\nother\n", "error", []string{"dist/app", "other/x"}, false},
		{"nothing", "none", "error", nil, true},
		{"one", "dist/app", "error", nil, true}, // a second time
	} {
		id, err := s.upload(test.name, test.paths, test.none)
		if (err != nil) != test.fails {
			t.Errorf("%s: %v", test.name, err)
		}
		if err != nil {
			continue
		}
		for _, by := range [][2]string{{test.name, ""}, {"", id}} {
			to := t.TempDir()
			if err := s.download(by[0], by[1], to); err != nil {
				t.Error(err)
			}
			var got []string
			_ = fs.WalkDir(os.DirFS(to), ".", func(path string, d fs.DirEntry, err error) error {
				if !d.IsDir() {
					got = append(got, path)
				}
				return err
			})
			if !slices.Equal(got, test.files) {
				t.Errorf("%s has %q, want %q", test.name, got, test.files)
			}
		}
	}
	if id, err := s.upload("quiet", "none", "ignore"); id != "" || err != nil {
		t.Errorf("%q %v", id, err)
	}
	for _, by := range [][2]string{{"quiet", ""}, {"nothing", ""}, {"", "99"}, {"", ""}} {
		if s.download(by[0], by[1], t.TempDir()) == nil {
			t.Errorf("downloaded %q", by)
		}
	}
}
