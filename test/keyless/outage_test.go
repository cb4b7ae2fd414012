//go:build unix

package keyless

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/org/cilock-action/test/stack"
)

// through are the flags for an instance with proxies before its services.
type through struct{ fulcio, tsa, rekor *stack.Proxy }

func before(t *testing.T, s *stack.Stack) through {
	t.Helper()
	return through{stack.NewProxy(t, s.FulcioURL), stack.NewProxy(t, s.TSAURL), stack.NewProxy(t, s.RekorURL)}
}

func (p through) flags(more ...string) []string {
	return append([]string{
		"--fulcio-server-url=" + p.fulcio.URL, "--timestamp-server-url=" + p.tsa.URL, "--rekor-server-url=" + p.rekor.URL,
	}, more...)
}

// failures are the ways in which a service can fail for good. The first, which
// has no fault, refuses connections.
func failures() map[string]stack.Fault {
	all := map[string]stack.Fault{"refused": {}}
	for _, f := range []stack.Fault{
		{Kind: stack.Drop},
		{Kind: stack.Hang},
		{Kind: stack.Status, Status: 503},
		{Kind: stack.HangBody},
		{Kind: stack.CutBody},
		{Kind: stack.EndlessBody},
		{Kind: stack.WrongType},
		{Kind: stack.Garbage},
	} {
		all[f.Kind.String()] = f
	}
	all["slow down"] = stack.Fault{Kind: stack.Status, Status: 429, RetryAfter: "1000"}
	return all
}

// TestOutage cuts each service in each way: the evidence is there, verifies as
// far as it can, and names the service. The run ends, since it has a budget.
func TestOutage(t *testing.T) {
	s := stack.Start(t)
	for _, service := range []struct {
		name    string
		proxy   func(through) *stack.Proxy
		says    string
		verdict string
	}{
		{"Fulcio", func(p through) *stack.Proxy { return p.fulcio }, "Fulcio (", "incomplete"},
		{"TSA", func(p through) *stack.Proxy { return p.tsa }, "the timestamp authority (", "incomplete"},
		{"Rekor", func(p through) *stack.Proxy { return p.rekor }, "Rekor (", "warn"},
	} {
		for name, fault := range failures() {
			t.Run(service.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				p, j := before(t, s), newJob(t, s.Env)
				if fault.Kind == stack.None {
					service.proxy(p).Refuse(true)
				} else {
					service.proxy(p).Always(fault)
				}
				said, code := j.run(p.flags("--keyless", "--signing-timeout=4s")...)
				if code != 0 {
					t.Errorf("exit code %d", code)
				}
				want(t, said, "cilock: verdict: "+service.verdict, service.says)
				if service.name == "Rekor" {
					want(t, said, "e.json --rekor-server-url "+p.rekor.URL+"`") // not to the public log
				}
				checkLeft(t, j, s, service.name)

				if fault.Kind != stack.Status { // one kind is enough
					return
				}
				if said, code = j.run(p.flags("--keyless", "--signing-timeout=4s", "--require-signing")...); code != 4 {
					t.Errorf("with --require-signing: exit code %d:\n%s", code, said)
				}
			})
		}
	}
}

// checkLeft verifies what an outage has left.
func checkLeft(t *testing.T, j *job, s *stack.Stack, service string) {
	t.Helper()
	switch service {
	case "Fulcio":
		said, code := j.cilock("verify", "--key=e.json.pub", "--bundle=e.json", "out.txt")
		if code != 0 {
			t.Errorf("exit code %d:\n%s", code, said)
		}
	case "TSA": // nobody can tell when it was signed
		said, code := j.verify(s, "e.json")
		if code == 0 {
			t.Errorf("evidence without a time was accepted:\n%s", said)
		}
		want(t, said, "trusted time")
	case "Rekor":
		said, code := j.verify(s, "e.json")
		if code == 0 {
			t.Errorf("evidence without a log entry was accepted:\n%s", said)
		}
		want(t, said, "log entry")
		if said, code = j.cilock("attest", "--log-later=e.json"); code != 2 { // a private instance's
			t.Errorf("log later without a log: exit code %d:\n%s", code, said)
		}
		said, code = j.cilock("attest", "--log-later=e.json", services(s))
		if code != 0 {
			t.Fatalf("log later: exit code %d:\n%s", code, said)
		}
		if said, code = j.verify(s, "e.json"); code != 0 {
			t.Errorf("after it was logged: exit code %d:\n%s", code, said)
		}
	}
}

// TestPassingFaults: what passes is waited for, within the budget.
func TestPassingFaults(t *testing.T) {
	s := stack.Start(t)
	for name, fault := range map[string]stack.Fault{
		"503": {Kind: stack.Status, Status: 503}, "429": {Kind: stack.Status, Status: 429, RetryAfter: "1"},
		"drop": {Kind: stack.Drop}, "cut body": {Kind: stack.CutBody}, "wrong type": {Kind: stack.WrongType},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, j := before(t, s), newJob(t, s.Env)
			for _, one := range []*stack.Proxy{p.fulcio, p.tsa, p.rekor} {
				one.Next(fault, fault)
			}
			said, code := j.run(p.flags("--require-signing")...)
			if code != 0 {
				t.Fatalf("exit code %d:\n%s", code, said)
			}
			if said, code = j.verify(s, "e.json"); code != 0 {
				t.Errorf("verify: exit code %d:\n%s", code, said)
			}
		})
	}
}

// TestLostAnswer: the log has the entry and its answer was lost. It refuses the
// same signature, and gets another.
func TestLostAnswer(t *testing.T) {
	s := stack.Start(t)
	p, j := before(t, s), newJob(t, s.Env)
	lost := stack.Fault{Kind: stack.Drop, Delivered: true}
	p.rekor.Next(lost, lost)
	said, code := j.run(p.flags("--require-signing")...)
	if code != 0 {
		t.Fatalf("exit code %d:\n%s", code, said)
	}
	if said, code = j.verify(s, "e.json"); code != 0 {
		t.Errorf("verify: exit code %d:\n%s", code, said)
	}
}

// TestRefusedForGood: a service that refuses is not asked again, and what it
// says is told without the token.
func TestRefusedForGood(t *testing.T) {
	s := stack.Start(t)
	p, j := before(t, s), newJob(t, s.Env)
	p.fulcio.Always(stack.Fault{Kind: stack.Status, Status: 403})
	said, _ := j.run(p.flags("--keyless")...)
	want(t, said, "Fulcio (", "403 Forbidden")
	if n := len(p.fulcio.Requests()); n != 1 {
		t.Errorf("asked %d times", n)
	}
	if _, err := os.Stat(filepath.Join(j.dir, "e.json")); err != nil {
		t.Error(err)
	}
}
