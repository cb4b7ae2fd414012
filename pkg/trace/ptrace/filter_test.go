//go:build linux && (amd64 || arm64)

package ptrace

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// evaluate runs a filter as the kernel would, on what a call looks like.
func evaluate(t *testing.T, p []unix.SockFilter, arch uint32, nr int, args ...uint64) uint32 {
	t.Helper()
	words := make([]uint32, 16) // struct seccomp_data
	words[0], words[1] = uint32(nr), arch
	for i, a := range args {
		words[4+2*i], words[5+2*i] = uint32(a), uint32(a>>32)
	}
	var acc uint32
	for pc := 0; pc < len(p); pc++ {
		in := p[pc]
		taken := false
		switch in.Code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			acc = words[in.K/4]
			continue
		case unix.BPF_ALU | unix.BPF_AND | unix.BPF_K:
			acc &= in.K
			continue
		case unix.BPF_JMP | unix.BPF_JA:
			pc += int(in.K)
			continue
		case unix.BPF_RET | unix.BPF_K:
			return in.K
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			taken = acc == in.K
		case unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K:
			taken = acc >= in.K
		case unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K:
			taken = acc&in.K != 0
		default:
			t.Fatalf("unknown instruction %+v", in)
		}
		if taken {
			pc += int(in.Jt)
		} else {
			pc += int(in.Jf)
		}
	}
	t.Fatal("the filter ends without an answer")
	return 0
}

const (
	stops  = unix.SECCOMP_RET_TRACE | filterData
	passes = unix.SECCOMP_RET_ALLOW
)

func TestFilterKnowsEveryNumber(t *testing.T) {
	filter := Filter()
	if len(filter) > 4096 {
		t.Fatalf("%d instructions are more than the kernel takes", len(filter))
	}
	for _, kind := range abis() {
		for nr := range 1024 {
			c := kind.calls[nr]
			want := uint32(passes)
			args := []uint64{}
			if c != nil {
				want, args = stops, satisfying(c)
			}
			asked := nr
			if kind.x32 {
				asked |= x32Bit
			}
			if got := evaluate(t, filter, kind.arch, asked, args...); got != want {
				t.Errorf("arch %x call %d: %x, want %x", kind.arch, asked, got, want)
			}
		}
	}
	if got := evaluate(t, filter, 0x1234, 2); got != passes {
		t.Errorf("an unknown architecture: %x", got)
	}
}

// satisfying makes arguments on which all of a call's conditions hold.
func satisfying(c *call) []uint64 {
	args := make([]uint64, 6)
	for _, w := range c.when {
		switch w.test {
		case anyBit, oneOf:
			args[w.arg] = uint64(w.values[len(w.values)-1])
		case noneOf, positive:
			args[w.arg] = 9
		case nonNull:
			args[w.arg] = 1 << 32
		}
	}
	return args
}

func TestFilterConditions(t *testing.T) {
	native := abis()[0]
	number := func(name string) int {
		for nr, c := range native.calls {
			if c.name == name {
				return nr
			}
		}
		t.Fatal("no call", name)
		return 0
	}
	filter := Filter()
	for _, c := range []struct {
		call string
		args []uint64
		want uint32
	}{
		{"mmap", []uint64{0, 4096, unix.PROT_READ | unix.PROT_EXEC, unix.MAP_PRIVATE, 3}, stops},
		{"mmap", []uint64{0, 4096, unix.PROT_READ, unix.MAP_PRIVATE, 3}, passes},
		{"mmap", []uint64{0, 4096, unix.PROT_EXEC, unix.MAP_PRIVATE, 0xffffffff}, passes},
		{"mmap", []uint64{0, 4096, unix.PROT_EXEC, unix.MAP_PRIVATE, ^uint64(0)}, passes},
		{"sendto", []uint64{3, 1, 1, 0, 0, 0}, passes},
		{"sendto", []uint64{3, 1, 1, 0, 0x7fff00001000, 16}, stops},
		{"sendto", []uint64{3, 1, 1, 0, 1, 16}, stops},
		{"clone", []uint64{uint64(unix.SIGCHLD)}, passes},
		{"clone", []uint64{uint64(unix.SIGCHLD) | unix.CLONE_NEWUSER}, stops},
		{"unshare", []uint64{unix.CLONE_FILES}, passes},
		{"unshare", []uint64{unix.CLONE_NEWTIME}, stops},
		{"tgkill", []uint64{1, 1, uint64(unix.SIGURG)}, passes},
		{"tgkill", []uint64{1, 1, uint64(unix.SIGWINCH)}, passes},
		{"tgkill", []uint64{1, 1, uint64(unix.SIGKILL)}, stops},
		{"kill", []uint64{1, 0}, passes},
		{"kill", []uint64{1, uint64(unix.SIGSTOP)}, stops},
		{"prctl", []uint64{unix.PR_SET_DUMPABLE}, stops},
		{"prctl", []uint64{unix.PR_SET_NAME}, passes},
		{"seccomp", []uint64{unix.SECCOMP_SET_MODE_FILTER, 0}, passes},
		{"seccomp", []uint64{unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER}, stops},
		{"ptrace", []uint64{unix.PTRACE_CONT}, passes},
		{"ptrace", []uint64{unix.PTRACE_TRACEME}, stops},
	} {
		if got := evaluate(t, filter, native.arch, number(c.call), c.args...); got != c.want {
			t.Errorf("%s %#x: %x, want %x", c.call, c.args, got, c.want)
		}
	}
}

// TestNumbers compares the table with the one that golang.org/x/sys has made
// from the kernel's headers.
func TestNumbers(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/sys").Output()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]map[string]string{}
	for _, arch := range []string{"amd64", "arm64", "386", "arm"} {
		text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "unix", "zsysnum_linux_"+arch+".go"))
		if err != nil {
			t.Fatal(err)
		}
		known[arch] = map[string]string{}
		for _, m := range regexp.MustCompile(`SYS_(\w+)\s+= (\d+)`).FindAllStringSubmatch(string(text), -1) {
			known[arch][strings.ToLower(m[1])] = m[2]
		}
	}
	all := calls()
	for _, n := range numbers() {
		if all[n.name] == nil {
			t.Errorf("nothing is done about %s", n.name)
		}
		for arch, nr := range map[string]int{"amd64": n.amd64, "arm64": n.arm64, "386": n.i386, "arm": n.arm} {
			want, there := known[arch][n.name]
			switch {
			case n.name == "old_mmap":
				there, want = arch == "386", known[arch]["mmap"]
			case n.name == "mmap" && arch == "386":
				there = false
			}
			if got := fmt.Sprint(nr); there && got != want || !there && nr != -1 {
				t.Errorf("%s on %s is %s, and the table has %s", n.name, arch, want, got)
			}
		}
		delete(all, n.name)
	}
	for name := range all {
		t.Errorf("%s has no number", name)
	}
}
