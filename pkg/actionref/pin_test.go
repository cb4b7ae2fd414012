package actionref

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// step is a workflow whose only job has the given lines as steps.
func step(lines string) string {
	indent := strings.NewReplacer("\r\n", "\r\n    ", "\n", "\n    ", "\r", "\r    ")
	return "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n    " + strings.TrimSuffix(indent.Replace(lines), "    ")
}

// toFor is a commit or a digest, whichever pins the use.
func toFor(u Use) string {
	if k := u.Ref.Kind(); k == KindDocker || k == KindImage {
		return testDigest
	}
	return testSHA
}

// TestPin: the file before and after, to the byte.
func TestPin(t *testing.T) {
	const s, d = testSHA, testDigest
	for name, c := range map[string]struct{ before, after string }{
		"plain":                   {"- uses: a/b@v1\n", "- uses: a/b@" + s + " # v9.8.7\n"},
		"no final newline":        {"- uses: a/b@v1", "- uses: a/b@" + s + " # v9.8.7"},
		"case and path kept":      {"- uses: A/B/C@v1\n", "- uses: A/B/C@" + s + " # v9.8.7\n"},
		"quotes":                  {"- uses: 'a/b@v1'\n- uses: \"a/c@v1\"\n", "- uses: 'a/b@" + s + "' # v9.8.7\n- uses: \"a/c@" + s + "\" # v9.8.7\n"},
		"spaces in quotes":        {"- uses: ' a/b@v1 '\n", "- uses: ' a/b@" + s + " ' # v9.8.7\n"},
		"version replaced":        {"- uses: a/b@v1 # v1.2.3\n", "- uses: a/b@" + s + " # v9.8.7\n"},
		"rest of the comment":     {"- uses: a/b@v1   #v1, because\n", "- uses: a/b@" + s + "   #v9.8.7, because\n"},
		"tool's comment kept":     {"- uses: a/b@v1 # zizmor: ignore[unpinned-uses]\n", "- uses: a/b@" + s + " # v9.8.7 # zizmor: ignore[unpinned-uses]\n"},
		"TODO kept":               {"- uses: a/b@v1 # TODO\n", "- uses: a/b@" + s + " # v9.8.7 # TODO\n"},
		"forms of tools":          {"- uses: a/b@v1 # tag=v1\n- uses: a/c@v1 # ratchet:a/c@v1\n", "- uses: a/b@" + s + " # tag=v9.8.7\n- uses: a/c@" + s + " # ratchet:a/c@v9.8.7\n"},
		"pinned before":           {"- uses: a/b@" + strings.Repeat("1", 40) + " # v1\n", "- uses: a/b@" + s + " # v9.8.7\n"},
		"anchor, edited once":     {"- uses: &x a/b@v1\n- uses: *x\n- uses: *x # v1\n", "- uses: &x a/b@" + s + " # v9.8.7\n- uses: *x\n- uses: *x # v1\n"},
		"flow":                    {"- { uses: a/b@v1, name: x }\n", "- { uses: a/b@" + s + ", name: x }\n"},
		"flow, comment behind":    {"- { uses: a/b@v1 } # v1\n", "- { uses: a/b@" + s + " } # v9.8.7\n"},
		"flow over lines":         {"- {\n    uses: a/b@v1,\n    name: x }\n", "- {\n    uses: a/b@" + s + ",\n    name: x }\n"},
		"flow, last on its line":  {"- {\n    uses: a/b@v1\n  }\n", "- {\n    uses: a/b@" + s + " # v9.8.7\n  }\n"},
		"two in one line":         {"- { parallel: [ { uses: a/b@v1 }, { uses: a/c@v2 } ] } # v2\n", "- { parallel: [ { uses: a/b@" + s + " }, { uses: a/c@" + s + " } ] } # v9.8.7\n"},
		"literal block":           {"- uses: |\n    a/b@v1\n- run: x\n", "- uses: |\n    a/b@" + s + "\n- run: x\n"},
		"folded block":            {"- uses: >2- # v1\n\n    a/b@v1\n", "- uses: >2- # v9.8.7\n\n    a/b@" + s + "\n"},
		"lone CR":                 {"- uses: |\r    a/b@v1\r- run: x\n", "- uses: |\r    a/b@" + s + "\r- run: x\n"},
		"CRLF":                    {"- uses: a/b@v1\r\n- uses: a/c@v1 # v1\r\n", "- uses: a/b@" + s + " # v9.8.7\r\n- uses: a/c@" + s + " # v9.8.7\r\n"},
		"image":                   {"- uses: docker://a:1\n", "- uses: docker://a:1@" + d + " # v9.8.7\n"},
		"image with a bad digest": {"- uses: docker://a:1@sha256:00\n", "- uses: docker://a:1@" + d + " # v9.8.7\n"},
		"explicit key":            {"- ? uses\n  : a/b@v1\n", "- ? uses\n  : a/b@" + s + " # v9.8.7\n"},
		"on the next line":        {"- uses:\n    # v1\n    a/b@v1\n", "- uses:\n    # v1\n    a/b@" + s + " # v9.8.7\n"},
		"wide characters":         {"- { name: 名, uses: 'a/b@v1' }\n", "- { name: 名, uses: 'a/b@" + s + "' }\n"},
	} {
		src := []byte(step(c.before))
		got, refused := Pin(src, pinAll(Find(src)))
		if want := step(c.after); string(got) != want || len(refused) > 0 {
			t.Errorf("%s: refused %v\n%s\nwant\n%s", name, refused, got, want)
		}
		if err := checkPinned(src, got, pinAll(Find(src)), refused); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if string(src) != step(c.before) {
			t.Errorf("%s: Pin changed its argument", name)
		}
	}
}

func pinAll(f File) []Pinning {
	var pins []Pinning
	for _, u := range f.Uses {
		pins = append(pins, Pinning{u, toFor(u), "v9.8.7"})
	}
	return pins
}

// TestPinRefuses: every byte stays, and the reason says what to do.
func TestPinRefuses(t *testing.T) {
	for name, c := range map[string]struct{ line, to, why string }{
		"escapes":            {`- uses: "a/\x62@v1"`, testSHA, "cannot edit here"},
		"folded over lines":  {"- uses: \"a/\\\n    b@v1\"", testSHA, "cannot edit here"},
		"empty":              {"- uses:", testSHA, "cannot edit here"},
		"short commit":       {"- uses: a/b@v1", testSHA[:39], "40 hex digits"},
		"no commit":          {"- uses: a/b@v1", "", "40 hex digits"},
		"text as commit":     {"- uses: a/b@v1", testSHA[:39] + "\n", "40 hex digits"},
		"digest for action":  {"- uses: a/b@v1", testDigest, "40 hex digits"},
		"commit for image":   {"- uses: docker://a:1", testSHA, "sha256"},
		"short digest":       {"- uses: docker://a:1", testDigest[:70], "sha256"},
		"local":              {"- uses: ./a", testSHA, "kind local"},
		"self":               {"- uses: $/a", testSHA, "kind self"},
		"dynamic":            {"- uses: a/b@${{ inputs.x }}", testSHA, "kind dynamic"},
		"invalid":            {"- uses: a/b@v1@v2", testSHA, "kind invalid"},
		"both as one anchor": {"- uses: &x a/b@v1\n  env: { y: *x }", "", "40 hex digits"},
	} {
		src := []byte(step(c.line + "\n"))
		f := Find(src)
		got, refused := Pin(src, []Pinning{{f.Uses[0], c.to, "v1.0.0"}})
		if !bytes.Equal(got, src) || len(refused) != 1 || !strings.Contains(refused[0].Why, c.why) {
			t.Errorf("%s: refused %v, file\n%s", name, refused, got)
		}
	}
}

// TestPinDisagrees: one place cannot be two commits; the first is kept.
func TestPinDisagrees(t *testing.T) {
	src := []byte(step("- uses: a/b@v1\n"))
	u := Find(src).Uses[0]
	got, refused := Pin(src, []Pinning{{u, testSHA, ""}, {u, testSHA, ""}, {u, strings.Repeat("1", 40), ""}})
	if len(refused) != 1 || string(got) != step("- uses: a/b@"+testSHA+"\n") {
		t.Errorf("refused %v\n%s", refused, got)
	}
}

// TestPinOtherFile: positions of other bytes are refused or harmless, never a panic.
func TestPinOtherFile(t *testing.T) {
	f := Find([]byte(step("- uses: aaaaa/b@v1 # v1\n- uses: a/c@v1\n")))
	for _, other := range []string{"", "x", step("- uses: aaaaa/b@v1\n"), step("- run: x\n")} {
		if got, refused := Pin([]byte(other), pinAll(f)); len(refused) == 0 && string(got) != other && len(Find(got).Uses) != 1 {
			t.Errorf("%q became %q", other, got)
		}
	}
	if got, refused := Pin(nil, []Pinning{{}}); len(got) != 0 || len(refused) != 1 {
		t.Error("the zero Pinning was not refused")
	}
}

// TestPinKeepsComment: what is no version is not written into a file.
func TestPinKeepsComment(t *testing.T) {
	for _, version := range []string{"", "main", "v1\n- run: evil", "v1 x", "v1]", strings.Repeat("1", 101), "::error::1"} {
		src := []byte(step("- uses: a/b@v1 # v1\n"))
		got, refused := Pin(src, []Pinning{{Find(src).Uses[0], testSHA, version}})
		if want := step("- uses: a/b@" + testSHA + " # v1\n"); string(got) != want || len(refused) > 0 {
			t.Errorf("version %q: %v\n%s", version, refused, got)
		}
	}
}

// checkPinned is what every edit must keep: outside of the places nothing
// changes, the pinned references read as they should, and the others as before.
func checkPinned(src, got []byte, pins []Pinning, refused []Refusal) error {
	if len(refused) == len(pins) {
		if !bytes.Equal(src, got) {
			return fmt.Errorf("all refused, and the file changed")
		}
		return nil
	}
	no := map[Span]bool{}
	for _, r := range refused {
		no[r.Use.Span] = true
	}
	to := map[Span]string{}
	for _, p := range pins {
		if s := p.Use.Span; !no[s] {
			to[s] = p.To
		}
	}
	before, after := Find(src), Find(got)
	if len(before.Uses) != len(after.Uses) || len(before.Problems) != len(after.Problems) || len(before.Injections) != len(after.Injections) {
		return fmt.Errorf("%d uses, %d problems, %d injections became %d, %d, %d", len(before.Uses), len(before.Problems), len(before.Injections),
			len(after.Uses), len(after.Problems), len(after.Injections))
	}
	for i, was := range before.Uses {
		now := after.Uses[i]
		if now.Line != was.Line || now.Place != was.Place || now.Count != was.Count || now.Job != was.Job {
			return fmt.Errorf("%q at %d:%d became %q at %d:%d", was.Ref, was.Line, was.Col, now.Ref, now.Line, now.Col)
		}
		commit, edited := to[was.Span]
		switch {
		case edited && (!now.Ref.Pinned() || !strings.HasSuffix(now.Ref.Canonical(), "@"+commit)):
			return fmt.Errorf("%q became %q, want %s", was.Ref, now.Ref, commit)
		case !edited && now.Ref.Text() != was.Ref.Text():
			return fmt.Errorf("%q became %q unasked", was.Ref, now.Ref)
		}
	}
	if a, b := rest(src, before, to, before), rest(got, after, to, before); a != b {
		return fmt.Errorf("outside of the places\n%q became\n%q", a, b)
	}
	return nil
}

// rest is a file without the references that were edited, their versions, and
// the comments that did not exist before.
func rest(src []byte, f File, to map[Span]string, before File) string {
	var cuts []edit
	seen := map[Span]bool{}
	for i, u := range f.Uses {
		was := before.Uses[i]
		if _, edited := to[was.Span]; !edited || seen[was.Span] {
			continue
		}
		seen[was.Span] = true
		cuts = append(cuts, edit{Span: u.Span})
		if v := u.version; was.Comment == "" && v.Start < v.End {
			cuts = append(cuts, edit{Span: Span{v.Start - len(" # "), v.End}})
		} else {
			cuts = append(cuts, edit{Span: v})
		}
	}
	slices.SortStableFunc(cuts, func(a, b edit) int { return a.Start - b.Start })
	out, ok := apply(src, cuts)
	if !ok {
		return "places that overlap"
	}
	return string(out)
}
