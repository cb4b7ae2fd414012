package docker

import (
	"slices"
	"strings"
	"testing"
)

// TestSplitArgs: the lines up to the blank one are the examples of Microsoft's
// "Parsing C command-line arguments", whose rules .NET follows.
func TestSplitArgs(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{`"abc" d e`, []string{"abc", "d", "e"}},
		{`a\\b d"e f"g h`, []string{`a\\b`, "de fg", "h"}},
		{`a\\\"b c d`, []string{`a\"b`, "c", "d"}},
		{`a\\\\"b c" d e`, []string{`a\\b c`, "d", "e"}},
		{`a"b"" c d`, []string{`ab" c d`}},
		{`"ab\"c" "\\" d`, []string{`ab"c`, `\`, "d"}},

		{"", nil},
		{" \t ", nil},
		{"one", []string{"one"}},
		{"  a\tb  ", []string{"a", "b"}},
		{`"" a ""`, []string{"", "a", ""}},
		{`'a b'`, []string{"'a", "b'"}},
		{`a\ b`, []string{`a\`, "b"}},
		{`it\'s`, []string{`it\'s`}},
		{"a\nb c", []string{"a\nb", "c"}},
		{"\na b\n\n", []string{"\na", "b"}},
		{`"a b`, []string{"a b"}},
		{`"a `, []string{"a"}},
		{`"""`, []string{`"`}},
		{`a\`, []string{`a\`}},
		{`$HOME *`, []string{"$HOME", "*"}},
		{`--title="x y" -- -v`, []string{"--title=x y", "--", "-v"}},
	} {
		got, err := SplitArgs(c.text)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("SplitArgs(%q) = %q, %v; want %q", c.text, got, err, c.want)
		}
	}
	for _, text := range []string{"a\x00b", strings.Repeat("a", maxCommand+1)} {
		if got, err := SplitArgs(text); err == nil {
			t.Errorf("SplitArgs of %d bytes = %.20q, want an error", len(text), got)
		}
	}
}

// FuzzSplitArgs quotes what came out, by the same rules, and reads it again.
func FuzzSplitArgs(f *testing.F) {
	for _, s := range []string{"", `a "b c" d`, `\\"`, `a\\\"b`, `"""`, "'a b'\n", `"" ""`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		args, err := SplitArgs(s)
		if err != nil {
			return
		}
		var quoted []string
		for _, arg := range args {
			quoted = append(quoted, quote(arg))
		}
		again, err := SplitArgs(strings.Join(quoted, " "))
		if err != nil || !slices.Equal(again, args) {
			t.Errorf("SplitArgs(%q) = %q; quoted and read again %q, %v", s, args, again, err)
		}
	})
}

// quote doubles the backslashes before a quote, and at the end.
func quote(arg string) string {
	var b strings.Builder
	slashes := 0
	for _, c := range []byte(arg) {
		switch c {
		case '\\':
			slashes++
		case '"':
			b.WriteString(strings.Repeat(`\`, slashes+1))
			slashes = 0
		default:
			slashes = 0
		}
		b.WriteByte(c)
	}
	return `"` + b.String() + strings.Repeat(`\`, slashes) + `"`
}

// TestCommand: who decides on entry point and arguments, at which stage.
func TestCommand(t *testing.T) {
	full := Runs{Entrypoint: "/main.sh", PreEntrypoint: "/pre.sh", PostEntrypoint: "/post.sh", Args: []string{"", "a b", "-x"}}
	with := map[string]string{"entryPoint": "/step.sh", "args": `one "two three"`}
	for _, c := range []struct {
		name   string
		runs   Runs
		stage  Stage
		inputs map[string]string
		entry  string
		args   []string
	}{
		{"action.yml", full, Main, nil, "/main.sh", full.Args},
		{"action.yml before the step", full, Main, with, "/main.sh", full.Args},
		{"pre has the arguments", full, Pre, with, "/pre.sh", full.Args},
		{"post has the arguments", full, Post, with, "/post.sh", full.Args},
		{"the step of an image", Runs{}, Main, with, "/step.sh", []string{"one", "two three"}},
		{"any case of the input", Runs{}, Main, map[string]string{"Args": "a", "ENTRYPOINT": "/e"}, "/e", []string{"a"}},
		{"nothing at all", Runs{}, Main, nil, "", nil},
		{"args that are an empty list", Runs{Args: []string{}}, Main, with, "/step.sh", []string{}},
		{"an entry point is one word", Runs{}, Main, map[string]string{"entrypoint": "sh -c x"}, "sh -c x", nil},
		{"pre of the step alone", Runs{PreEntrypoint: "/pre.sh"}, Pre, with, "/pre.sh", []string{"one", "two three"}},
	} {
		entry, args, err := c.runs.Command(c.stage, c.inputs)
		if err != nil || entry != c.entry || !slices.Equal(args, c.args) {
			t.Errorf("%s: %q %q %v, want %q %q", c.name, entry, args, err, c.entry, c.args)
		}
	}
	if _, _, err := full.Command("cleanup", nil); err == nil {
		t.Error("an unknown stage has a command")
	}
	if !(Runs{}).Has(Main) || (Runs{}).Has(Pre) || (Runs{}).Has(Post) || !full.Has(Pre) || !full.Has(Post) {
		t.Error("only main has a container without an entry point of its own")
	}
}
