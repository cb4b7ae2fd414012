//go:build unix

package install

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/org/cilock-action/test/nobody"
)

// TestCacheChanged: another job has put something else into the tool cache. It
// is not run; the release is, and takes its place.
func TestCacheChanged(t *testing.T) {
	t.Parallel()
	for name, content := range map[string][]byte{
		"same size": bytes.ToUpper(padded), "shorter": []byte("#!/bin/sh\necho poison\n"), "empty": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, nil)
			must(t, os.MkdirAll(filepath.Dir(s.cached()), 0o755))
			must(t, os.WriteFile(s.cached(), content, 0o755))
			warning := "warning in the tool cache is not used: expected " + fmt.Sprint(len(padded)) + " bytes"
			if got := s.foundSaying(s.run(), padded, warning); got != s.cached() {
				t.Errorf("the path is %q", got)
			}
			s.found(s.run(), padded)
			if len(s.asked) != 1 {
				t.Errorf("the server was asked %d times", len(s.asked))
			}
		})
	}
}

// TestCacheChangedNoNetwork: nor is it run where nothing better is to be had.
func TestCacheChangedNoNetwork(t *testing.T) {
	t.Parallel()
	s := newSite(t, http.NotFound)
	must(t, os.MkdirAll(filepath.Dir(s.cached()), 0o755))
	must(t, os.WriteFile(s.cached(), bytes.ToUpper(padded), 0o755))
	e := s.run()
	if e.code != 2 || e.stdout != "" {
		t.Errorf("exit code %d, output %q", e.code, e.stdout)
	}
	s.said(e, "warning is not used", "error could not be downloaded")
}

// TestCacheOddities: what is at the place of the binary is no file of ours. A
// folder stays, and the binary is used from the temporary folder.
func TestCacheOddities(t *testing.T) {
	t.Parallel()
	poison := filepath.Join(t.TempDir(), "poison")
	must(t, os.WriteFile(poison, []byte("#!/bin/sh\necho poison\n"), 0o755))
	for name, make := range map[string]func(path string) error{
		"a folder":           func(path string) error { return os.Mkdir(path, 0o755) },
		"a fifo":             func(path string) error { return syscall.Mkfifo(path, 0o755) },
		"a dangling symlink": func(path string) error { return os.Symlink("nowhere", path) },
		"not executable":     func(path string) error { return os.WriteFile(path, padded, 0o644) },
		"a symlink":          func(path string) error { return os.Symlink(poison, path) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, nil)
			must(t, os.MkdirAll(filepath.Dir(s.cached()), 0o755))
			must(t, make(s.cached()))
			var warnings []string
			if name == "a symlink" {
				warnings = append(warnings, "warning is not used")
			}
			got := s.foundSaying(s.run(), padded, warnings...)
			if inCache := got == s.cached(); inCache == (name == "a folder") {
				t.Errorf("the path is %q", got)
			}
			if text, err := os.ReadFile(poison); err != nil || !bytes.Contains(text, []byte("echo poison")) {
				t.Errorf("what the symlink led to was written: %q, %v", text, err)
			}
		})
	}
}

// TestCacheReadOnly: the binary is used from the temporary folder.
func TestCacheReadOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	cmd := s.command()
	if os.Geteuid() == 0 { // whom no permission stops
		cmd.SysProcAttr = nobody.Command(t, s.root).SysProcAttr
		must(t, os.Chmod(filepath.Dir(s.root), 0o755))
		must(t, os.Chmod(s.temp, 0o777))
	}
	must(t, os.Chmod(s.cache, 0o555))
	if got := s.found(s.end(cmd), padded); filepath.Dir(filepath.Dir(got)) != s.temp {
		t.Errorf("the path is %q", got)
	}
}

// TestNoCache: outside of a runner there is none, and the cache's folder may be a file.
func TestNoCache(t *testing.T) {
	t.Parallel()
	for _, cache := range []string{"", "/dev/null", "/no/such\nfolder"} {
		s := newSite(t, nil)
		s.env = append(s.env, "RUNNER_TOOL_CACHE="+cache)
		if cache == "/no/such\nfolder" {
			s.env = append(s.env, "RUNNER_TOOL_CACHE="+filepath.Join(s.root, "sha256sum\n folder"))
			s.foundInNewlines(s.run("x"))
			continue
		}
		if got := s.found(s.run(), padded); filepath.Dir(filepath.Dir(got)) != s.temp {
			t.Errorf("the path is %q", got)
		}
	}
}

// foundInNewlines wants the program run from a folder whose name has a line feed.
func (s *site) foundInNewlines(e ended) {
	s.t.Helper()
	if e.code != 0 || e.stdout != "genuine x\n" || e.stderr != "" {
		s.t.Errorf("%+v", e)
	}
}

// TestAtOnce: jobs that start together on an empty cache all get the binary, and
// nobody sees half of one.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	const jobs = 6
	var all sync.WaitGroup
	all.Add(jobs)
	s := newSite(t, func(w http.ResponseWriter, _ *http.Request) {
		all.Done()
		all.Wait() // until every job has found the cache empty
		_, _ = w.Write(padded)
	})
	ends := make(chan ended, jobs)
	for range jobs {
		go func() { ends <- s.run() }()
	}
	for range jobs {
		if got := s.found(<-ends, padded); got != s.cached() {
			t.Errorf("the path is %q", got)
		}
	}
	left, err := os.ReadDir(filepath.Dir(s.cached()))
	if err != nil || len(left) != 1 {
		t.Errorf("the folder of the cache has %v, %v", left, err)
	}
	s.clean()
}
