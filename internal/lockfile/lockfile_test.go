package lockfile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Hashes of nothing that is anywhere, in the forms that the formats have.
var (
	sri512 = "sha512-" + strings.Repeat("A", 86) + "=="
	sri1   = "sha1-" + strings.Repeat("A", 27) + "="
	h1     = "h1:" + strings.Repeat("A", 43) + "="
	h1b    = "h1:" + strings.Repeat("B", 42) + "A="
	hex256 = strings.Repeat("ab", 32)
	commit = strings.Repeat("c0", 20)
)

// describe is a file as text: a line for each entry. Hashes are shortened.
func describe(f File, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	var lines []string
	if f.HashMode || len(f.Registries)+len(f.Includes) > 0 {
		lines = append(lines, fmt.Sprintf("hashmode=%t registries=%v includes=%v", f.HashMode, f.Registries, f.Includes))
	}
	for _, e := range f.Entries {
		line := fmt.Sprintf("%s %s %s", or(e.Name), or(e.Version), or(e.Registry))
		for _, h := range e.Hashes {
			line += " " + h[:min(len(h), 8)]
		}
		for _, flag := range []struct {
			on   bool
			name string
		}{{e.Commit != "", "@" + e.Commit[:min(len(e.Commit), 4)]}, {e.Dev, "dev"}, {e.GoModOnly, "gomod"}, {e.Unhashed(), "UNHASHED"}} {
			if flag.on {
				line += " " + flag.name
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func or(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

type example struct{ name, in, want string }

func check(t *testing.T, kind Kind, examples []example) {
	t.Helper()
	for _, test := range examples {
		t.Run(test.name, func(t *testing.T) {
			if got := describe(Parse(kind, []byte(test.in))); got != test.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, test.want)
			}
		})
	}
}

func TestGoSum(t *testing.T) {
	check(t, Go, []example{
		{"nothing", "", ""},
		{"both lines are one entry", "m v1.0.0 " + h1 + "\nm v1.0.0/go.mod " + h1b + "\n", "m v1.0.0 - h1:AAAAA h1:BBBBB"},
		{"a go.mod alone", "m v1.0.0/go.mod " + h1b + "\n", "m v1.0.0 - h1:BBBBB gomod"},
		{"CRLF, blank lines, no end", "\r\n m\tv1.0.0 " + h1 + "\r\n\r\nm v2.0.0 " + h1, "m v1.0.0 - h1:AAAAA\nm v2.0.0 - h1:AAAAA"},
		{"two hashes, of which one must match", "m v1 " + h1b + "\nm v1 " + h1 + "\n", "m v1 - h1:AAAAA h1:BBBBB"},
		{"the same line twice", "m v1 " + h1 + "\nm v1 " + h1 + "\n", "m v1 - h1:AAAAA"},
		{"an algorithm that Go does not check", "m v1 h9:x\nm v1/go.mod " + h1 + "\n", "m v1 - UNHASHED"},
		{"the hash that Go drops", "m v1/go.mod " + emptyGoMod + "\n", ""},
		{"two words", "m v1.0.0\n", "error: line 1 has 2 words, expected module, version and hash"},
		{"a conflict", "m v1 " + h1 + "\n<<<<<<< HEAD\n", "error: line 2 has 2 words, expected module, version and hash"},
		{"a short hash", "m v1 h1:AAAA\n", `error: line 1: "h1:AAAA" is no h1: hash`},
		{"no version", "m /go.mod " + h1 + "\n", "error: line 1 names no version"},
		{"not UTF-8", "m\xff v1 " + h1, "error: it is not valid UTF-8"},
		{"a long name", strings.Repeat("m", maxText+1) + " v1 " + h1, `error: it has a text of more than 1024 bytes: "` + strings.Repeat("m", 80) + `…"`},
	})
}

func TestKindOf(t *testing.T) {
	for name, want := range map[string]Kind{
		"package-lock.json": NPM, "npm-shrinkwrap.json": NPM, "go.sum": Go, "go.work.sum": Go,
		"requirements.txt": Pip, "requirements-dev.txt": Pip, "requirements_test.txt": Pip,
		"package.json": "", "Package-Lock.json": "", "go.mod": "", "requirements.in": "", "my-requirements.txt": "", ".package-lock.json": "",
	} {
		if got := KindOf(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestRegistryOf(t *testing.T) {
	for address, want := range map[string]string{
		"":                                       "",
		"https://registry.npmjs.org/a/-/a-1.tgz": "https://registry.npmjs.org",
		"HTTPS://Registry.Example:8443":          "https://registry.example:8443",
		"http://r.example/x":                     "http://r.example",
		"https://user:pass@r.example/x":          "https://r.example",
		"https://a@b:c@r.example/x":              "https://r.example",
		"https://r.example/@scope/x":             "https://r.example",
		"git+ssh://git@github.com/o/r.git#v1":    "git+ssh://github.com",
		"git+ssh://git@github.com:o/r.git#v1":    "git+ssh://github.com",
		"git://h.example/r":                      "git://h.example",
		"https://[::1]:4873/x":                   "https://[::1]:4873",
		"github:o/r#" + commit:                   Git,
		"file:../x.tgz":                          Local,
		"FILE:///x":                              Local,
		// What two readers could take for two hosts is none that a list can have.
		`https://good.example\@evil.example/`: "https://good.example", // as Node reads it
		"https:/evil.example/x":               Other,
		"https:evil.example/x":                Other,
		"//evil.example/x":                    Other,
		"https://good.example\t.evil.example": Other,
		"https://good%2eexample/":             Other,
		"https://gооd.example/":               Other, // two letters are Cyrillic
		"https:///x":                          Other,
		"https://h.example:port/x":            Other,
		"ht tp://h.example/":                  Other,
		"https://${HOST}/simple":              Other,
		"o/r":                                 Other,
	} {
		if got := registryOf(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

// TestNoCredentials: what is kept of an address never holds them.
func TestNoCredentials(t *testing.T) {
	const secret = "generated4test"
	for kind, text := range map[Kind]string{
		NPM: `{"lockfileVersion":2,"packages":{"node_modules/a":{"resolved":"https://u:` + secret + `@r.example/a.tgz"},
			"node_modules/b":{"resolved":"git+https://` + secret + `@h.example/b.git#` + commit + `"}},
			"dependencies":{"c":{"version":"git+ssh://u:` + secret + `@h.example/c.git#x"},"d":{"version":"1.0.0","resolved":"http://u:p/` + secret + `@r.example/d"}}}`,
		Pip: "-i https://u:" + secret + "@r.example/simple\n-r https://u:p/" + secret + "@r.example/more.txt\na @ https://" + secret + "@h.example/a.zip\n" +
			"-e git+https://u:" + secret + "@h.example/b.git#egg=b\n--find-links=https://u:" + secret + "@h.example/\n",
	} {
		f, err := Parse(kind, []byte(text))
		if err != nil || len(f.Entries) < 2 {
			t.Fatalf("%s: %v, %v", kind, f, err)
		}
		if got := fmt.Sprint(f); strings.Contains(got, secret) {
			t.Errorf("%s: %s", kind, strings.ReplaceAll(got, secret, "SECRET"))
		}
	}
	for kind, text := range map[Kind]string{
		NPM: `{"packages":{"https://u:` + secret + `@h.example/":{"integrity":1}}}`,
		Pip: "a --hash=https://u:" + secret + "@h.example/\n",
	} {
		if _, err := Parse(kind, []byte(text)); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error is nil or has the secret", kind)
		}
	}
}

// TestBounds: what is beyond them is an error, and cheap.
func TestBounds(t *testing.T) {
	many := func(n int, line func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(line(i))
		}
		return b.String()
	}
	for name, test := range map[string]struct {
		kind Kind
		text string
		want string
	}{
		"too large":     {Go, strings.Repeat(" ", MaxSize+1), "it is larger than 32 MiB"},
		"go entries":    {Go, many(MaxEntries+1, func(i int) string { return fmt.Sprintf("m%d v1 %s\n", i, h1) }), "it has more than 200000 entries"},
		"pip entries":   {Pip, many(MaxEntries+1, func(i int) string { return fmt.Sprintf("m%d\n", i) }), "it has more than 200000 entries"},
		"npm objects":   {NPM, strings.Repeat("{", maxObjects+1), "it has more than 800000 objects"},
		"npm entries":   {NPM, `{"packages":{` + many(MaxEntries+1, func(i int) string { return fmt.Sprintf("%q:{},", fmt.Sprint(i)) }) + `"x":{}}}`, "it has more than 200000 entries"},
		"npm nesting":   {NPM, strings.Repeat(`{"dependencies":{"a":`, 100) + "{}" + strings.Repeat("}}", 100), "it is nested deeper than 100 levels"},
		"unknown kinds": {"cargo", "", `"cargo" is no kind of lock file`},
	} {
		if _, err := Parse(test.kind, []byte(test.text)); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

// sound is what every file must keep to.
func sound(t *testing.T, f File, err error) {
	t.Helper()
	if err != nil {
		if len(f.Entries) > 0 || len(err.Error()) > 300 {
			t.Errorf("%d entries and the error %q", len(f.Entries), err)
		}
		return
	}
	if !slices.IsSortedFunc(f.Entries, compare) || len(f.Entries) > MaxEntries {
		t.Errorf("%d entries", len(f.Entries))
	}
	for _, registry := range f.Registries {
		if strings.Contains(registry, "@") {
			t.Errorf("registry %q", registry)
		}
	}
	for i, e := range f.Entries {
		if strings.Contains(e.Registry, "@") || e.Registry != strings.ToLower(e.Registry) || len(e.Name) > maxText {
			t.Errorf("%+v", e)
		}
		if i > 0 && compare(f.Entries[i-1], e) == 0 {
			t.Errorf("%+v comes twice", e)
		}
	}
}

func FuzzGoSum(f *testing.F) {
	f.Add([]byte("m v1.0.0 " + h1 + "\nm v1.0.0/go.mod " + h1b + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(Go, data)
		sound(t, file, err)
	})
}

func FuzzNPM(f *testing.F) {
	for _, text := range npmSeeds() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(NPM, data)
		sound(t, file, err)
	})
}

func FuzzPip(f *testing.F) {
	for _, text := range pipSeeds() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(Pip, data)
		sound(t, file, err)
	})
}
