package actionref

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Pinning is one reference to pin, as Find returned it for the same bytes.
type Pinning struct {
	Use Use
	// To is a commit, 40 hex digits, for an action or workflow; for an image
	// a digest, sha256: and 64 hex digits.
	To string
	// Version is written in the comment behind the reference. Empty, or no
	// version by its shape: the comment stays.
	Version string
}

// Refusal is a reference that Pin left alone.
type Refusal struct {
	Use Use
	Why string
}

// edit replaces one range of bytes.
type edit struct {
	Span
	text string
}

// Pin pins references in place and returns the new bytes; src stays as it is.
// It edits nothing but the references and the versions in the comments behind
// them, and it refuses where the file does not hold the reference literally:
// a file is never written anew.
func Pin(src []byte, pins []Pinning) ([]byte, []Refusal) {
	var edits []edit
	var refused []Refusal
	done := map[Span]string{}
	for _, p := range pins {
		text, why := p.text(src)
		if before, again := done[p.Use.Span]; why == "" && again && before != text {
			why = "the same place was to be pinned to something else"
		} else if again && why == "" {
			continue
		}
		if why != "" {
			refused = append(refused, Refusal{p.Use, why})
			continue
		}
		done[p.Use.Span] = text
		edits = append(edits, edit{p.Use.Span, text})
		if e, ok := p.comment(src); ok {
			edits = append(edits, e)
		}
	}
	slices.SortStableFunc(edits, func(a, b edit) int { return a.Start - b.Start })
	out, ok := apply(src, edits)
	if !ok || !samePlaces(src, out, len(done)) {
		for _, p := range pins {
			refused = append(refused, Refusal{p.Use, "cannot edit here: the file would not read as before"})
		}
		return src, refused
	}
	return out, refused
}

// text is the pinned spelling of a reference, or why there is none.
func (p Pinning) text(src []byte) (text, why string) {
	s := p.Use.Span
	old := p.Use.Ref.Text()
	if s.Start < 0 || s.Start >= s.End || s.End > len(src) || string(src[s.Start:s.End]) != old {
		return "", "cannot edit here: the file does not hold the reference as it reads (escapes, folded lines, or an empty value)"
	}
	name, _, _ := strings.Cut(old, "@")
	switch p.Use.Ref.Kind() {
	case KindAction, KindWorkflow:
		if !isHex(p.To, 40) {
			return "", fmt.Sprintf("%q is not a commit of 40 hex digits", p.To)
		}
	case KindDocker, KindImage:
		hex, ok := strings.CutPrefix(p.To, "sha256:")
		if !ok || !isHex(hex, 64) {
			return "", fmt.Sprintf("%q is not a digest sha256: and 64 hex digits", p.To)
		}
	default:
		return "", fmt.Sprintf("a reference of kind %s cannot be pinned", p.Use.Ref.Kind())
	}
	return name + "@" + strings.ToLower(p.To), ""
}

// comment is the edit that brings the version behind the reference up to date.
func (p Pinning) comment(src []byte) (edit, bool) {
	at, tail := p.Use.version, p.Use.tail
	apart := at.Start >= p.Use.Span.End || at.End <= p.Use.Span.Start // before it: behind a block's indicator
	switch {
	case !looksLikeVersion(p.Version):
	case at.Start < at.End && apart && at.End <= len(src) && string(src[at.Start:at.End]) == p.Use.Comment:
		return edit{at, p.Version}, true
	case tail >= p.Use.Span.End && tail <= len(src):
		return edit{Span{tail, tail}, " # " + p.Version}, true
	}
	return edit{}, false
}

// apply makes the edits, which are in order; ok is false if two overlap.
func apply(src []byte, edits []edit) (out []byte, ok bool) {
	var b bytes.Buffer
	at := 0
	for _, e := range edits {
		if e.Start < at {
			return nil, false
		}
		b.Write(src[at:e.Start])
		b.WriteString(e.text)
		at = e.End
	}
	b.Write(src[at:])
	return b.Bytes(), true
}

// samePlaces reports whether the new bytes hold as many references, problems
// and executions as the old ones, with at least n pinned: the last word on
// whether an edit meant what it should.
func samePlaces(src, out []byte, n int) bool {
	before, after := Find(src), Find(out)
	if len(before.Uses) != len(after.Uses) || len(before.Problems) != len(after.Problems) {
		return false
	}
	pinned := 0
	for i, u := range after.Uses {
		was := before.Uses[i]
		if u.Count != was.Count || u.Line != was.Line || u.Ref.Kind() != was.Ref.Kind() {
			return false
		}
		if u.Ref.Pinned() {
			pinned++
		}
	}
	return pinned >= n
}
