package policy

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/org/cilock-action/policies"
)

// judged asks the rules of a pack about evidence, and returns what they deny by the
// name of the rule. That a rule gives no answer fails the test.
func judged(t *testing.T, pack, params string, evidence []recorded) map[string][]string {
	t.Helper()
	rules, err := policies.Pack(pack)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]json.RawMessage{}
	for _, a := range evidence {
		all[a.Type] = append(all[a.Type], a.Attestation)
	}
	known, err := json.Marshal(map[string]any{"step": "build", "subjects": []any{}, "params": json.RawMessage(params), "attestations": all})
	if err != nil {
		t.Fatal(err)
	}
	var b Batch
	var names []string
	context := b.Document(known)
	for i, r := range rules {
		b.Modules = append(b.Modules, Source{Name: r.Name, Text: r.Source})
		if r.Required && len(all[r.Type]) == 0 {
			t.Errorf("%s has nothing to look at", r.Name)
		}
		for _, body := range all[r.Type] {
			b.Checks = append(b.Checks, Check{Module: i, Input: b.Document(body), Context: context, Schema: b.Document(Schema(r.Type))})
			names = append(names, strings.TrimSuffix(r.Name, ".rego"))
		}
	}
	denied := map[string][]string{}
	for i, a := range b.Evaluate(t.Context()) {
		if a.Err != "" {
			t.Errorf("%s: %s", names[i], a.Err)
		}
		denied[names[i]] = append(denied[names[i]], a.Denials...)
	}
	return denied
}

// TestOrdinaryBuildIsNotDenied: what builds do every day is no attack.
func TestOrdinaryBuildIsNotDenied(t *testing.T) {
	evidence, _ := wrapped(t, `set -e
export HOME=$PWD/home GOCACHE=$PWD/home/cache GOFLAGS=-mod=mod
mkdir -p home src; git init -q src; git clone -q src clone 2> /dev/null
printf 'package main\nfunc main() {}\n' > src/main.go; printf 'module m\ngo 1.26\n' > src/go.mod
go build -C src -o ../app . && ./app; go run -C src .
printf 'all:\n\tsh -c true\n' > Makefile; if command -v make > /dev/null; then make -s; fi
tar czf a.tar.gz src; mkdir -p /tmp/x.$$; tar xzf a.tar.gz -C /tmp/x.$$; rm -r /tmp/x.$$; ps > /dev/null || true`)
	for rule, denials := range judged(t, "behaviour", `{}`, evidence) {
		for _, denial := range denials {
			t.Errorf("%s denies an ordinary build: %s", rule, denial)
		}
	}
}

// TestAttacksAreDenied: each rule sees the thing itself, as a sensor records it,
// and not only what its own tests make up.
func TestAttacksAreDenied(t *testing.T) {
	evidence, _ := wrapped(t, `
printf 'tok %s' "$TOKEN" > tok.txt
export HOME=$PWD/home; mkdir -p home/.ssh; echo generated > home/.ssh/id_ed25519
tr '\0' '\n' < /proc/$PPID/environ > /dev/null
cat "$HOME/.ssh/id_ed25519" /proc/self/environ > /dev/null
echo loot > /tmp/runner_collected_$$.txt; rm /tmp/runner_collected_$$.txt
cp /bin/true gone; exec 9< gone; rm gone; /proc/self/fd/9
bash -c 'exec 3<> /dev/udp/203.0.113.9/9 && printf "#!/bin/sh\n" > /tmp/stage.'$$' && chmod +x /tmp/stage.'$$
/tmp/stage.$$; rm /tmp/stage.$$
echo hook > .git/hooks/post-commit
echo x >> /proc/sys/kernel/no-such-name || true; dd if=/dev/null of=/proc/sys/kernel/ostype 2> /dev/null || true`)
	denied := judged(t, "behaviour", `{"allowed_hosts": ["example.com"]}`, evidence)
	maps.Copy(denied, judged(t, "baseline", `{}`, evidence))
	for _, rule := range []string{
		"behaviour/process_memory", "behaviour/credentials", "behaviour/staging", "behaviour/memory_execution", "behaviour/downloaded",
		"behaviour/network", "behaviour/persistence", "behaviour/sensor", "baseline/pins", "baseline/secrets",
	} {
		if len(denied[rule]) == 0 {
			t.Errorf("%s denies nothing", rule)
		}
	}
	if t.Failed() {
		t.Logf("denied: %q", denied)
	}
}
