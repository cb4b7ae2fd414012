//go:build unix

package install

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/act"
)

const hex64 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// TestMalformed: a manifest that is not understood pins nothing, so nothing is
// run, and nothing built.
func TestMalformed(t *testing.T) {
	t.Parallel()
	good := line(padded)
	for name, text := range map[string]string{
		"empty":               "",
		"comments only":       "# version 1.2.3\n",
		"no version":          good,
		"version later":       good + "version 1.2.3\n",
		"version of nothing":  "version\n" + good,
		"two words":           "version 1.2.3 4\n" + good,
		"two versions":        "version 1.2.3\nversion 1.2.4\n" + good,
		"latest":              "version latest\n" + good,
		"a branch":            "version main\n" + good,
		"slashes":             "version 1.2.3/../../../x\n" + good,
		"a slash":             "version 1.2.3/x\n" + good,
		"parent":              "version 1.2..3\n" + good,
		"a query":             "version 1.2.3?x\n" + good,
		"an option":           "version -1.2.3\n" + good,
		"a glob":              "version 1.2.*\n" + good,
		"none, and a binary":  "version none\n" + good,
		"unknown word":        "version 1.2.3\nchecksum x\n" + good,
		"CR":                  "version 1.2.3\r\n" + good,
		"CR at the end":       "version 1.2.3\n" + strings.Replace(good, "\n", "\r\n", 1),
		"twice":               "version 1.2.3\n" + good + good,
		"unknown system":      "version 1.2.3\nplan9 amd64 1 " + hex64 + " f\n",
		"unknown arch":        "version 1.2.3\nlinux mips 1 " + hex64 + " f\n",
		"size 0":              "version 1.2.3\nlinux amd64 0 " + hex64 + " f\n",
		"octal":               "version 1.2.3\nlinux amd64 010 " + hex64 + " f\n",
		"negative":            "version 1.2.3\nlinux amd64 -1 " + hex64 + " f\n",
		"too large":           "version 1.2.3\nlinux amd64 1000000000 " + hex64 + " f\n",
		"arithmetic":          "version 1.2.3\nlinux amd64 1+1 " + hex64 + " f\n",
		"short digest":        "version 1.2.3\nlinux amd64 1 " + hex64[1:] + " f\n",
		"long digest":         "version 1.2.3\nlinux amd64 1 " + hex64 + "0 f\n",
		"capitals":            "version 1.2.3\nlinux amd64 1 " + strings.ToUpper(hex64) + " f\n",
		"no file":             "version 1.2.3\nlinux amd64 1 " + hex64 + "\n",
		"file with a slash":   "version 1.2.3\nlinux amd64 1 " + hex64 + " ../f\n",
		"file in a folder":    "version 1.2.3\nlinux amd64 1 " + hex64 + " a/b\n",
		"file is parent":      "version 1.2.3\nlinux amd64 1 " + hex64 + " ..\n",
		"file is an option":   "version 1.2.3\nlinux amd64 1 " + hex64 + " -f\n",
		"file with a blank":   "version 1.2.3\nlinux amd64 1 " + hex64 + " f g\n",
		"file with a percent": "version 1.2.3\nlinux amd64 1 " + hex64 + " f%2e\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, shell := range []string{"sh", "busybox sh", "bash"} {
				s := newSite(t, nil)
				s.shell = strings.Fields(shell)
				s.withGo()
				s.write("release.txt", text)
				s.stopped(s.run(), "release.txt is malformed at line ")
				if len(s.asked) > 0 {
					t.Errorf("the server was asked for %q", s.asked)
				}
			}
		})
	}
}

// TestNoManifest: as one that is malformed. So is a folder of that name.
func TestNoManifest(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.withGo()
	path := filepath.Join(s.action, "release.txt")
	must(t, os.Remove(path))
	s.stopped(s.run(), "release.txt, which names the binary of this commit, cannot be read")
	must(t, os.Mkdir(path, 0o755))
	s.stopped(s.run(), "cannot be read")
}

// TestHostileNames: a path cannot make a workflow command of its own.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"sh", "busybox sh", "bash"} {
		s := newSite(t, nil)
		s.shell = strings.Fields(shell)
		dir := filepath.Join(s.root, "a%0A\n::notice::b\r\x1b[31m%")
		must(t, os.Rename(s.action, dir))
		s.action = dir
		s.write("release.txt", "x\n")
		e := s.run()
		s.stopped(e, "a%250A ::notice::b  [31m%25/release.txt is malformed")
		if strings.Count(e.stderr, "\n") != 1 {
			t.Errorf("%q", e.stderr)
		}
		plain := filepath.Join(s.root, "a\n::notice::b") // no percent sign
		must(t, os.Rename(s.action, plain))
		s.action = plain
		s.stopped(s.run(), "a ::notice::b/release.txt is malformed")
	}
}

// TestNoRelease: a commit without a release builds, and does not speak of it.
func TestNoRelease(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"sh", "busybox sh", "bash"} {
		s := newSite(t, nil)
		s.shell = strings.Fields(shell)
		s.write("release.txt", "version none\n")
		s.stopped(s.run(), "has no release to download, and Go is not on this runner")
		s.withGo()
		s.found(s.run(), []byte("#!/bin/sh\necho built \"$@\"\n"))
		if e := s.run("x"); e.stdout != "built x\n" {
			t.Errorf("%+v", e)
		}
		if len(s.asked) > 0 {
			t.Errorf("the server was asked for %q", s.asked)
		}
	}
}

// TestBuild: the job's Go settings do not reach the build, and one that fails
// ends the step.
func TestBuild(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.write("release.txt", "version none\n")
	s.withGo()
	hostile := []string{"GOFLAGS=-toolexec=/x", "GOOS=plan9", "GOARCH=386", "GOAMD64=v4", "GOARM64=v9.0", "GOEXPERIMENT=x"}
	s.env = append(append(s.env, hostile...), "CGO_ENABLED=1", "GOWORK=/x", "GO111MODULE=off", "GOFIPS140=off", "GOPROXY=http://127.0.0.1:1")
	must(t, os.RemoveAll(filepath.Dir(s.found(s.run(), []byte("#!/bin/sh\necho built \"$@\"\n")))))
	env, err := os.ReadFile(filepath.Join(s.root, "go.env"))
	must(t, err)
	for _, variable := range hostile {
		if name, _, _ := strings.Cut(variable, "="); strings.Contains("\n"+string(env), "\n"+name+"=") {
			t.Errorf("%s reached the build", name)
		}
	}
	for _, variable := range []string{"CGO_ENABLED=0", "GOWORK=off", "GO111MODULE=on", "GOFIPS140=v1.0.0", "GOENV=off", "GOPROXY=http://127.0.0.1:1"} {
		if !strings.Contains("\n"+string(env), "\n"+variable+"\n") {
			t.Errorf("the build has no %s:\n%s", variable, env)
		}
	}
	args, err := os.ReadFile(filepath.Join(s.root, "go.args"))
	must(t, err)
	if want := "-C\n" + s.action + "\nbuild\n-trimpath\n-buildvcs=false\n"; !strings.HasPrefix(string(args), want) {
		t.Errorf("go was called with %q", args)
	}
	must(t, os.Remove(filepath.Join(s.root, "go.args")))
	s.program("go", "echo 'does not compile' >&2; exit 3\n")
	e := s.run()
	s.stopped(e, "Go did not build it (exit code 3)")
	if !strings.Contains(e.stderr, "does not compile\n") {
		t.Errorf("what Go said is lost: %q", e.stderr)
	}
}

// TestPlatforms: each system gets its own file, and one without a binary is
// named.
func TestPlatforms(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, p := range []string{"linux amd64", "linux arm64", "darwin amd64", "darwin arm64", "windows amd64"} {
		fmt.Fprintf(&all, "%s %d %x cilock-%s\n", p, len(padded), sum(padded), strings.ReplaceAll(p, " ", "-"))
	}
	for name, want := range map[string]string{
		"Linux x86_64": "linux-amd64", "Linux aarch64": "linux-arm64", "Linux arm64": "linux-arm64", "Linux amd64": "linux-amd64",
		"Darwin x86_64": "darwin-amd64", "Darwin arm64": "darwin-arm64",
		"MINGW64_NT-10.0-20348 x86_64": "windows-amd64", "MSYS_NT-10.0 x86_64": "windows-amd64",
	} {
		s := newSite(t, nil)
		s.uname(name)
		s.write("release.txt", "version 1.2.3\n"+all.String())
		s.found(s.run(), padded)
		if got := "/mirror/v1.2.3/cilock-" + want; !slices.Equal(s.asked, []string{got}) {
			t.Errorf("%s: the server was asked for %q", name, s.asked)
		}
	}
	for name, text := range map[string]string{
		"Linux riscv64": "linux/riscv64", "FreeBSD amd64": "FreeBSD/amd64", "MINGW64_NT-10.0 aarch64": "windows/arm64", " ": "has no binary for /", "a%b\n::error::x x": "a%25b ::error::x",
	} {
		s := newSite(t, nil)
		s.uname(name)
		s.write("release.txt", "version 1.2.3\n"+all.String())
		s.stopped(s.run(), "release 1.2.3 has no binary for |"+text+"|Go is not on this runner")
		s.withGo()
		s.foundSaying(s.run(), []byte("#!/bin/sh\necho built \"$@\"\n"), "notice has no binary for |"+text)
		if len(s.asked) > 0 {
			t.Errorf("%s: the server was asked for %q", name, s.asked)
		}
	}
}

// uname makes the machine another one: SYSTEM ARCH.
func (s *site) uname(name string) {
	i := strings.LastIndex(name, " ")
	s.program("uname", "case $1 in -s) echo '"+name[:i]+"' ;; -m) echo '"+name[i+1:]+"' ;; esac\n")
}

// TestCommitted: the manifest of this commit is one that the script reads.
func TestCommitted(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(act.Root(t), "release.txt"))
	must(t, err)
	s := newSite(t, nil)
	s.withGo()
	s.write("release.txt", string(text))
	s.server.Close()
	e := s.run()
	if e.code != 0 || !strings.HasPrefix(e.stdout, s.temp) || runtime.GOOS == "linux" && strings.Contains(e.stderr, "has no binary") {
		t.Errorf("%+v", e)
	}
}
