package frozen

import (
	"bytes"
	"encoding/binary"
	"os"
	"strings"
	"testing"
)

// refuseMkdir is a filter by which mkdir and mkdirat fail with the error 99,
// whatever the architecture: numbers are compared, not what they mean.
func refuseMkdir(numbers ...uint32) []byte {
	var b []byte
	add := func(code uint16, jt, jf byte, k uint32) {
		b = binary.NativeEndian.AppendUint16(b, code)
		b = binary.NativeEndian.AppendUint32(append(b, jt, jf), k)
	}
	add(0x20, 0, 0, 0) // load the number
	for _, n := range numbers {
		add(0x15, 0, 1, n)          // if it is n
		add(0x06, 0, 0, 0x00050063) // SECCOMP_RET_ERRNO | 99
	}
	add(0x06, 0, 0, 0x7fff0000) // SECCOMP_RET_ALLOW
	return b
}

func TestPrepareFilter(t *testing.T) {
	var out bytes.Buffer
	cmd, sock := freeze(t, &out)
	m, err := PrepareMessage(Preparation{Tracer: os.Getpid(), NoNewPrivs: true, Filter: refuseMkdir(83, 258, 34)}) // mkdir, mkdirat; mkdirat of arm64
	if err != nil {
		t.Fatal(err)
	}
	sock.Write(m)
	said := make([]byte, len(Prepared))
	if _, err := sock.Read(said); err != nil || ParseAnswer(string(said)) != nil {
		t.Fatalf("the process answered %q, %v", said, err)
	}
	m, _ = Message([]string{"sh", "-c", "mkdir /nowhere/x; grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status"}, []string{"PATH=/bin:/usr/bin", "LC_ALL=C"})
	sock.Write(m)
	cmd.Wait()
	if got := out.String(); !strings.Contains(got, "99") && !strings.Contains(got, "Cannot assign requested address") || !strings.Contains(got, "NoNewPrivs:\t1\nSeccomp:\t2") {
		t.Errorf("the command says %q", got)
	}
}

func TestPrepareRefused(t *testing.T) {
	var out bytes.Buffer
	cmd, sock := freeze(t, &out)
	m, _ := PrepareMessage(Preparation{NoNewPrivs: true, Filter: make([]byte, 8)}) // loads and never returns
	sock.Write(m)
	said := make([]byte, MaxOutcome)
	n, _ := sock.Read(said)
	if err := ParseAnswer(string(said[:n])); err == nil || !strings.Contains(err.Error(), "install the filter of system calls: invalid argument") {
		t.Errorf("the process answered %q: %v", said[:n], err)
	}
	m, _ = Message([]string{"echo", "runs all the same"}, []string{"PATH=/bin:/usr/bin"})
	sock.Write(m)
	cmd.Wait()
	if out.String() != "runs all the same\n" {
		t.Errorf("the command says %q", out.String())
	}
	if _, err := PrepareMessage(Preparation{Filter: make([]byte, 7)}); err == nil {
		t.Error("half an instruction is accepted")
	}
}
