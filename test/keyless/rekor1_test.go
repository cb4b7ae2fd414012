//go:build unix

package keyless

import (
	"testing"

	"github.com/org/cilock-action/test/stack"
)

// TestRekor1: a log of the first kind is written to by its signing
// configuration, and found out by its URL alone. It gives the time itself, so
// that a timestamp authority that is down is no loss.
func TestRekor1(t *testing.T) {
	s := stack.StartRekor1(t, stack.Start(t))
	for name, flags := range map[string][]string{
		"configuration": {services(s)},
		"URLs":          {"--fulcio-server-url=" + s.FulcioURL, "--rekor-server-url=" + s.RekorURL, "--timestamp-server-url=" + s.TSAURL},
	} {
		t.Run(name, func(t *testing.T) {
			j := newJob(t, s.Env)
			want(t, j.passes(j.run(append(flags, "--require-signing")...)), "cilock: verdict: pass")
			want(t, j.passes(j.verify(s, "e.json")), "ok    log entry     dsse 0.0.1")
		})
	}
	t.Run("no timestamp authority", func(t *testing.T) {
		p, j := before(t, s), newJob(t, s.Env)
		p.tsa.Refuse(true)
		said := j.passes(j.run(p.flags("--keyless", "--signing-timeout=8s")...))
		want(t, said, "cilock: verdict: warn", "the timestamp authority (")
		want(t, j.passes(j.verify(s, "e.json")), "by transparency log")
	})
	t.Run("the same twice", func(t *testing.T) { // the answer to the first was lost
		p, j := before(t, s), newJob(t, s.Env)
		lost := stack.Fault{Kind: stack.Drop, Delivered: true}
		p.rekor.Next(stack.Fault{}, lost, stack.Fault{}, lost) // each is asked for v2 first
		j.passes(j.run(p.flags("--require-signing")...))
		j.passes(j.verify(s, "e.json"))
	})
}
