package browser

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/org/cilock-action/internal/report"
	"github.com/org/cilock-action/pkg/attest"
)

// hostile is text that every name of the evidence begins with. PORT is a server
// that must never be asked.
const hostile = "</script><script>window.pwned=1;alert(1)</script><!--<img src=http://127.0.0.1:PORT/x onerror=window.pwned=1>\"' onmouseover=alert(1) \u202egnp\u2066\u200b\x1b[31m "

// body is one attestation.
func body(typ string, v any) map[string]any {
	at := time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC)
	return map[string]any{"type": typ, "attestation": v, "starttime": at, "endtime": at.Add(3 * time.Second)}
}

// page writes the report of a step with n processes and returns its path. evil
// stands before whatever a build can name.
func page(t *testing.T, n int, evil string) string {
	t.Helper()
	begin := time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC)
	zero, one := 0, 1
	var all []attest.Process
	for i := range n {
		from, to := begin.Add(time.Duration(i)*time.Millisecond), begin.Add(time.Duration(i+40)*time.Millisecond)
		p := attest.Process{
			Program: evil + "/usr/bin/cc", ProcessID: 1000 + i, ParentPID: 1000 + (i-1)/8, Comm: "cc",
			Cmdline: fmt.Sprintf("%scc -O2 -c src/unit-%d.c -o build/unit-%d.o", evil, i, i), Start: &from, End: &to, ExitCode: &zero, Cwd: "/srv/app", UID: 1000,
			OpenedFiles: map[string]attest.DigestSet{
				fmt.Sprintf("/srv/app/%ssrc/unit-%d.c", evil, i): attest.SHA256(strings.Repeat("ab", 32)), "/usr/include/stdio.h": {}, "/usr/lib/libc.so.6": {}, "/usr/bin/cc": {},
			},
		}
		if i == 0 {
			p.Program, p.Cmdline, p.ParentPID = "/usr/bin/make", "make -j8 all", 1
		}
		if i == n-1 {
			p.ExitCode, p.Program = &one, "/usr/bin/curl"
			p.OpenedFiles["/home/runner/.ssh/id_ed25519"] = attest.DigestSet{}
		}
		all = append(all, p)
	}
	st := map[string]any{
		"_type": attest.StatementType, "predicateType": attest.CollectionType,
		"subject": []any{map[string]any{"name": evil + "app", "digest": attest.SHA256(strings.Repeat("cd", 32))}},
		"predicate": map[string]any{"name": evil + "build", "attestations": []any{
			body(attest.TypeCommandRun, attest.CommandRun{Cmd: []string{"make", "-j8", evil + "all"}, ExitCode: 1, Processes: all}),
			body(attest.TypeMaterial, map[string]attest.DigestSet{evil + "main.c": attest.SHA256(strings.Repeat("ef", 32))}),
			body(attest.TypeProduct, map[string]attest.Product{evil + "app": {MimeType: "application/x-executable", Digest: attest.SHA256(strings.Repeat("cd", 32))}}),
			body(attest.TypeEnvironment, map[string]any{"os": "linux", "hostname": evil + "host", "variables": map[string]string{"HOME": "/home/runner", evil + "X": evil}}),
			body(attest.TypeGit, map[string]any{"commithash": strings.Repeat("1", 40), "commitmessage": evil + "fix\nmore"}),
			body(attest.TypeGitHubAction, attest.GitHubAction{ActionRef: evil + "octo-org/setup@v1", ActionType: "action", TreeVerified: "unverified"}),
			body(attest.TypeSecretScan, attest.SecretScan{Canary: true, High: 1, Findings: []attest.SecretFinding{{RuleID: "github-pat", Description: evil, Location: evil + "app", Tier: "high", EncodingPath: []string{"base64"}}}}),
			body(attest.TypeTrees, attest.Trees{}),
			body(attest.TypeTrace, attest.Trace{
				Backend: "ebpf", Inlined: true, Processes: n, Opens: 4 * n,
				Network:  []attest.TraceReach{{ProcessID: 1000 + n - 1, Syscall: "connect", Family: "inet", Protocol: "tcp", Address: "192.0.2.7", Port: 443, SNI: evil + "example.org", Count: 3}},
				Lookups:  []attest.TraceLookup{{ProcessID: 1000 + n - 1, Kind: "query", Names: []string{evil + "example.org"}}},
				Syscalls: []attest.TraceCall{{ProcessID: 1000 + n - 1, Syscall: "ptrace", Target: evil}},
				Writes:   []attest.TraceChange{{ProcessID: 1000, Operation: "create", Path: "/srv/app/" + evil + "app"}},
			}),
			body(attest.TypeCompleteness, attest.Completeness{Started: true, Collectors: []attest.CollectorRow{
				{Name: "trace", State: attest.StateRan, Backend: "ebpf", Attempted: 10, Received: 10, Limits: []string{evil}},
				{Name: "git", State: attest.StateNotApplicable, Reason: "no checkout"},
			}}),
		}},
	}
	payload, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(map[string]any{
		"payload": payload, "payloadType": attest.PayloadType, "signatures": []any{map[string]string{"sig": "AAAA", "keyid": evil}},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := report.Bundle{Name: evil + "e.json", Data: data}
	if err := report.Check(b); err != nil {
		t.Fatal(err)
	}
	html, err := report.Render(report.Input{Bundles: []report.Bundle{b}, Judgement: report.Unverified([]report.Bundle{b}), Command: "cilock verify --key PUBLIC_KEY.pem --bundle " + evil + "e.json app"})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "r.html")
	if err := os.WriteFile(path, html, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d processes: %d bytes of evidence, %d of report", n, len(data), len(html))
	return path
}
