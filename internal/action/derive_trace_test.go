package action

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/pkg/trace"
)

// traced is the evidence of a step that was watched, with what the messages say.
func traced(messages ...trace.Message) Evidence {
	body := &traceBody{
		plan:    Plan{Dir: "/w", Scratch: "/scratch", Redactor: NewRedactor([]string{"MY_TOKEN=tok-0123456789abcdef"})},
		summary: trace.NewSummary(trace.SummaryBounds{}), sensor: trace.Description{Backend: "ebpf"},
		account: trace.Account{Classes: []trace.Class{{Name: "file", Attempted: 10, Received: 7, Deduplicated: 2, Lost: 1}}, NotFound: 4},
	}
	for _, m := range messages {
		body.summary.Handle(m)
	}
	return Evidence{Rows: []Row{
		{Name: "material", Section: Section{Body: materialBody{files: map[string]attest.DigestSet{
			"in.txt": attest.SHA256("11"), "both.txt": attest.SHA256("22"),
		}}}},
		{Name: "command-run", Section: Section{Type: attest.TypeCommandRun, Body: attest.CommandRun{}}},
		{Name: "product", Section: Section{Body: productBody{products: map[string]attest.Product{
			"out.txt": {Digest: attest.SHA256("33")}, "both.txt": {Digest: attest.SHA256("44")},
		}}}},
		{Name: "trace", Start: time.Unix(1, 0), End: time.Unix(2, 0), Section: body.section()},
	}}
}

func derived(t *testing.T, messages ...trace.Message) (Evidence, attest.CommandRun, attest.Trace) {
	t.Helper()
	e := Derive(traced(messages...))
	run, ok := e.Rows[1].Section.Body.(attest.CommandRun)
	body, isTrace := e.Rows[3].Section.Body.(*attest.Trace)
	if !ok || !isTrace || e.Rows[3].Section.Type != attest.TypeTrace {
		t.Fatalf("sections %+v", e.Rows)
	}
	return e, run, *body
}

func TestProcessesOfCommandRun(t *testing.T) {
	e, run, body := derived(t,
		trace.Message{Kind: trace.Fork, PID: 10, Parent: 1, Time: 1e9},
		trace.Message{Kind: trace.Exec, PID: 10, Path: "/bin/sh", Script: "/w/build.sh", Args: []string{"sh", "--password", "tok-0123456789abcdef"}, Ino: 5, Time: 2e9},
		trace.Message{Kind: trace.Digest, Ino: 5, SHA256: "aa"},
		trace.Message{Kind: trace.Open, PID: 10, Path: "/w/build.sh", Ino: 6, Access: trace.Read},
		trace.Message{Kind: trace.Digest, Ino: 6, SHA256: "bb"},
		trace.Message{Kind: trace.Open, PID: 10, Path: "/proc/10/environ", Name: "/proc/self/environ", Access: trace.Read},
		trace.Message{Kind: trace.Open, PID: 10, Path: "/proc/1/environ", Access: trace.Read},
		trace.Message{Kind: trace.Open, PID: 10, Path: "/w/in.txt", Ino: 7, Access: trace.Read},
		trace.Message{Kind: trace.Open, PID: 10, Path: "/w/out.txt", Ino: 8, Access: trace.Write | trace.Create},
		trace.Message{Kind: trace.Open, PID: 10, Path: "/w/both.txt", Ino: 9, Access: trace.Read},
		trace.Message{Kind: trace.Open, PID: 10, Path: "/secret", Errno: 13},
		trace.Message{Kind: trace.Open, PID: 10, Path: "/tmp/tok-0123456789abcdef/x", Access: trace.Read},
		trace.Message{Kind: trace.Name, PID: 10, Op: "answer", Names: []string{"example.test"}, Answers: []string{"192.0.2.1"}},
		trace.Message{Kind: trace.Name, PID: 10, Op: "sni", Names: []string{"sni.test"}, Address: "192.0.2.1", Port: 443},
		trace.Message{Kind: trace.Net, PID: 10, Op: "connect", Family: "inet", Protocol: "tcp", Address: "192.0.2.1", Port: 443},
		trace.Message{Kind: trace.Net, PID: 10, Op: "connect", Family: "unix", Address: "/run/docker.sock"},
		trace.Message{Kind: trace.File, PID: 10, Op: "unlink", Path: "/w/in.txt"},
		trace.Message{Kind: trace.Syscall, PID: 10, Op: "ptrace", Target: "attach 9"},
		trace.Message{Kind: trace.Exit, PID: 10, Signal: 9, Code: 137, Time: 3e9},
	)
	if len(run.Processes) != 1 {
		t.Fatalf("processes %+v", run.Processes)
	}
	p := run.Processes[0]
	if p.Program != "/w/build.sh" || p.Exe != "/bin/sh" || p.ProgramDigest["sha256"] != "bb" || p.ExeDigest["sha256"] != "aa" ||
		p.Signal != "SIGKILL" || *p.ExitCode != 137 || strings.Contains(p.Cmdline, "tok-") {
		t.Errorf("process %+v", p)
	}
	for path, want := range map[string]string{
		"/w/in.txt": "11", "/w/out.txt": "33", "/w/both.txt": "", "/proc/self/environ": "", "/proc/10/environ": "", "/bin/sh": "aa",
	} {
		if got, ok := p.OpenedFiles[path]; !ok || got["sha256"] != want {
			t.Errorf("opened %s: %v, %t, want %q", path, got, ok, want)
		}
	}
	text, err := json.Marshal(e.Rows[1].Section.Body)
	if err != nil || bytes.Contains(text, []byte("tok-0123456789abcdef")) || bytes.Contains(text, []byte(`"/secret"`)) {
		t.Errorf("%v: a secret, or a file that was not opened, is in %s", err, text)
	}
	if n := body.Network[0]; n.Names[0] != "example.test" || n.SNI != "sni.test" {
		t.Errorf("network %+v", body.Network)
	}
	if len(body.Failed) != 1 || body.Failed[0].Path != "/secret" || body.NotFound != 4 {
		t.Errorf("failed %+v", body.Failed)
	}
	if len(body.Syscalls) != 2 || body.Syscalls[1].Target != "/proc/1/environ" {
		t.Errorf("syscalls %+v", body.Syscalls)
	}
	if len(body.Writes) != 2 || !body.Inlined || e.Sidecar != nil {
		t.Errorf("writes %+v, inlined %t", body.Writes, body.Inlined)
	}
	if !slices.ContainsFunc(body.Limits, func(s string) bool { return strings.Contains(s, "docker") }) {
		t.Errorf("limits %q do not name the daemon", body.Limits)
	}
	if gaps := e.Rows[3].Section.Gaps; len(gaps) != 1 || gaps[0] != "1 of 10 file events were lost" {
		t.Errorf("gaps %q", gaps)
	}
}

// TestTooLargeForTheStatement: then nothing of the list is there that a rule
// could take for the whole, and the sidecar has everything.
func TestTooLargeForTheStatement(t *testing.T) {
	messages := []trace.Message{{Kind: trace.Exec, PID: 10, Path: "/bin/cat", Args: []string{"cat", "tok-0123456789abcdef"}}}
	for i := range maxInlineOpens {
		messages = append(messages, trace.Message{Kind: trace.Open, PID: 10, Path: fmt.Sprint("/data/", i), Ino: uint64(i), Access: trace.Read})
	}
	e, run, body := derived(t, messages...)
	if run.Processes != nil || body.Inlined || body.Opens != maxInlineOpens+1 {
		t.Errorf("%d processes, inlined %t, %d opens", len(run.Processes), body.Inlined, body.Opens)
	}
	sum := sha256.Sum256(e.Sidecar)
	if body.Sidecar["sha256"] != hex.EncodeToString(sum[:]) || body.LeafCount < maxInlineOpens {
		t.Errorf("the sidecar is not the one that is named: %+v", body.Sidecar)
	}
	again := trace.NewSummary(trace.SummaryBounds{})
	if err := trace.Replay(bytes.NewReader(e.Sidecar), again); err != nil || again.Opens() != body.Opens {
		t.Errorf("replayed %d opens: %v", again.Opens(), err)
	}
	if strings.Contains(strings.Join(again.Processes()[0].Args, " "), "tok-") {
		t.Error("a secret is in the sidecar")
	}
	all := []attest.Attestation{{Type: attest.TypeCommandRun}, {Type: attest.TypeMaterial}}
	if kept := witnessOnly(all, true); len(kept) != 1 || kept[0].Type != attest.TypeMaterial {
		t.Errorf("Witness gets %+v", kept)
	}
	if text, _ := json.Marshal(run); bytes.Contains(text, []byte("processes")) {
		t.Errorf("command-run has a list: %s", text)
	}
}

// TestLongNames: however long and odd the names, the statement stays well below
// what a verifier reads.
func TestLongNames(t *testing.T) {
	long := strings.Repeat("\x01", 4000)
	messages := []trace.Message{{Kind: trace.Exec, PID: 10, Path: "/bin/cat"}}
	for i := range 9_000 {
		messages = append(messages, trace.Message{Kind: trace.Open, PID: 10, Path: fmt.Sprint("/", i, long), Ino: uint64(i), Access: trace.Write},
			trace.Message{Kind: trace.File, PID: 10, Op: "unlink", Path: fmt.Sprint("/", i, long)})
	}
	e, run, body := derived(t, messages...)
	all, err := json.Marshal([]any{run, body})
	if err != nil || len(all) > attest.MaxBundleSize/2 {
		t.Errorf("%v: %d bytes", err, len(all))
	}
	if body.Inlined || body.NotListed == 0 || len(e.Sidecar) == 0 {
		t.Errorf("inlined %t, %d not listed, a sidecar of %d bytes", body.Inlined, body.NotListed, len(e.Sidecar))
	}
}

// TestNothingWasSeen: a list of no processes is there when the sensor saw none,
// and absent when nothing was watched.
func TestNothingWasSeen(t *testing.T) {
	_, run, body := derived(t)
	if text, _ := json.Marshal(run); !bytes.Contains(text, []byte(`"processes":[]`)) || !body.Inlined {
		t.Errorf("command-run is %s", text)
	}
	e := Derive(Evidence{Rows: []Row{{Section: Section{Body: attest.CommandRun{}}}}})
	if text, _ := json.Marshal(e.Rows[0].Section.Body); bytes.Contains(text, []byte("processes")) {
		t.Errorf("command-run is %s", text)
	}
}

func TestWithin(t *testing.T) {
	for path, want := range map[string]bool{"/w": true, "/w/a": true, "/wx": false, "/": false} {
		if within("/w", path) != want {
			t.Errorf("within /w: %s is %t", path, !want)
		}
	}
}
