package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
)

const account = `cilock: backend: ebpf
cilock: hook: open: fentry/security_file_open
cilock: limit: standing
said by the trick
cilock: survivor: 6
cilock: gap: a gap
cilock: file events: 4 attempted, 2 received, 1 deduplicated, 0 lost
`

// TestListen: description and account are what cilock prints of them.
func TestListen(t *testing.T) {
	st := listen(account)
	if st.description == nil || variantOf("ebpf", st.description) != "fentry" || variantOf("ebpf", &trace.Description{}) != "exit" {
		t.Errorf("description %+v", st.description)
	}
	if st.account == nil || !slices.Equal(st.limits(), []string{"standing", "a gap"}) || !slices.Equal(st.account.Survivors, []int{6}) {
		t.Errorf("account %+v", st.account)
	}
	if st.claimsComplete() || !slices.Contains(st.unsound(), "class file: 0 lost, 1 unaccounted") {
		t.Errorf("a trace that does not add up passes: %v", st.unsound())
	}
	whole := listen(strings.ReplaceAll(strings.ReplaceAll(account, "cilock: gap: a gap\n", ""), "4 att", "3 att"))
	if !whole.claimsComplete() {
		t.Error("a trace without gaps does not pass as complete")
	}
	if st := listen("nothing of ours\n"); st.account != nil || st.claimsComplete() {
		t.Error("no account is one")
	}
}

// TestRead: every byte of a name survives, and a malformed trace is an error.
func TestRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "trace")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(trace.StreamHeader + "\n" + `{"k":"o","p":1,"f":"%bytes:/d/not-%FE-utf8"}` + "\n")
	st, err := read(file, "")
	if err != nil || len(st.messages) != 1 || st.messages[0].Path != "/d/not-\xfe-utf8" {
		t.Errorf("%v, %+v", err, st.messages)
	}
	write(trace.StreamHeader + "\n{\n")
	if _, err := read(file, ""); err == nil {
		t.Error("half a message is read without an error")
	}
	if st, err := read(file+"-not-there", ""); err != nil || st.messages != nil {
		t.Errorf("no trace: %v, %v", err, st.messages)
	}
}

// TestTree: each process is born once and ends once.
func TestTree(t *testing.T) {
	fork, exit, open := trace.Fork, trace.Exit, trace.Open
	message := func(kind trace.Kind, pid int) trace.Message { return trace.Message{Kind: kind, PID: pid} }
	for name, c := range map[string]struct {
		messages []trace.Message
		problems int
	}{
		"whole":           {[]trace.Message{message(fork, 1), message(fork, 2), message(open, 2), message(exit, 2), message(exit, 1)}, 0},
		"a late digest":   {[]trace.Message{message(fork, 1), message(exit, 1), message(trace.Digest, 1)}, 0},
		"unborn":          {[]trace.Message{message(fork, 1), message(open, 2), message(exit, 2), message(exit, 1)}, 1},
		"no end":          {[]trace.Message{message(fork, 1), message(fork, 2), message(exit, 1)}, 1},
		"a survivor":      {[]trace.Message{message(fork, 1), message(fork, 6), message(exit, 1)}, 0},
		"two ends":        {[]trace.Message{message(fork, 1), message(exit, 1), message(exit, 1)}, 1},
		"born twice":      {[]trace.Message{message(fork, 1), message(fork, 2), message(exit, 2), message(fork, 2), message(exit, 1)}, 1},
		"after its end":   {[]trace.Message{message(fork, 1), message(exit, 1), message(open, 1)}, 1},
		"nobody is there": {nil, 0},
	} {
		st := stream{messages: c.messages, account: &trace.Account{Survivors: []int{6}}}
		if got := st.tree(); len(got) != c.problems {
			t.Errorf("%s: %v", name, got)
		}
	}
}
