package ghresolve

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestWatchSize: a repository that has outgrown its bound ends the fetch.
func TestWatchSize(t *testing.T) {
	dir := t.TempDir()
	packs := filepath.Join(dir, "objects", "pack")
	if err := os.MkdirAll(packs, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"old.pack", "tmp_pack_x"} {
		if err := os.WriteFile(filepath.Join(packs, name), make([]byte, 60), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for limit, want := range map[int64]bool{119: true, 120: false} {
		ctx, cancel := context.WithTimeout(t.Context(), 3*sizeCheckEvery)
		ended := false
		watchSize(ctx, dir, limit, func() { ended = true })
		cancel()
		if ended != want {
			t.Errorf("limit %d: ended %v", limit, ended)
		}
	}
}

// TestArguments: the token is in no argument, and offline git gets no token
// and no protocol.
func TestArguments(t *testing.T) {
	server, err := parseBase("https://git.example.test/")
	if err != nil {
		t.Fatal(err)
	}
	g := newGitRunner("git", "home", server, Options{Token: "sekret", Workers: 1, Timeout: time.Second, GitEnv: []string{
		"https_proxy=http://proxy.example.test", "GIT_SSH_COMMAND=evil", "GIT_CONFIG_COUNT=9",
	}}, newRedactor("sekret"))
	for _, network := range []bool{true, false} {
		c := gitCommand{network: network, args: []string{"ls-remote"}}
		args, env := strings.Join(g.arguments(c), " "), strings.Join(g.environment(c), " ")
		if strings.Contains(args, "sekret") || strings.Contains(args, basicAuth("sekret")) {
			t.Errorf("network %v: the token is an argument: %s", network, args)
		}
		if strings.Contains(env, basicAuth("sekret")) != network || strings.Contains(env, "GIT_ALLOW_PROTOCOL=none") == network {
			t.Errorf("network %v: %s", network, env)
		}
		if strings.Contains(args, "protocol.https.allow=always") != network || strings.Contains(args, "protocol.http.allow") {
			t.Errorf("network %v: %s", network, args)
		}
		if strings.Contains(env, "evil") || strings.Contains(env, "GIT_CONFIG_COUNT=9") || !strings.Contains(env, "https_proxy=") {
			t.Errorf("network %v: %s", network, env)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for name, o := range map[string]Options{
		"no scheme":    {ServerURL: "github.com"},
		"file":         {ServerURL: "file:///repos"},
		"password":     {ServerURL: "https://user:sekret@github.com"},
		"query":        {APIURL: "https://api.github.com?x=sekret"},
		"two lines":    {Token: "sekret\nHost: x"},
		"in the clear": {Token: "sekret", ServerURL: "http://ghes.example"},
		"api likewise": {Token: "sekret", APIURL: "http://10.0.0.1/api/v3"},
		"bad denial":   {Denied: []Denied{{Repository: "o/r", SHA: "v1"}}},
		"no such git":  {Git: "no-such-program-of-this-name"},
	} {
		o.CacheDir = t.TempDir()
		if r, err := New(o); err == nil {
			r.Close()
			t.Errorf("%s was accepted", name)
		} else if strings.Contains(err.Error(), "sekret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, o := range []Options{
		{ServerURL: "http://ghes.example"},
		{Token: "x", ServerURL: "http://127.0.0.1:1", APIURL: "http://[::1]:1"},
		{Token: "x", ServerURL: "http://localhost", APIURL: "https://ghes.example/api/v3"},
	} {
		o.CacheDir = t.TempDir()
		r, err := New(o)
		if err != nil {
			t.Fatalf("%s: %v", o.ServerURL, err)
		}
		r.Close()
	}
}

// TestLookup: a name is what a branch or tag is exactly called, and only if
// none is called so one of GitHub's longer spellings.
func TestLookup(t *testing.T) {
	l := listing{
		Default: "main",
		Heads:   map[string]string{"main": "M", "heads/odd": "O", "odd": "X", "v1": "B"},
		Tags:    map[string]tag{"v1": {"o", "T"}, "v2.0.0": {"t", "t"}},
	}
	for version, want := range map[string][2]string{
		"main": {"M", ""}, "v1": {"B", "T"}, "refs/heads/v1": {"B", ""}, "refs/tags/v1": {"", "T"},
		"heads/main": {"M", ""}, "heads/v1": {"B", ""}, "tags/v1": {"", "T"}, "heads/odd": {"O", ""},
		"v2": {}, "heads/none": {}, "tags/main": {}, "HEAD": {}, "heads/HEAD": {}, "": {},
	} {
		if branch, tagged := l.lookup(version); branch != want[0] || tagged != want[1] {
			t.Errorf("%q: branch %q and tag %q, want %q", version, branch, tagged, want)
		}
	}
}
