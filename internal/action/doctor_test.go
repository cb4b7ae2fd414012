package action

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// machine is a root folder with some files of /proc and /sys.
func machine(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// TestDoctorKernel: what the kernel has and has not; a gap names its file, cost and fix.
func TestDoctorKernel(t *testing.T) {
	same := func(s string) string { return s }
	const btf, yama, socket = "sys/kernel/btf/vmlinux", "proc/sys/kernel/yama/ptrace_scope", "var/run/docker.sock"
	for _, test := range []struct {
		check func(root string) Check
		files map[string]string
		state string
		found string
	}{
		{btfCheck, map[string]string{btf: "types"}, "ok", "/sys/kernel/btf/vmlinux, 5 bytes"},
		{btfCheck, nil, "missing", "/sys/kernel/btf/vmlinux: no such file"},
		{yamaCheck, nil, "ok", "not there: ptrace is not restricted"},
		{yamaCheck, map[string]string{yama: "1\n"}, "ok", "ptrace_scope 1"},
		{yamaCheck, map[string]string{yama: "3\n"}, "missing", "ptrace_scope 3"},
		{yamaCheck, map[string]string{yama: "\x1b" + strings.Repeat("9", 99)}, "missing", "ptrace_scope "},
		{daemonCheck, nil, "ok", "no docker daemon"},
		{daemonCheck, map[string]string{socket: ""}, "limit", "a docker daemon listens at /var/run/docker.sock"},
	} {
		c := test.check(machine(t, test.files)).complete(same)
		gap := test.state != "ok"
		if c.State != test.state || !strings.Contains(c.Found, test.found) || c.OK != (test.state != "missing") || (c.Cost != "") != gap || (c.Fix != "") != gap {
			t.Errorf("%v: %+v, want %s: %s", test.files, c, test.state, test.found)
		}
		if strings.ContainsAny(c.Found, "\x1b\n") {
			t.Errorf("%q", c.Found)
		}
	}
}

// TestDoctorLines: the first line says all in short.
// TestToolOutput: a program that prints without end costs no memory.
func TestToolOutput(t *testing.T) {
	var out toolOutput
	for range 3 {
		if n, err := io.Copy(&out, strings.NewReader(strings.Repeat("y\n", 3000))); n != 6000 || err != nil {
			t.Errorf("%d bytes were taken: %v", n, err)
		}
	}
	if out.kept.Len() != maxToolOutput {
		t.Errorf("%d bytes are kept", out.kept.Len())
	}
}

func TestDoctorLines(t *testing.T) {
	got := doctorLines([]Check{
		{Name: "ebpf", State: "missing", Found: "no", Cost: "c", Fix: "f"},
		{Name: "ptrace", State: "ok", OK: true, Found: "works"},
		{Name: "node", State: "limit", OK: true, Found: "another", Cost: "c"},
		{Name: "git", State: "missing", Found: "no", Cost: "c", Fix: "f"},
	})
	want := "doctor: a step would be watched with ptrace; missing: ebpf, git\n" +
		"missing: ebpf: no\n  cost: c\n  fix: f\nok: ptrace: works\nlimit: node: another\n  cost: c\nmissing: git: no\n  cost: c\n  fix: f"
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

// TestAskAll: any answer is one, a redirection is not followed, and an error
// does not repeat the address.
func TestAskAll(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirection was followed") }))
	defer elsewhere.Close()
	answers := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodHead || r.URL.Path != "/" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		http.Redirect(w, r, elsewhere.URL, http.StatusFound)
	}))
	defer answers.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	errs := askAll(t.Context(), []string{answers.URL, gone.URL})
	if errs[0] != nil || errs[1] == nil || strings.Contains(errs[1].Error(), "Head") {
		t.Errorf("%v", errs)
	}
}
