//go:build unix

package keyless

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/org/cilock-action/test/stack"
)

// TestBadToken: a token that cannot be one is refused before the step runs, and
// not sent to anybody.
func TestBadToken(t *testing.T) {
	s := stack.Start(t)
	good := s.Token(nil)
	for name, token := range map[string]string{
		"empty": "", "blank": " \n", "binary": "\x00\xff\x01", "words": "not a token", "two lines": good + "\n" + good,
		"10 MB": strings.Repeat("a", 10<<20), "long": good + strings.Repeat("a", 100<<10),
		"a key":   "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		"expired": s.Token(map[string]any{"exp": 1000, "nbf": 900, "iat": 900}),
	} {
		t.Run(name, func(t *testing.T) {
			l := newLiar(t, s.FulcioURL, func(_, answered []byte) []byte { return answered })
			j := newJob(t, nil)
			j.write("token", token)
			said, code := j.run("--identity-token=token", "--signing-timeout=8s", "--fulcio-server-url="+l.url)
			if code != 2 {
				t.Errorf("exit code %d:\n%.2000s", code, said)
			}
			if n := l.asked.Load(); n != 0 {
				t.Errorf("it was sent %d times", n)
			}
			if _, err := os.Stat(filepath.Join(j.dir, "out.txt")); err == nil {
				t.Error("the step ran")
			}
		})
	}
	j := newJob(t, nil)
	if err := syscall.Mkfifo(filepath.Join(j.dir, "token"), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, code := j.run("--identity-token=token", "--fulcio-server-url="+s.FulcioURL); code != 2 {
		t.Errorf("FIFO: exit code %d:\n%s", code, said)
	}
}

// TestTokenVariable: who holds the token can sign as the job, so the step does
// not get it, nor its evidence.
func TestTokenVariable(t *testing.T) {
	s := stack.Start(t)
	token := s.Token(nil)
	j := newJob(t, []string{"SIGSTORE_ID_TOKEN=" + token})
	said, code := j.cilock("run", "--step=build", "--trace=off", "--outfile=e.json", services(s), "--", "sh", "-c", "env > out.txt; echo $SIGSTORE_ID_TOKEN")
	if code != 0 {
		t.Fatalf("exit code %d:\n%s", code, said)
	}
	want(t, said, "cilock: verdict: pass")
	files, err := os.ReadDir(j.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(j.dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), token) {
			t.Errorf("the token is in %s", f.Name())
		}
	}
	if strings.Contains(said, token) {
		t.Error("the token was printed")
	}
	if said, _ = j.cilock("run", "--step=build", "--trace=off", "--outfile=e.json", services(s), "--pass-oidc", "--", "sh", "-c", "test -n \"$SIGSTORE_ID_TOKEN\" && echo given"); !strings.Contains(said, "given") {
		t.Errorf("--pass-oidc did not pass it:\n%s", said)
	}
}

// TestServiceURLs: no token and no signature goes to where the URL hides it, or
// in the clear.
func TestServiceURLs(t *testing.T) {
	for _, url := range []string{
		"http://example.com", "http://127.0.0.1@example.com", "https://user:pass@example.com", "https://user@example.com", "ftp://example.com",
		"https://", "https:///path", "example.com", "http://localhost.example.com", "http://127.0.0.1.example.com", "http://[fe80::1%25eth0]",
		"https://example.com/?x=", "https://example.com/#x", "https://example.com?", "file:///etc/passwd", "http://0.0.0.0", "//example.com", "https://exa mple.com",
	} {
		for _, flag := range []string{"--fulcio-server-url=", "--rekor-server-url="} {
			j := newJob(t, nil)
			if said, code := j.run("--signing-timeout=1s", flag+url); code != 2 {
				t.Errorf("%s%s: exit code %d:\n%s", flag, url, code, said)
			}
		}
	}
	s := stack.Start(t)
	j := newJob(t, s.Env)
	said, code := j.run("--fulcio-server-url="+s.FulcioURL+"//", "--timestamp-server-url="+s.TSAURL, "--rekor-server-url="+s.RekorURL+"/")
	if code != 0 {
		t.Errorf("slashes at the end: exit code %d", code)
	}
	want(t, said, "cilock: verdict: pass")
}
