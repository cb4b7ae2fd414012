package policy

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
)

// openedFiles is a command-run with 200,000 opened files, some 27 MB of JSON.
func openedFiles(b *testing.B, processes int) []byte {
	b.Helper()
	const all = 200_000
	var list []any
	for p := range processes {
		files := map[string]any{}
		for i := range all / processes {
			n := p*(all/processes) + i
			files[fmt.Sprintf("/home/runner/work/app/node_modules/package-%d/lib/f%d.js", n/20, n)] = attest.SHA256(fmt.Sprintf("%064x", n))
		}
		list = append(list, map[string]any{"program": "/usr/bin/node", "processid": p + 2, "parentpid": 1, "comm": "node", "cmdline": "node", "uid": 0, "openedfiles": files})
	}
	text, err := json.Marshal(map[string]any{"cmd": []string{"npm"}, "exitcode": 0, "processes": list})
	if err != nil {
		b.Fatal(err)
	}
	return text
}

// BenchmarkOpenedFiles is both published texts over a trace of 200,000 opened
// files, in the process that evaluates. Memory is that process' ru_maxrss.
func BenchmarkOpenedFiles(b *testing.B) {
	for _, processes := range []int{1, 200, 20_000} {
		b.Run(fmt.Sprintf("of%d", processes), func(b *testing.B) {
			input := openedFiles(b, processes)
			self, rss := sandbox(b), int64(0)
			var cmd *exec.Cmd
			s := Sandbox{Command: func(ctx context.Context) *exec.Cmd {
				cmd = self.Command(ctx)
				return cmd
			}}
			for b.Loop() {
				batch := &Batch{Now: now, Modules: []Source{{"source.rego", read(b, "testdata/source.rego")}, {"behaviour.rego", read(b, "testdata/behaviour.rego")}}}
				run, action := batch.Document(Schema(attest.TypeCommandRun)), batch.Document(Schema(attest.TypeGitHubAction))
				batch.Checks = []Check{
					{0, batch.Document([]byte(`{"actionref":"actions/checkout@0123456789012345678901234567890123456789","refpinned":true}`)), None, action},
					{1, batch.Document(input), None, run},
				}
				for _, a := range s.Evaluate(context.Background(), batch) {
					if !a.Passed() {
						b.Fatal(told(a))
					}
				}
				rss = max(rss, peak(cmd.ProcessState))
			}
			b.ReportMetric(float64(len(input))/1e6, "MB/input")
			b.ReportMetric(float64(rss)/1000, "MB/peak")
		})
	}
}

// BenchmarkFiftyModules is a policy of 50 modules over 20 pieces of evidence.
func BenchmarkFiftyModules(b *testing.B) {
	key := newKey(b)
	d := document(key, nil)
	var modules []RegoPolicy
	for i := range 50 {
		modules = append(modules, RegoPolicy{Name: fmt.Sprintf("m%d.rego", i), Module: fmt.Appendf(nil, "package p%d\ndeny contains sprintf(\"unpinned: %%s, %%s\", [input.actionref, data.cilock.step]) if not input.refpinned", i)})
	}
	for i, a := range d.Steps["build"].Attestations {
		if a.Type == attest.TypeGitHubAction {
			d.Steps["build"].Attestations[i].RegoPolicies = modules
		}
	}
	var evidence [][]byte
	for range 20 {
		evidence = append(evidence, build().signed(b, key))
	}
	text, err := json.Marshal(d)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		d, err := ParseDocument(text)
		if err != nil {
			b.Fatal(err)
		}
		roles, err := d.Roles(Verifier{Now: now})
		if err != nil {
			b.Fatal(err)
		}
		q := Question{Evaluate: sandbox(b).Evaluate}
		for _, bundle := range evidence {
			parsed, err := attest.ParseBundle(bundle)
			if err != nil {
				b.Fatal(err)
			}
			v, err := attest.Verify(parsed, roles.Trust())
			if err != nil {
				b.Fatal(err)
			}
			q.Evidence = append(q.Evidence, Evidence{Path: "e.json", Verified: v})
		}
		if got := roles.Decide(context.Background(), q); len(got.Findings) > 0 {
			b.Fatal(lines(got))
		}
	}
}
