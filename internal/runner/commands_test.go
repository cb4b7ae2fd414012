package runner

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
)

// filtered is what comes out of a filter that gets the pieces, and the reader.
func filtered(pieces ...string) (string, *commandReader) {
	var out bytes.Buffer
	r := newCommandReader()
	f := r.filter(&out)
	for _, p := range pieces {
		if n, err := f.Write([]byte(p)); n != len(p) || err != nil {
			panic("a filter takes all")
		}
	}
	if err := f.Close(); err != nil {
		panic(err)
	}
	return out.String(), r
}

func TestCommands(t *testing.T) {
	for _, test := range []struct {
		name, in, out string
		outputs       map[string]string
		state         map[string]string
		errors        int
	}{
		{name: "none", in: "hello\nworld", out: "hello\nworld"},
		{name: "set-output", in: "a\n::set-output name=x::1\nb\n", out: "a\nb\n", outputs: map[string]string{"x": "1"}},
		{name: "any case, blanks before", in: " \t\u00a0::Set-Output NAME=x::1 \n", outputs: map[string]string{"x": "1 "}},
		{name: "no final newline", in: "::set-output name=x::1", outputs: map[string]string{"x": "1"}},
		{name: "escapes", in: "::set-output name=x%2Cy%3A%25::a%0Ab%0D%25\n", outputs: map[string]string{"x,y:%": "a\nb\r%"}},
		{name: "carriage returns", in: "50%\r::set-output name=x::1\r\nb\r\n", out: "50%\rb\r\n", outputs: map[string]string{"x": "1"}},
		{name: "other properties", in: "::set-output a=b,name=x,,c=::1\n", outputs: map[string]string{"x": "1"}},
		{name: "a property with a blank is another", in: "::set-output a=b, name=x::1\n", errors: 1},
		{name: "save-state", in: "::save-state name=x::1\n", state: map[string]string{"x": "1"}},
		{name: "no name", in: "::set-output::1\n", errors: 1},
		{name: "others pass", in: "::warning file=a::b\n::add-mask::c\n::group::d\n", out: "::warning file=a::b\n::add-mask::c\n::group::d\n"},
		{name: "unknown", in: "::nothing::1\n", out: "::nothing::1\n"},
		{name: "in a line", in: "x ::set-output name=x::1\n", out: "x ::set-output name=x::1\n"},
		{name: "older form", in: "##[set-output name=x;a=b]1%3B%5D\n", outputs: map[string]string{"x": "1;]"}},
		{name: "older form in a line", in: "text ##[set-output name=x]1\r\nb\n", out: "text \r\nb\n", outputs: map[string]string{"x": "1"}},
		{name: "the first ##[ counts", in: "##[x]##[set-output name=x]1\n", out: "##[x]##[set-output name=x]1\n"},
		{name: "older form behind an unknown name", in: "::x::##[set-output name=x]1\n", out: "::x::\n", outputs: map[string]string{"x": "1"}},
		{name: "a known name comes first", in: "::debug::##[set-output name=x]1\n", out: "::debug::##[set-output name=x]1\n"},
		{name: "hashes", in: "#\n##\n## [\n#", out: "#\n##\n## [\n#"},
		{name: "set-env is disabled", in: "::set-env name=x::1\n::add-path::/x\n", errors: 2},
		{
			name: "stop-commands", in: "::stop-commands::Pause\n::set-output name=x::1\n::pause::\n::set-output name=x::2\n",
			out: "::stop-commands::Pause\n::set-output name=x::1\n::pause::\n", outputs: map[string]string{"x": "2"},
		},
		{name: "stopped, older form", in: "##[stop-commands]w\n##[w]\n::set-output name=x::2\n", out: "##[stop-commands]w\n##[w]\n", outputs: map[string]string{"x": "2"}},
		{name: "a word that is a command", in: "::stop-commands::group\n::stop-commands::\n::stop-commands::a b\n", errors: 3},
		{name: "binary", in: "\x00\xff\xfe##\x00::\xc2\n\x85::\r\xe2\x80", out: "\x00\xff\xfe##\x00::\xc2\n\x85::\r\xe2\x80"},
	} {
		t.Run(test.name, func(t *testing.T) {
			check := func(pieces ...string) {
				out, r := filtered(pieces...)
				if out != test.out || !maps.Equal(r.outputs, test.outputs) || !maps.Equal(r.state, test.state) || len(r.errs) != test.errors {
					t.Errorf("%q: out %q, outputs %v, state %v, errors %v", pieces, out, r.outputs, r.state, r.errs)
				}
			}
			check(test.in)
			for i := range test.in {
				check(test.in[:i], test.in[i:])
				for k := i; k < len(test.in); k++ {
					check(test.in[:i], test.in[i:k], test.in[k:])
				}
			}
		})
	}
}

// TestUnsecureCommands are those that a job must allow.
func TestUnsecureCommands(t *testing.T) {
	var out bytes.Buffer
	r := newCommandReader()
	r.unsecure = true
	f := r.filter(&out)
	_, _ = f.Write([]byte("::set-env name=x::1\n::set-env name=node_options::1\n##[add-path]/a\n::add-path::\n"))
	if out.Len() > 0 || !maps.Equal(r.env, map[string]string{"x": "1"}) || !slices.Equal(r.path, []string{"/a"}) || len(r.notices) != 1 || len(r.errs) != 1 {
		t.Errorf("out %q, env %v, path %v, notices %v, errors %v", &out, r.env, r.path, r.notices, r.errs)
	}
}

// TestLongLines pass, cut anyhow, and cost no more than the bound.
func TestLongLines(t *testing.T) {
	const size = 3 << 20
	for name, line := range map[string]string{
		"plain":       strings.Repeat("x", size) + "\n",
		"command":     "::set-output name=x::" + strings.Repeat("y", size) + "\n",
		"older form":  "##[set-output name=x]" + strings.Repeat("y", size) + "\n",
		"blanks":      strings.Repeat(" ", size) + "::set-output name=x::1\n",
		"hashes":      strings.Repeat("#", size),
		"never ended": "::warning::" + strings.Repeat("y", size),
	} {
		in := line + "::set-output name=z::1\nend"
		want := strings.TrimSuffix(in, "::set-output name=z::1\nend") + "end"
		if !strings.HasSuffix(line, "\n") {
			want = in
		}
		for _, n := range []int{len(in), 1 << 16, 1<<20 - 1, 7777} {
			var pieces []string
			for piece := range slices.Chunk([]byte(in), n) {
				pieces = append(pieces, string(piece))
			}
			out, r := filtered(pieces...)
			if out != want || len(r.outputs) > 1 || len(r.outputs) == 1 && r.outputs["z"] != "1" {
				t.Errorf("%s in pieces of %d bytes: %d bytes out, want %d; %d outputs", name, n, len(out), len(want), len(r.outputs))
			}
		}
	}
	// More blanks than may be before ::name:: do not keep the older form from being one.
	blanks := strings.Repeat(" ", size)
	for _, n := range []int{size * 2, 1 << 16} {
		var pieces []string
		for piece := range slices.Chunk([]byte(blanks+"##[set-output name=x]1\n"), n) {
			pieces = append(pieces, string(piece))
		}
		if out, r := filtered(pieces...); out != blanks+"\n" || r.outputs["x"] != "1" {
			t.Errorf("blanks in pieces of %d bytes: %d bytes out, outputs %v", n, len(out), r.outputs)
		}
	}
	var out bytes.Buffer
	f := newCommandReader().filter(&out)
	for range 64 {
		_, _ = f.Write([]byte("::" + strings.Repeat("x", 1<<16)))
		if len(f.held) > 2*maxCommandLine {
			t.Fatalf("%d bytes are held", len(f.held))
		}
	}
}

// FuzzCommands: whatever comes, cut anyhow, the same comes out, and nothing is
// added to it.
func FuzzCommands(f *testing.F) {
	f.Add([]byte("a\r::set-output name=x::1\r\n##[save-state name=y]z\nb"), uint8(1))
	f.Add([]byte("::stop-commands::w\n::set-output name=x::1\n##[w]\n\xc2\xa0::set-output name=x::2"), uint8(3))
	f.Fuzz(func(t *testing.T, in []byte, n uint8) {
		out, r := filtered(string(in))
		var pieces []string
		for piece := range slices.Chunk(in, int(n)+1) {
			pieces = append(pieces, string(piece))
		}
		cut, c := filtered(pieces...)
		if out != cut || !maps.Equal(r.outputs, c.outputs) || !maps.Equal(r.state, c.state) || len(r.errs) != len(c.errs) || r.stopped != c.stopped {
			t.Fatalf("%q in pieces of %d: %q and %q, %v and %v", in, int(n)+1, out, cut, r.outputs, c.outputs)
		}
		rest := in
		for _, b := range []byte(out) {
			at := bytes.IndexByte(rest, b)
			if at < 0 {
				t.Fatalf("%q: %q has something that was not in it", in, out)
			}
			rest = rest[at+1:]
		}
		if len(out) != len(in) && len(r.outputs)+len(r.state)+len(r.errs) == 0 {
			t.Fatalf("%q: %q is shorter, and nothing was obeyed", in, out)
		}
	})
}
