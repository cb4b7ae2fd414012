package action

import (
	"slices"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/pkg/trace"
)

// attestation is the body of the trace but for what depends on whether it is
// inlined. Every list is there even when it is empty, so that a rule over it
// finds it.
func (b *traceBody) attestation() attest.Trace {
	t := attest.Trace{
		Backend: b.sensor.Backend, Instead: b.instead, Hooks: []attest.TraceHook{}, Counts: []attest.TraceCount{},
		Processes: len(b.summary.Processes()), Opens: b.summary.Opens(), NotFound: b.account.NotFound,
		Network: []attest.TraceReach{}, Lookups: []attest.TraceLookup{}, Syscalls: []attest.TraceCall{},
		Writes: []attest.TraceChange{}, Failed: []attest.TraceChange{}, Contested: []attest.TraceChange{},
	}
	for _, h := range b.sensor.Hooks {
		t.Hooks = append(t.Hooks, attest.TraceHook{Name: h.Name, How: h.How, Reason: h.Reason})
	}
	for _, c := range b.account.Classes {
		t.Counts = append(t.Counts, attest.TraceCount{
			Class: c.Name, Attempted: c.Attempted, Received: c.Received, Deduplicated: c.Deduplicated, Lost: c.Lost,
		})
	}
	b.left = maxInlineBytes
	names := b.namesOfAddresses()
	for _, p := range b.summary.Processes() {
		b.network(&t, p, names)
		b.calls(&t, p)
		b.files(&t, p)
	}
	return t
}

// room is how many bytes of JSON there may still be.
type room int

// take takes what an entry with these strings needs, if that is left.
func (r *room) take(texts ...string) bool {
	const perEntry = 250 // beside its strings, about: keys, numbers, a digest
	size := perEntry
	for _, text := range texts {
		size += jsonSize(text)
	}
	if size > int(*r) {
		return false
	}
	*r -= room(size)
	return true
}

// jsonSize is the most that the JSON of a string takes, quotes aside: what is
// escaped as six characters counts as six (RFC 8259, 7).
func jsonSize(text string) int {
	size := len(text)
	for _, c := range []byte(text) {
		if c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			size += 5
		}
	}
	return size
}

// list appends one entry with these strings, or counts it where there is no
// room.
func list[T any](b *traceBody, t *attest.Trace, to *[]T, entry T, texts ...string) {
	if len(*to) >= maxInlineList || !b.left.take(texts...) {
		t.NotListed++
		return
	}
	*to = append(*to, entry)
}

// namesOfAddresses joins the answers of all processes: a resolver may have
// asked for somebody else.
func (b *traceBody) namesOfAddresses() map[string][]string {
	names := map[string][]string{}
	for _, p := range b.summary.Processes() {
		for _, l := range p.Lookups {
			for _, address := range l.Answers {
				for _, name := range l.Names {
					name = b.text(name)
					if known := names[address]; len(known) < trace.MaxNames && !slices.Contains(known, name) {
						names[address] = append(known, name)
					}
				}
			}
		}
	}
	return names
}

func (b *traceBody) network(t *attest.Trace, p *trace.Process, names map[string][]string) {
	type place struct {
		address string
		port    int
	}
	asked := map[place]string{}
	for _, l := range p.Lookups {
		if (l.Op == "sni" || l.Op == "quic") && len(l.Names) > 0 {
			asked[place{l.Address, l.Port}] = l.Names[0]
		}
	}
	for _, r := range p.Reaches {
		entry := attest.TraceReach{
			ProcessID: p.PID, Syscall: r.Op, Family: r.Family, Protocol: r.Protocol, Address: b.text(r.Address), Port: r.Port,
			Names: names[r.Address], SNI: b.text(asked[place{r.Address, r.Port}]), Errno: r.Errno, Count: times(r.Count),
		}
		list(b, t, &t.Network, entry, append([]string{entry.Address, entry.SNI}, entry.Names...)...)
	}
	for _, l := range p.Lookups {
		entry := attest.TraceLookup{
			ProcessID: p.PID, Kind: l.Op, Names: b.texts(l.Names), Answers: b.texts(l.Answers),
			Address: l.Address, Port: l.Port, Count: times(l.Count),
		}
		list(b, t, &t.Lookups, entry, slices.Concat(entry.Names, entry.Answers)...)
	}
}

func (b *traceBody) calls(t *attest.Trace, p *trace.Process) {
	for _, c := range p.Calls {
		entry := attest.TraceCall{ProcessID: p.PID, Syscall: c.Op, Target: b.text(c.Target), Errno: c.Errno, Count: times(c.Count)}
		list(b, t, &t.Syscalls, entry, entry.Target)
	}
	for _, f := range b.summary.Peeks(p) {
		entry := attest.TraceCall{ProcessID: p.PID, Syscall: "open", Target: b.text(f.Path), Count: times(f.Count)}
		list(b, t, &t.Syscalls, entry, entry.Target)
	}
}

func (b *traceBody) files(t *attest.Trace, p *trace.Process) {
	for _, f := range b.summary.Files(p) {
		entry := attest.TraceChange{
			ProcessID: p.PID, Operation: operation(f.Access), Path: b.text(f.Path), Name: b.text(f.Name), Errno: f.Errno, Count: times(f.Count),
		}
		switch {
		case f.Errno != 0:
			list(b, t, &t.Failed, entry, entry.Path, entry.Name)
		case f.Access&(trace.Write|trace.Create|trace.Truncate) != 0:
			list(b, t, &t.Writes, entry, entry.Path, entry.Name)
		}
		if f.Marks&trace.Contested != 0 {
			list(b, t, &t.Contested, entry, entry.Path, entry.Name)
		}
	}
	for _, c := range p.Changes {
		to := &t.Writes
		if c.Errno != 0 {
			to = &t.Failed
		}
		entry := attest.TraceChange{
			ProcessID: p.PID, Operation: c.Op, Path: b.text(c.Path), Name: b.text(c.Name), Target: b.text(c.Target),
			Errno: c.Errno, Count: times(c.Count),
		}
		list(b, t, to, entry, entry.Path, entry.Name, entry.Target)
	}
}

// operation is the strongest word for how a file was opened.
func operation(a trace.Access) string {
	switch {
	case a&trace.Truncate != 0:
		return "truncate"
	case a&trace.Create != 0 && a&trace.Write != 0:
		return "create"
	case a&trace.Write != 0:
		return "write"
	}
	return "open"
}

// times is how often something happened, or 0 for once.
func times(beyondTheFirst int) int {
	if beyondTheFirst == 0 {
		return 0
	}
	return beyondTheFirst + 1
}

func (b *traceBody) texts(in []string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = b.text(s)
	}
	return out
}
