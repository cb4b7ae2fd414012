//go:build linux

package e2e

import (
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/sandbox"
)

// over puts one thing over another in a sandbox.
func over(source, target string) func(*sandbox.Box) {
	return func(b *sandbox.Box) { b.Mounts = append(b.Mounts, sandbox.Mount{Source: source, Target: target}) }
}

// filesystem puts a new file system over a folder.
func filesystem(typ, target, options string) func(*sandbox.Box) {
	return func(b *sandbox.Box) {
		b.Mounts = append(b.Mounts, sandbox.Mount{Source: typ, Target: target, Type: typ, Options: options})
	}
}

// noSudo is a machine without sudo: a device is no program.
func noSudo(b *sandbox.Box) { over("/dev/null", "/usr/bin/sudo")(b) }

// noBTF is a kernel that does not describe its types.
func noBTF(b *sandbox.Box) { filesystem("tmpfs", "/sys/kernel/btf", "")(b) }

func docker(b *sandbox.Box) { *b = sandbox.Docker(*b) }

// refuse makes system calls fail with EPERM.
func refuse(calls ...int) func(*sandbox.Box) {
	return func(b *sandbox.Box) { b.Refuse = append(b.Refuse, calls...) }
}

func noFilters(b *sandbox.Box) { b.NoFilters = true }

// gone takes away the mounts of some types of file system.
func gone(types ...string) func(*sandbox.Box) { return func(b *sandbox.Box) { b.Gone = types } }

// hidden is a /proc that shows everybody his own processes alone.
func hidden(b *sandbox.Box) { filesystem("proc", "/proc", "hidepid=2")(b) }

// fewFiles is a limit that is too low for eBPF.
func fewFiles(b *sandbox.Box) { b.Files = 64 }

// mayRaise reports whether root may raise his limits here, as in no container.
func mayRaise(t *testing.T) bool {
	t.Helper()
	have, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, unix.CAP_SYS_RESOURCE, 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return have == 1
}

// noRaise takes that from root.
func noRaise(b *sandbox.Box) {
	for c := range unix.CAP_LAST_CAP + 1 {
		if c != unix.CAP_SYS_RESOURCE {
			b.Capabilities = append(b.Capabilities, c)
		}
	}
}

// Parts of reasons and limits.
const (
	lacks  = "lacks CAP_BPF and CAP_PERFMON"
	noSUID = "have no effect in the step (no_new_privs)"
)

// TestSandbox is the matrix: on each kind of machine the best backend that it
// allows is taken, the evidence is complete and says why no better one was, and
// the step notices nothing. The scripts of nobody do not look at no_new_privs,
// which the evidence names as what ptrace costs.
func TestSandbox(t *testing.T) {
	type change = func(*sandbox.Box)
	few := row{"ptrace", []string{"no more than 64 files may be open (ulimit -n)"}, ""}
	raised := few
	if mayRaise(t) {
		raised = row{backend: "ebpf"}
	}
	for _, test := range []struct {
		name   string
		place  func(*testing.T, ...change) *place
		change []change
		script string
		want   row
	}{
		{"root", asRoot, nil, privileges, row{backend: "ebpf"}},
		{"nobody", asNobody, []change{noSudo}, self, row{"ptrace", []string{lacks}, noSUID}},
		{"no BTF", asRoot, []change{noBTF}, privileges, row{"ptrace", []string{"no type information (stat /sys/kernel/btf/vmlinux"}, ""}},
		{"no BTF, nobody", asNobody, []change{noBTF, noSudo}, self, row{"ptrace", []string{"/sys/kernel/btf/vmlinux"}, noSUID}},
		{"no tracefs", asRoot, []change{gone("tracefs", "debugfs")}, privileges, row{backend: "ebpf"}},
		{"container, root", asRoot, []change{docker}, self, row{"ptrace", []string{lacks}, noSUID}},
		{"container, nobody", asNobody, []change{docker, noSudo}, self, row{"ptrace", []string{lacks}, noSUID}},
		{"bpf refused", asRoot, []change{refuse(unix.SYS_BPF)}, privileges, row{"ptrace", []string{"by a seccomp filter"}, ""}},
		{"hidden processes", asNobody, []change{noSudo, hidden}, self, row{"ptrace", []string{lacks}, noSUID}},
		{"few files, root", asRoot, []change{fewFiles}, privileges, raised},
		{"few files for good", asRoot, []change{fewFiles, noRaise}, privileges, few},
		{"few files, nobody", asNobody, []change{noSudo, fewFiles}, self, row{"ptrace", []string{lacks}, noSUID}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.want.check(t, test.place(t, test.change...).unharmed(test.script, "--trace=auto"))
		})
	}
}

// TestSandboxNoCgroups: without the hooks of a cgroup, destinations are still
// seen, and what the others are for is said not to be.
func TestSandboxNoCgroups(t *testing.T) {
	t.Parallel()
	p := asRoot(t, gone("cgroup2"))
	v := p.unharmed(`bash -c ': < /dev/tcp/127.0.0.1/1'; `+privileges, "--trace=auto")
	row{backend: "ebpf", limit: "cgroup_skb/egress is not used: no cgroup v2 hierarchy is mounted"}.check(t, v)
	if !slices.ContainsFunc(section[attest.Trace](t, v, attest.TypeTrace).Network, func(r attest.TraceReach) bool {
		return r.Syscall == "connect" && r.Address == "127.0.0.1" && r.Port == 1
	}) {
		t.Error("the destination was not seen")
	}
}

// TestSandboxUserNamespace: whoever is root there has the capabilities, and
// still may not use eBPF. The filter of ptrace takes no_new_privs from nobody,
// since CAP_SYS_ADMIN of the namespace is enough for it.
func TestSandboxUserNamespace(t *testing.T) {
	for name, in := range map[string]func(*testing.T, ...func(*sandbox.Box)) *place{"root": asRoot, "nobody": asNobody} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := in(t)
			p.inside = []string{"unshare", "-Ur"}
			if r := p.run("true"); r.code != 0 {
				t.Skipf("the kernel refuses user namespaces: %s", r.err)
			}
			want := row{backend: "ptrace", instead: []string{"those of a user namespace"}}
			want.check(t, p.unharmed(privileges, "--trace=auto"))
		})
	}
}

// TestSandboxNoTracer: where nothing can watch, the step runs as it would
// without us, the evidence says why it lacks, and who asked for that fails.
func TestSandboxNoTracer(t *testing.T) {
	type change = func(*sandbox.Box)
	for _, test := range []struct {
		name    string
		place   func(*testing.T, ...change) *place
		change  []change
		flag    string
		reasons []string
	}{
		{"root, no ptrace", asRoot, []change{docker, refuse(unix.SYS_PTRACE)}, "--trace=auto", []string{"ebpf: ", lacks, "ptrace: ", "PTRACE_SEIZE: operation not permitted"}},
		{"nobody, no ptrace", asNobody, []change{docker, noSudo, refuse(unix.SYS_PTRACE)}, "--trace=auto", []string{lacks, "PTRACE_SEIZE: operation not permitted"}},
		{"nobody, no filters", asNobody, []change{noSudo, noFilters}, "--trace=auto", []string{lacks, "install a seccomp filter: operation not permitted"}},
		{"ebpf by name", asNobody, []change{noSudo}, "--trace=ebpf", []string{lacks}},
		{"ebpf by name, no BTF", asRoot, []change{noBTF}, "--trace=ebpf", []string{"/sys/kernel/btf/vmlinux"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := test.place(t, test.change...)
			v := p.unharmed(privileges, test.flag)
			notWatched(t, v, test.reasons...)
			if r := collector(t, v, "trace"); test.flag == "--trace=ebpf" && strings.Contains(r.Reason, "ptrace") {
				t.Errorf("ptrace was tried too: %s", r.Reason)
			}
			if r := p.run(p.cilock("true", test.flag)...); r.code != 0 || !strings.Contains(r.err, "cilock: verdict: incomplete") {
				t.Errorf("exit code %d\n%s", r.code, r.err)
			}
			if r := p.run(p.cilock("true", test.flag, "--fail-on=incomplete")...); r.code != 4 {
				t.Errorf("exit code %d with --fail-on incomplete, want 4\n%s", r.code, r.err)
			}
		})
	}
}

// TestSandboxNoTemp: a tracer needs no temporary folder. Cilock itself does, and
// without any it refuses to run the step.
func TestSandboxNoTemp(t *testing.T) {
	t.Parallel()
	p := asRoot(t)
	p.env = append(p.env, "TMPDIR=/nonexistent")
	if r := p.run(p.cilock("touch ran", "--trace=auto")...); r.code != 2 || !strings.Contains(r.err, "make a temporary folder: stat /nonexistent") {
		t.Errorf("exit code %d\n%s", r.code, r.err)
	}
	if _, err := os.Stat(p.dir + "/ran"); err == nil {
		t.Error("the step was run")
	}
	p.env = append(p.env, "RUNNER_TEMP="+p.dir)
	row{backend: "ebpf"}.check(t, p.unharmed(privileges, "--trace=auto"))
}

// TestSandboxClosed: a step that closes all that it inherited ends as it would.
func TestSandboxClosed(t *testing.T) {
	for _, backend := range backends(t) {
		t.Run(backend, func(t *testing.T) {
			t.Parallel()
			p := asRoot(t)
			row{backend: backend}.check(t, p.unharmed(`for fd in 0 1 2 3 4 5 6 7 8 9; do eval "exec $fd>&-"; done; (echo $$ > closed); exit 5`, "--trace="+backend))
			products := section[map[string]attest.Product](t, p.bundle(), attest.TypeProduct)
			if _, ok := products["closed"]; !ok {
				t.Errorf("products %v", products)
			}
		})
	}
}

// TestSandboxUnprivilegedBPF records how the machine is set, which decides
// whether the reason of the row of nobody says anything about it.
func TestSandboxUnprivilegedBPF(t *testing.T) {
	text, err := os.ReadFile("/proc/sys/kernel/unprivileged_bpf_disabled")
	if err != nil {
		t.Skipf("this kernel always lets everybody load programs, or nobody: %v", err)
	}
	value := strings.TrimSpace(string(text))
	t.Logf("kernel.unprivileged_bpf_disabled is %s", value)
	p := asNobody(t, noSudo)
	row{"ptrace", []string{lacks}, noSUID}.check(t, p.unharmed(`cat /proc/sys/kernel/unprivileged_bpf_disabled`, "--trace=auto"))
}
