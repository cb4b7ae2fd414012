//go:build unix

package install

import (
	"bufio"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestMirrorRefused: an address in the clear, or one that is not what it seems.
func TestMirrorRefused(t *testing.T) {
	t.Parallel()
	for _, mirror := range []string{
		"http://mirror.example.invalid", "http://127.0.0.1.example.invalid/", "http://localhost.example.invalid", "http://127.0.0.1@example.invalid/",
		"http://127.0.0.1:1@example.invalid/", "https://user:secret@example.invalid/", "http://127.0.0.2", "HTTP://127.0.0.1/", "ftp://example.invalid",
		"file:///etc", "/etc", "-o/tmp/x", "https://", "https:/example.invalid", "example.invalid", "http://127.0.0.1?@x", "https://example.invalid/#x",
		"https://example.invalid/a b", "https://example.invalid\n", "\thttps://example.invalid", "https://example.invalid/{a,b}", "https://example.invalid/`x`", `https://example.invalid\@x`, " ",
	} {
		for _, shell := range []string{"sh", "busybox sh", "bash"} {
			s := newSite(t, nil)
			s.shell = strings.Fields(shell)
			s.withGo()
			s.program("curl", "echo asked >&2; exit 1\n")
			s.env = append(s.env, "CILOCK_INPUT_BINARY_MIRROR="+mirror)
			e := s.run()
			s.stopped(e, "input binary-mirror ")
			if strings.Contains(e.stderr, "secret") || strings.Contains(e.stderr, "asked") {
				t.Errorf("%q: %q", mirror, e.stderr)
			}
			s.env = append(s.env, "CILOCK_INPUT_BINARY_PATH=/bin/sh") // not ignored either
			s.stopped(s.run(), "input binary-mirror ")
		}
	}
}

// program that shows what it was asked to fetch, in place of curl.
const showCurl = `shift; for a; do [ "$a" != -o ] || echo "$*" >&2; done
for a; do case $a in http*) echo "asked for $a" >&2 ;; esac; done; echo '' >&2; exit 6
`

// TestAddresses: what is asked for, without a mirror and with one.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for mirror, want := range map[string]string{
		"":                               "https://github.com/org/cilock-action/releases/download/v1.2.3/" + file(),
		"https://mirror.example.invalid": "https://mirror.example.invalid/v1.2.3/" + file(),
		"https://m.example.invalid:8/a/": "https://m.example.invalid:8/a/v1.2.3/" + file(),
		"http://[::1]:8080":              "http://[::1]:8080/v1.2.3/" + file(),
		"http://localhost/":              "http://localhost/v1.2.3/" + file(),
	} {
		s := newSite(t, nil)
		s.program("curl", showCurl)
		s.env = []string{"CILOCK_INPUT_BINARY_MIRROR=" + mirror, "GITHUB_SERVER_URL=http://ghes.example.invalid"}
		s.stopped(s.run(), "could not be downloaded (asked for "+want+")")
	}
}

// TestBinaryPath: what the user gives is taken as it is; nothing else is used.
func TestBinaryPath(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	must(t, os.Remove(filepath.Join(s.action, "release.txt")))
	s.lack(append(basic, "curl", "sha256sum")...)
	given := filepath.Join(s.root, "a binary")
	must(t, os.WriteFile(given, []byte("#!/bin/sh\necho given \"$@\"\n"), 0o755))
	s.env = append(s.env, "CILOCK_INPUT_BINARY_PATH="+given)
	if e := s.run(); e.code != 0 || e.stdout != given+"\n" || e.stderr != "" {
		t.Errorf("%+v", e)
	}
	if e := s.run("action", "x"); e.code != 0 || e.stdout != "given action x\n" {
		t.Errorf("%+v", e)
	}
}

// TestBinaryPathRefused: what cannot be started is an error of the input, and has
// not the exit codes (126 and 127) that a command of the step has.
func TestBinaryPathRefused(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"dash", "busybox sh", "bash"} {
		s := newSite(t, nil)
		s.shell = strings.Fields(shell)
		plain := filepath.Join(s.root, "plain")
		must(t, os.WriteFile(plain, []byte("#!/bin/sh\n"), 0o644))
		for _, given := range []string{filepath.Join(s.root, "none"), plain, s.root, "no-such-program"} {
			s.env = append(s.env, "CILOCK_INPUT_BINARY_PATH="+given)
			s.stopped(s.run("action"), "input binary-path is "+given)
		}
	}
}

// stalled is a site whose download begins and does not end by itself: begun is closed
// when it is under way, gone when the client has left it.
func stalled(t *testing.T) (s *site, begun, gone chan struct{}) {
	begun, gone = make(chan struct{}), make(chan struct{})
	return newSite(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("#"))
		w.(http.Flusher).Flush()
		close(begun)
		<-r.Context().Done()
		close(gone)
	}), begun, gone
}

// TestInterrupted: the runner sends its signal to the script alone. What it waits
// for ends with it, and nothing is left.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"dash", "busybox sh", "bash"} {
		for name, signal := range map[string]syscall.Signal{"SIGINT": syscall.SIGINT, "SIGTERM": syscall.SIGTERM} {
			for _, client := range []string{"curl", "wget", "wget of busybox"} {
				t.Run(shell+", "+name+", "+client, func(t *testing.T) {
					t.Parallel()
					s, begun, gone := stalled(t)
					s.shell = strings.Fields(shell)
					s.client(client)
					s.withGo()
					cmd := s.command("action")
					must(t, cmd.Start())
					<-begun
					must(t, cmd.Process.Signal(signal))
					_ = cmd.Wait()
					if code := cmd.ProcessState.ExitCode(); code != 128+int(signal) {
						t.Errorf("exit code %d", code)
					}
					<-gone // else the download goes on, and the test's time ends
					s.clean()
					if _, err := os.Lstat(filepath.Join(s.root, "go.args")); err == nil {
						t.Error("it went on to build")
					}
				})
			}
		}
	}
}

// TestInterruptedEarly: on a busy machine the download is under way, and the signal
// there, before the shell has done anything after starting it.
func TestInterruptedEarly(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"dash", "busybox sh", "bash"} {
		s, begun, gone := stalled(t)
		s.shell = strings.Fields(shell)
		fifo := filepath.Join(s.root, "fifo")
		must(t, syscall.Mkfifo(fifo, 0o600))
		s.edit("\"$@\" >&2 &\n", "\"$@\" >&2 &\n\tcat '"+fifo+"'\n")
		cmd := s.command("action")
		must(t, cmd.Start())
		<-begun
		must(t, cmd.Process.Signal(syscall.SIGTERM))
		must(t, os.WriteFile(fifo, nil, 0)) // the shell goes on: what it waits for has ended
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != 143 {
			t.Errorf("%s: exit code %d", shell, code)
		}
		<-gone
		s.clean()
	}
}

// TestInterruptedBuild is the same for a build.
func TestInterruptedBuild(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"dash", "busybox sh", "bash"} {
		s := newSite(t, nil)
		s.shell = strings.Fields(shell)
		s.write("release.txt", "version none\n")
		s.lack("sleep")
		s.have("sleep")
		s.program("go", "[ \"$1\" != env ] || exit 0\necho started\nexec sleep 600\n")
		cmd := s.command("action")
		log, err := cmd.StderrPipe() // sleep holds it too: it ends when both have ended
		must(t, err)
		must(t, cmd.Start())
		lines := bufio.NewScanner(log)
		if !lines.Scan() || lines.Text() != "started" {
			t.Fatalf("%s: %q", shell, lines.Text())
		}
		must(t, cmd.Process.Signal(syscall.SIGINT))
		for lines.Scan() {
			t.Logf("%s: %s", shell, lines.Text())
		}
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != 130 {
			t.Errorf("%s: exit code %d", shell, code)
		}
		s.clean()
	}
}
