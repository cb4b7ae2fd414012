package secretscan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// maxAllowList bounds an allow list, in bytes.
const maxAllowList = 1 << 20

// An AllowList takes findings out of a result. It is a file of its own: nothing in a scanned text takes a finding out.
type AllowList struct{ entries []allowEntry }

type allowEntry struct {
	digest, rule string
	source       *regexp.Regexp // nil: every source
}

// ParseAllowList reads a JSON document {"allow": [...]}. An entry has "digest", all of that of a finding under a digest key
// that the run shares; or "rule" and "source", a glob in which * is anything but a slash, ** is anything and ? is one character
// but a slash. "reason" is for people. Unknown fields, and entries that allow everything, are errors.
func ParseAllowList(text []byte) (*AllowList, error) {
	if len(text) > maxAllowList {
		return nil, fmt.Errorf("parse allow list: more than %d bytes", maxAllowList)
	}
	var doc struct {
		Allow []struct{ Digest, Rule, Source, Reason string } `json:"allow"`
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, errors.New("parse allow list: it is empty, expected {\"allow\": [...]}")
	} else if err != nil {
		return nil, fmt.Errorf("parse allow list: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("parse allow list: something follows the document")
	}
	list := &AllowList{}
	for i, e := range doc.Allow {
		byDigest := e.Digest != "" && e.Rule == "" && e.Source == ""
		byPlace := e.Digest == "" && e.Rule != "" && e.Source != ""
		if !byDigest && !byPlace {
			return nil, fmt.Errorf("parse allow list: entry %d: expected a digest, or a rule and a source", i+1)
		}
		if digest, err := hex.DecodeString(e.Digest); byDigest && (err != nil || len(digest) != sha256.Size) {
			return nil, fmt.Errorf("parse allow list: entry %d: a digest has %d hexadecimal digits, as the JSON of a scan shows it", i+1, 2*sha256.Size)
		}
		entry := allowEntry{digest: strings.ToLower(e.Digest), rule: e.Rule}
		if byPlace {
			entry.source = glob(e.Source)
		}
		list.entries = append(list.entries, entry)
	}
	return list, nil
}

// HasDigests reports whether there are entries that mean something under one digest key alone.
func (l *AllowList) HasDigests() bool {
	return slices.ContainsFunc(l.entries, func(e allowEntry) bool { return e.digest != "" })
}

// allows reports whether a finding is on the list.
func (l *AllowList) allows(f *Finding) bool {
	if l == nil {
		return false
	}
	for _, e := range l.entries {
		if e.digest != "" && e.digest == f.Digest || e.source != nil && e.rule == f.RuleID && e.source.MatchString(f.Source) {
			return true
		}
	}
	return false
}

// glob makes an expression of a pattern. Bytes that are no UTF-8 match nothing.
func glob(pattern string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`\A(?s:`)
	for i := 0; i < len(pattern); i++ {
		switch {
		case strings.HasPrefix(pattern[i:], "**"):
			b.WriteString(`.*`)
			i++
		case pattern[i] == '*':
			b.WriteString(`[^/]*`)
		case pattern[i] == '?':
			b.WriteString(`[^/]`)
		case pattern[i] < 0x80:
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		default:
			b.WriteByte(pattern[i])
		}
	}
	b.WriteString(`)\z`)
	return regexp.MustCompile(strings.ToValidUTF8(b.String(), `\x{FFFD}`))
}
