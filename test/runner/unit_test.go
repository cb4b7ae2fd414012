package runner

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func decodeClaims(t *testing.T, jwt string) map[string]any {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("%d parts in a JWT", len(parts))
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(b, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestParseCommand(t *testing.T) {
	for line, want := range map[string]string{
		"::error::x":                                 "error map[] x",
		"\u3000\t::ERROR file=a,Line=3::x::y":        "error map[file:a line:3] x::y",
		"::error title=a%3Ab%2Cc%25,x=,=y,z::%0A%25": "error map[title:a:b,c%] \n%",
		"::error title==x=y::":                       "error map[title:x=y] ",
		"::warning%250A::":                           "",
		"::nonsense::x":                              "",
		"::error:x":                                  "",
		"a ::error::x":                               "",
		"a ##[error]x":                               "error map[] x",
		"##[error a=b%5D;c=%3B]x%0Ay":                "error map[a:b] c:;] x\ny",
		"::nonsense:: ##[notice]x":                   "notice map[] x",
		"## [error]x":                                "",
		"##[error":                                   "",
		"##[]x":                                      "",
		"::::":                                       "",
	} {
		c, ok := ParseCommand(line)
		got := fmt.Sprintf("%s %v %s", c.Name, c.Properties, c.Data)
		if ok != (want != "") || ok && got != want {
			t.Errorf("ParseCommand(%q) = %q, %v; want %q", line, got, ok, want)
		}
	}
	if got := SplitLines("a\r\nb\rc\n\nd"); !slices.Equal(got, []string{"a", "b", "c", "", "d"}) {
		t.Errorf("lines %q", got)
	}
}

func TestParsePairs(t *testing.T) {
	for text, want := range map[string]string{
		"":                            `[]`,
		"a=1\n\nb=\n":                 `[{"a" "1"} {"b" ""}]`,
		"a=x<<y\nb=c=d":               `[{"a" "x<<y"} {"b" "c=d"}]`,
		"a<<E\n1\n\n2\nE\nb=1":        `[{"a" "1\n\n2"} {"b" "1"}]`,
		"a<<E\nE":                     `[{"a" ""}]`,
		"a<<E\n\nE\n":                 `[{"a" ""}]`,
		"a<<E\n\n\nE\n":               `[{"a" "\n"}]`,
		"a<<E=F\nb=1\n E=F\nE=F\n":    `[{"a" "b=1\n E=F"}]`,
		"a<<E\r\nx\r\nE\r\n":          `[{"a" "x\r"}]`,
		" k =v":                       `[{" k " "v"}]`,
		"a<<E\n1":                     `error`,
		"a<<E\n1\nE ":                 `error`,
		"a<<\nb":                      `error`,
		"<<E\nb\nE":                   `error`,
		"=v":                          `error`,
		"nonsense":                    `error`,
		"a=1\n\ufeffb":                `error`,
		"\ufeffa=1":                   `[{"a" "1"}]`,
		"a<<E\nb<<F\nE\nF\n":          `error`,
		"verdict=pass\nverdict=fail ": `[{"verdict" "pass"} {"verdict" "fail "}]`,
	} {
		pairs, err := ParsePairs(text)
		got := fmt.Sprintf("%q", pairs)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("ParsePairs(%q) = %s, want %s", text, got, want)
		}
	}
}

func FuzzParsers(f *testing.F) {
	f.Add("a<<E\nx\nE\n::error a=b::c\r##[x]")
	f.Fuzz(func(t *testing.T, text string) {
		pairs, _ := ParsePairs(text)
		for _, p := range pairs {
			if p.Key == "" || len(p.Key)+len(p.Value) > 3*len(text) {
				t.Errorf("pair %q of %q", p, text)
			}
		}
		for _, arg := range splitArgs(text) {
			if len(arg) > len(text) {
				t.Errorf("argument %q of %q", arg, text)
			}
		}
		for _, l := range SplitLines(text) {
			if c, ok := ParseCommand(l); ok && c.Name != strings.ToLower(c.Name) {
				t.Errorf("name %q", c.Name)
			}
		}
	})
}

func TestExpressions(t *testing.T) {
	c := evaluator{status: "success", contexts: contexts{"inputs": map[string]any{"a-b": "x", "empty": "", "no": "false"}, "github": map[string]any{"n": 3.0, "o": map[string]any{"p": "<q>"}}, "matrix": nil}}
	for text, want := range map[string]string{
		"plain $X {{}}":                        "plain $X {{}}",
		"${{ inputs.a-b }}/${{Inputs.A-B}}":    "x/x",
		"${{ inputs.gone.deeper }}":            "",
		"${{ inputs.empty || 'it''s }} ok' }}": "it's }} ok",
		"${{ inputs.empty || inputs.a-b }}":    "x",
		"${{ github.n }} ${{ github.o }}":      "3 Object",
		"${{ toJSON(github.o) }}":              "{\n  \"p\": \"<q>\"\n}",
		"${{ toJSON(matrix) }}":                "null",
		"${{ secrets.TOKEN }}":                 "error",
		"${{ inputs.a == 'x' }}":               "error",
		"${{ format('{0}', 'x') }}":            "error",
		"${{ inputs.a-b":                       "error",
		"${{ 'open }}":                         "error",
		"${{ inputs.* }}":                      "error",
		"${{ }}":                               "error",
	} {
		got, err := c.interpolate(text)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s is %q (%v), want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]bool{"": true, "${{ inputs.no }}": true, "inputs.empty": false, "inputs.gone || 'x'": true, "${{ github.n }}": true, "inputs.no && inputs.empty": false, "inputs.gone && 'x' || 'y'": true} {
		if got, err := c.truth(text); got != want || err != nil {
			t.Errorf("if: %s is %v, %v", text, got, err)
		}
	}
	if _, err := c.truth("inputs.no == inputs.a-b"); err == nil {
		t.Error("== is accepted and not understood")
	}
}

func TestMasks(t *testing.T) {
	var m masks
	m.add("secret")
	m.add("cretary")
	m.add("l1\r\nl2")
	for in, want := range map[string]string{"a secretary b": "a *** b", "secret secret": "*** ***", "secretsecret": "***", "xl2": "x***", "none": "none"} {
		if got := m.hide(in); got != want {
			t.Errorf("hide(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestManifestsThatAreRefused(t *testing.T) {
	for name, runs := range map[string]string{
		"no main":      "{using: node24}",
		"post-if":      "{using: node24, main: x.js, post: x.js, post-if: '${{ failure() }}'}",
		"hashFiles":    "{using: composite, steps: []}\noutputs: {x: {value: \"${{ hashFiles('x') }}\"}}",
		"no such kind": "{using: deno2, main: x.js}",
		"both":         "{using: composite, steps: [{uses: a/b@c, run: x, shell: sh}]}",
		"no shell":     "{using: composite, steps: [{run: x}]}",
		"unknown key":  "{using: composite, steps: [{run: x, shell: sh, timeout: 1}]}",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "action.yaml"), []byte("runs: "+runs), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readManifest(dir); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestSplitArgs(t *testing.T) {
	for line, want := range map[string]string{
		"": `[]`, "  a \t b ": `["a" "b"]`, `"a b" c`: `["a b" "c"]`, `"" x`: `["" "x"]`, `a\b "c\\" d`: `["a\\b" "c\\" "d"]`,
		`"say \"hi\""`: `["say \"hi\""]`, `a"b c"d`: `["ab cd"]`, `"a""b"`: `["a\"b"]`, `'a b'`: `["'a" "b'"]`, `"open x`: `["open x"]`,
	} {
		if got := fmt.Sprintf("%q", splitArgs(line)); got != want {
			t.Errorf("%s is %s, want %s", line, got, want)
		}
	}
}
