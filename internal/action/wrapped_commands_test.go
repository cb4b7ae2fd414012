package action

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// TestBlockCommands: the runner obeys nothing of what the step prints but masks,
// wherever the writes are cut, and our own commands after it.
func TestBlockCommands(t *testing.T) {
	const said = "one\n::set-env name=X::1\n  ::ADD-MASK::hunter2-generated\r::error::smuggled\n##[warning]w\n::stop-commands::x\nlast"
	for size := 1; size < len(said); size++ {
		var out bytes.Buffer
		b := &blocker{to: &out}
		b.stop()
		s := &blockedStream{of: b}
		for rest := said; rest != ""; {
			n := min(size, len(rest))
			if _, err := io.WriteString(s, rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		s.flush()
		b.resume()
		out.WriteString("::notice::ours\n")
		if got, want := obeyed(out.String()), "add-mask:hunter2-generated notice:ours"; got != want {
			t.Fatalf("in pieces of %d the runner obeys %q, want %q:\n%s", size, got, want, out.String())
		}
		if !strings.Contains(out.String(), "last\n") {
			t.Fatalf("the last line is lost:\n%s", out.String())
		}
	}
}

// TestBlockMasks: a mask reaches the runner in whichever form it takes one.
func TestBlockMasks(t *testing.T) {
	for _, line := range []string{
		"::add-mask::generated", "::Add-Mask ::generated", "::add-mask a=b::generated", "\u00a0\u2003::add-mask::generated",
		"##[add-mask]generated", "text ##[add-mask]generated", "::unknown::##[add-mask]generated", "50%\r::add-mask::generated", "::add-mask::generated\r",
	} {
		var out bytes.Buffer
		b := &blocker{to: &out}
		b.stop()
		s := &blockedStream{of: b}
		io.WriteString(s, line+"\n::error::no\n::add-mask::\n")
		s.flush()
		b.resume()
		if got := obeyed(out.String()); got != "add-mask:generated" {
			t.Errorf("%q: the runner obeys %q", line, got)
		}
	}
	var out bytes.Buffer
	(&blocker{to: &out}).line([]byte("##[add-mask]a%5Db%25\n"))
	if !strings.Contains(out.String(), "\n::add-mask::a]b%25\n") {
		t.Errorf("got %q", out.String())
	}
}

// TestBlockLongLine: a line that is too long to be held does not end the block.
func TestBlockLongLine(t *testing.T) {
	var out bytes.Buffer
	b := &blocker{to: &out}
	b.stop()
	s := &blockedStream{of: b}
	io.WriteString(s, strings.Repeat("x", maxHeldLine+1))
	io.WriteString(s, "::add-mask::generated-value\n::error::no\n")
	s.flush()
	b.resume()
	out.WriteString("::notice::ours\n")
	if got := obeyed(out.String()); got != "add-mask:generated-value notice:ours" {
		t.Errorf("the runner obeys %q", got)
	}
}

// obeyed is what a runner obeys of a log: ActionCommandManager.cs in short.
func obeyed(log string) string {
	var list []string
	stop := ""
	for line := range strings.FieldsFuncSeq(log, func(r rune) bool { return r == '\n' || r == '\r' }) {
		name, data, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "::"), "::")
		switch {
		case !strings.HasPrefix(strings.TrimSpace(line), "::") || !ok:
			if stop == "" && strings.Contains(line, "##[") {
				list = append(list, line)
			}
		case stop != "":
			if name == stop {
				stop = ""
			}
		case name == "stop-commands":
			stop = data
		default:
			list = append(list, strings.ToLower(name)+":"+data)
		}
	}
	return strings.Join(list, " ")
}
