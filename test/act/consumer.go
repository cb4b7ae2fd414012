package act

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// environ is the whole environment of act, and so of the steps: act passes its
// own on to them, so nothing of the developer's may be in it. Everything that a
// step writes lands below work; only Go's caches are shared, so that a build
// inside a workflow is warm and uses the proxy that this build used.
func environ(t testing.TB, work string) []string {
	t.Helper()
	home, tmp := filepath.Join(work, "home"), filepath.Join(work, "tmp")
	for _, dir := range []string{home, tmp} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + home,
		"TMPDIR=" + tmp,
		"LANG=C.UTF-8",
		"TERM=dumb",
		"XDG_CACHE_HOME=" + filepath.Join(home, ".cache"),
		"XDG_CONFIG_HOME=" + filepath.Join(home, ".config"),
		"XDG_DATA_HOME=" + filepath.Join(home, ".local", "share"),
		"XDG_STATE_HOME=" + filepath.Join(home, ".local", "state"),
		"DOCKER_HOST=unix://" + filepath.Join(work, "no-such.sock"),
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_PAGER=cat", // a step's output is a terminal under act
		"GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=consumer", "GIT_AUTHOR_EMAIL=consumer@example.invalid",
		"GIT_COMMITTER_NAME=consumer", "GIT_COMMITTER_EMAIL=consumer@example.invalid",
		"GIT_AUTHOR_DATE=2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z",
	}
	names := []string{
		"GOCACHE", "GOMODCACHE", "GOFLAGS", "GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOPROXY", "GOPRIVATE", "GOTOOLCHAIN",
	}
	out, err := exec.Command("go", append([]string{"env", "-json"}, names...)...).Output()
	if err != nil {
		t.Fatalf("go env: %v", err)
	}
	var values map[string]string
	if err := json.Unmarshal(out, &values); err != nil {
		t.Fatalf("go env: %v", err)
	}
	for _, name := range names {
		if values[name] != "" {
			env = append(env, name+"="+values[name])
		}
	}
	return env
}

// consumer makes the repository whose workflow runs: one commit on main, and a
// remote from which act takes GITHUB_REPOSITORY (acme/consumer).
func consumer(t testing.TB, work string, env []string, files map[string]string) string {
	t.Helper()
	repo := filepath.Join(work, "consumer")
	workflows := 0
	for name, text := range files {
		if !filepath.IsLocal(name) {
			t.Fatalf("%s is not inside the repository", name)
		}
		if path.Dir(name) == ".github/workflows" {
			workflows++
		}
		mode := os.FileMode(0o644)
		if strings.HasPrefix(text, "#!") {
			mode = 0o755
		}
		file := filepath.Join(repo, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	if workflows == 0 {
		t.Fatal("the files hold no .github/workflows/NAME.yml")
	}
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch=main"},
		{"remote", "add", "origin", "https://github.com/acme/consumer.git"},
		{"add", "--all"},
		{"commit", "--quiet", "--message", "consumer"},
	} {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Env = repo, env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
	}
	return repo
}

// bounded keeps the first max bytes of what is written and notes the rest.
type bounded struct {
	bytes.Buffer
	max int
	cut bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if room := b.max - b.Len(); len(p) > room {
		b.cut = true
		b.Buffer.Write(p[:room])
		return len(p), nil
	}
	return b.Buffer.Write(p)
}
