package action

import (
	"flag"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// summaryCases are runs as people meet them, and one of an attacker.
func summaryCases() map[string]Report {
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	traced := Row{Name: "trace", Section: Section{Backend: "ebpf", Counts: []attest.TraceCount{{Class: "file", Received: 48_000, Attempted: 48_000}, {Class: "process", Received: 210, Attempted: 210}}}}
	plan := Plan{Redactor: NewRedactor(nil), Name: "build", Dir: "/w", Outfile: "/w/build.cilock.json", Signing: Signing{Key: new(attest.Key), KeyAt: "k.pub"}}
	ended := Step{Started: true, Start: now, End: now.Add(3200 * time.Millisecond)}
	clean := Report{
		Plan: plan, Step: ended, Verdict: verdict.Pass, Trace: traced, Files: []string{"/w/build.cilock.json"},
		Proof:    Proof{Identity: "https://github.com/o/r/.github/workflows/ci.yml@refs/heads/main"},
		Subjects: []attest.Subject{{Name: "dist/app", Digest: attest.SHA256(strings.Repeat("ab", 32))}},
	}
	found := clean
	found.Verdict = verdict.Fail
	found.Findings = []verdict.Finding{
		{Verdict: verdict.Warn, Rule: "step-succeeded", Step: "build", Expected: "exit code 0", Found: "exit code 1"},
		{Verdict: verdict.Fail, Rule: "module build: behaviour.rego", Step: "build", Expected: "no denial", Found: "Suspicious file access: process /usr/bin/cat (PID 12) read /proc/self/environ", Fix: "look at what started it"},
	}
	for range 6 {
		found.Findings = append(found.Findings, verdict.Finding{Verdict: verdict.Incomplete, Rule: "complete", Step: "build", Expected: "no gap in trace", Found: "events were lost"})
	}
	found.Seen = Seen{
		Processes: []attest.Process{{Program: "/usr/bin/bash", ProcessID: 10, ParentPID: 1}, {Program: "/usr/bin/node", ProcessID: 11, ParentPID: 10}, {Program: "/usr/bin/cat", ProcessID: 12, ParentPID: 11}},
		Network: []attest.TraceReach{
			{ProcessID: 11, Syscall: "connect", Address: "203.0.113.7", Port: 443, SNI: "collect.example"},
			{ProcessID: 12, Syscall: "connect", Address: "203.0.113.7", Port: 443, SNI: "collect.example"},
			{ProcessID: 11, Syscall: "connect", Address: "2001:db8::1", Port: 80, Names: []string{"a.example", "b.example"}},
			{ProcessID: 11, Syscall: "listen", Address: "127.0.0.1", Port: 8080},
		},
		Actions: []attest.GitHubAction{
			{ActionRef: "acme/tool@v1", ResolvedSHA: strings.Repeat("1a", 20)}, {ActionRef: "acme/other@main"}, {ActionRef: "acme/pinned@" + strings.Repeat("2b", 20), RefPinned: true},
		},
	}
	hostile := found
	hostile.Plan.Name = "x`</code><script>alert(1)</script>"
	hostile.Files = []string{"/w/$(touch pwned)`id`\n```\n# heading.json"}
	hostile.Plan.Outfile = hostile.Files[0]
	hostile.Subjects = []attest.Subject{{Name: "a|b](javascript:x) @everyone \u202egnp.exe\n::error::no", Digest: attest.SHA256(strings.Repeat("cd", 32))}}
	hostile.Findings = []verdict.Finding{{Verdict: verdict.Fail, Rule: "r\n# x", Expected: "**bold**", Found: "<img src=x onerror=y> | [a](b) PID 12\n\n---\n" + strings.Repeat("A", 5000), Fix: "`` ``` ~~~"}}
	hostile.Seen.Network = []attest.TraceReach{{ProcessID: 1, Syscall: "connect", Address: "127.0.0.1", Port: 1, SNI: "</td><b>|x"}}
	hostile.Seen.Actions = []attest.GitHubAction{{ActionRef: "a/b@```\n</code>", ResolvedSHA: strings.Repeat("3c", 20)}}
	for i := range 50 {
		hostile.Seen.Network = append(hostile.Seen.Network, attest.TraceReach{ProcessID: i, Syscall: "send", Address: "198.51.100.1", Port: 1000 + i})
	}
	never := Report{Plan: plan, Step: Step{Reason: "denied by the policy"}, Verdict: verdict.Fail, Lost: []string{"write evidence: no space left"}}
	return map[string]Report{"clean": clean, "found": found, "hostile": hostile, "never": never}
}

// TestSummary compares the job summary with what was looked at once. The same run
// gives the same text.
func TestSummary(t *testing.T) {
	for name, r := range summaryCases() {
		t.Run(name, func(t *testing.T) {
			got := r.Markdown()
			if again := r.Markdown(); again != got {
				t.Error("a second time it is another")
			}
			path := filepath.Join("testdata", "summary", name+".md")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("it is\n%s\nwant\n%s", got, want)
			}
			for _, bad := range []string{"<script", "<img", "](javascript", "\u202e", "\n# heading", "\n# x", "\n---", "\n::"} {
				if strings.Contains(got, bad) {
					t.Errorf("%q is in it", bad)
				}
			}
		})
	}
}

// largest is a run in which every text is as long as it can be, in characters
// that are spelled with six.
func largest(plan Plan) Report {
	long := strings.Repeat("<<<< ", 800)
	r := Report{Plan: plan, Verdict: verdict.Fail, Files: []string{"/w/" + long}, Step: Step{Started: true}}
	r.Plan.Name, r.Plan.Outfile = long, r.Files[0]
	for i := range 40 {
		r.Findings = append(r.Findings, verdict.Finding{Verdict: verdict.Fail, Rule: long, Expected: long, Found: "PID 7 " + long, Fix: long})
		r.Lost = append(r.Lost, long)
		r.Subjects = append(r.Subjects, attest.Subject{Name: long, Digest: attest.SHA256(strings.Repeat("ab", 32))})
		r.Seen.Processes = append(r.Seen.Processes, attest.Process{ProcessID: i, ParentPID: i - 1, Program: "/" + long})
		r.Seen.Network = append(r.Seen.Network, attest.TraceReach{ProcessID: i, Syscall: "send", Address: long, Port: i, SNI: long})
		r.Seen.Actions = append(r.Seen.Actions, attest.GitHubAction{ActionRef: "a/b@" + long, ResolvedSHA: strings.Repeat("3c", 20)})
	}
	return r
}

// TestSummaryLargest: long texts do not take the end of the summary, where the
// evidence is, nor cut a block of code in two.
func TestSummaryLargest(t *testing.T) {
	r := largest(Plan{Redactor: NewRedactor(nil), Dir: "/w", Signing: Signing{Key: new(attest.Key)}})
	got := r.Markdown()
	if len(got) > summarySize {
		t.Errorf("%d bytes", len(got))
	}
	for _, want := range []string{"- evidence: <code>", "sha256&#58;abab", "- verify with: <code>", "and 20 more", "**lost** and 30 more"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Count(got, "\n```") != 2 {
		t.Error("a block of code is not ended")
	}
}

// TestSummarySecrets: a secret is taken out of a text before the text is escaped,
// which would hide it from the redaction and from the runner's.
func TestSummarySecrets(t *testing.T) {
	const secret = "made_up.secret*of-a~test" // generated, not a credential
	r := Report{
		Plan: Plan{Redactor: NewRedactor([]string{"MY_TOKEN=" + secret}), Name: secret, Outfile: "/w/" + secret, Dir: "/w", Signing: Signing{Key: new(attest.Key), KeyAt: secret}},
		Step: Step{Reason: secret}, Files: []string{"/w/" + secret}, Lost: []string{secret}, Subjects: []attest.Subject{{Name: secret, Digest: attest.SHA256(strings.Repeat("ab", 32))}},
		Findings: []verdict.Finding{{Rule: secret, Expected: secret, Found: "PID 7 " + secret, Fix: secret}},
		Seen: Seen{
			Processes: []attest.Process{{ProcessID: 7, Program: "/tmp/" + secret}},
			Network:   []attest.TraceReach{{Syscall: "connect", SNI: secret + ".example", Address: "198.51.100.1"}},
			Actions:   []attest.GitHubAction{{ActionRef: "a/" + secret + "@v1"}},
		},
	}
	got := html.UnescapeString(r.Markdown())
	if strings.Contains(got, secret) || !strings.Contains(got, "[REDACTED") {
		t.Errorf("the secret is in it, or not taken out:\n%s", got)
	}
}

// TestChain: processes that are each other's parents have an end, and one without
// a program has a name.
func TestChain(t *testing.T) {
	s := Seen{Processes: []attest.Process{{ProcessID: 1, ParentPID: 2, Program: "/bin/a"}, {ProcessID: 2, ParentPID: 1, Comm: "b/0"}}}
	if got := s.chain(verdict.Finding{Found: "PID 1"}); got != "b/0 (2) > a (1)" {
		t.Errorf("the chain is %q", got)
	}
}
