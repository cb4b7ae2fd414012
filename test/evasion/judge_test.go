package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
)

// TestJudge: what is worse than the table says is a problem, what is better is
// none, and a limit has to be stated.
func TestJudge(t *testing.T) {
	const counts = "cilock: file events: 1 attempted, 1 received, 0 deduplicated, 0 lost\n"
	secret := trace.Message{Kind: trace.Open, PID: 1, Path: "/d/secret"}
	claimed := secret
	claimed.Marks = trace.StringOnly
	whole := func(m ...trace.Message) []trace.Message {
		m = append([]trace.Message{{Kind: trace.Fork, PID: 1}}, m...)
		return append(m, trace.Message{Kind: trace.Exit, PID: 1})
	}
	plain := Trick{Wants: []Want{theSecret(all(Object))}}
	limited := Trick{Wants: []Want{{Is: opened("secret"), Grades: all(Missed), Limit: "rings|daemon"}}}
	broken := Trick{Broken: true, Wants: plain.Wants}
	changed := Trick{Wants: plain.Wants, Changed: map[string]string{"ptrace": "a limit"}}
	for _, c := range []struct {
		name     string
		trick    Trick
		end      ended
		messages []trace.Message
		problem  string // empty: none
	}{
		{"as it says", plain, ended{ours: counts}, whole(secret), ""},
		{"worse", plain, ended{ours: counts}, whole(claimed), "string where object was expected"},
		{"better, and no limit stated", limited, ended{ours: counts}, whole(secret), ""},
		{"a limit not stated", limited, ended{ours: counts}, whole(), "no limit of the sensor"},
		{"a limit stated", limited, ended{ours: counts + "cilock: limit: no Rings\n"}, whole(), ""},
		{"no account", plain, ended{}, whole(secret), "no account"},
		{"another end", plain, ended{code: 1, ours: counts}, whole(secret), "tracing changed how it ends"},
		{"another end, known", changed, ended{code: refusedCode, ours: counts}, whole(), ""},
		{"another end, not that one", changed, ended{code: 1, ours: counts}, whole(), "tracing changed how it ends"},
		{"no end", plain, ended{code: -1, how: "no end"}, whole(secret), "no end"},
		{"disarmed, silently", broken, ended{ours: counts}, whole(), "claims to be complete"},
		{"disarmed, with a gap", broken, ended{ours: counts + "cilock: gap: blind\n"}, whole(), ""},
		{"disarmed, no trace", broken, ended{code: -1, how: "signal: killed"}, nil, ""},
		{"not disarmed", broken, ended{ours: counts}, whole(secret), ""},
	} {
		st := listen(c.end.ours)
		st.messages = c.messages
		r := judge(c.trick, "ptrace", c.end, st, testScene())
		if got := strings.Join(r.Problems, "; "); c.problem == "" && got != "" || !strings.Contains(got, c.problem) {
			t.Errorf("%s: problems %q, expected %q", c.name, got, c.problem)
		}
	}
}

// TestStandIn runs real tricks under a program that takes cilock's place and
// writes a trace that was made up. It sees one of two files.
func TestStandIn(t *testing.T) {
	needRoot(t)
	u := newSuite(t, filepath.Join(t.TempDir(), "cilock"), "ptrace")
	script := fmt.Sprintf(`#!/bin/sh
test "$1 $2 $3 $4 $6" = "trace --backend ptrace --out --" || exit 9
out=$5
shift 6
"$@"
code=$?
ino=$(stat -c %%i secret)
{
	echo '%s'
	echo '{"k":"f","p":1}'
	echo '{"k":"o","p":1,"f":"'$PWD'/secret","i":'$ino'}'
	echo '{"k":"e","p":1}'
} >$out
echo "cilock: backend: ptrace" >&2
echo "cilock: file events: 1 attempted, 1 received, 0 deduplicated, 0 lost" >&2
exit $code
`, trace.StreamHeader)
	if err := os.WriteFile(u.cilock, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	verdicts := map[string]Verdict{}
	for _, trick := range table() {
		if trick.Name != "proc_self_fd" && trick.Name != "openat2_root" {
			continue
		}
		v, err := u.run(t.Context(), trick)
		if err != nil {
			t.Fatal(err)
		}
		verdicts[trick.Name] = v
	}
	seen, half := verdicts["proc_self_fd"], verdicts["openat2_root"]
	if len(failures([]Verdict{seen})) != 0 || seen.cell("ptrace", 0) != "object" {
		t.Errorf("what was reported is not seen: %+v", seen)
	}
	if half.Refused() {
		t.Skip("no openat2 here")
	}
	if got := failures([]Verdict{half}); len(got) != 1 || !strings.Contains(got[0], "decoy") {
		t.Errorf("what was not reported is not missed: %q", got)
	}
	var table strings.Builder
	if err := print(&table, []Verdict{seen, half}, u.backends); err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{"| trick | what must appear | ptrace |", "| open of the secret | object |", "| **missed**, not object |"} {
		if !strings.Contains(table.String(), row) {
			t.Errorf("the table has no %q:\n%s", row, table.String())
		}
	}
}
