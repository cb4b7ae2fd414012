package secretscan

import (
	"bytes"
	"encoding/base64"
	"strings"
)

const (
	// maxMasks bounds the values that one stream announces.
	maxMasks = 256
	// minMask is the shortest mask that is redacted, in bytes.
	minMask = 8
	// maxMaskLine bounds an announcement, in bytes.
	maxMaskLine = 64 << 10
	// maxGitConfig bounds the text that GitConfigValues reads, in bytes.
	maxGitConfig = 1 << 20
)

// A mask is a value that a line of output announced, and where that line is.
type mask struct {
	value      string
	start, end int
}

// masks finds "::add-mask::VALUE" and the older "##[add-mask]VALUE" as GitHub's runner does (actions/runner,
// ActionCommand.cs): the first at the start of a line after white space and without regard to case, the second anywhere in
// it. A value's %25, %0D and %0A are undone; those of the older form's %5D and %3B too.
func masks(text []byte, found func(mask) bool) {
	for from := 0; from < len(text); {
		i := indexFold(text[from:], "add-mask")
		if i < 0 {
			return
		}
		at := from + i
		start := bytes.LastIndexAny(text[max(0, at-maxMaskLine):at], "\r\n") + 1 + max(0, at-maxMaskLine)
		end := len(text)
		if n := bytes.IndexAny(text[at:], "\r\n"); n >= 0 {
			end = at + n
		}
		from = at + len("add-mask")
		value, ok := maskValue(string(text[start:at]), string(text[from:min(end, from+maxMaskLine)]))
		if ok && !found(mask{value: value, start: start, end: end}) {
			return
		}
	}
}

// maskValue takes a command apart, of which before and after are what is around its name.
func maskValue(before, after string) (string, bool) {
	if strings.TrimSpace(before) == "::" {
		// Properties may stand between the name and the second colons.
		properties, value, ok := strings.Cut(after, "::")
		if !ok || properties != "" && properties[0] != ' ' {
			return "", false
		}
		return strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(value), value != ""
	}
	if strings.HasSuffix(before, "##[") {
		properties, value, ok := strings.Cut(after, "]")
		if !ok || properties != "" && properties[0] != ' ' {
			return "", false
		}
		return strings.NewReplacer("%0D", "\r", "%0A", "\n", "%5D", "]", "%3B", ";", "%25", "%").Replace(value), value != ""
	}
	return "", false
}

// indexFold is bytes.Index for a lower-case needle with a hyphen as its fourth byte, without regard to the case of text.
func indexFold(text []byte, needle string) int {
	const hyphen = 3
	for from := hyphen; from < len(text); {
		i := bytes.IndexByte(text[from:], '-')
		if i < 0 {
			return -1
		}
		start := from + i - hyphen
		if start+len(needle) <= len(text) && strings.EqualFold(string(text[start:start+len(needle)]), needle) {
			return start
		}
		from += i + 1
	}
	return -1
}

// GitConfigValues returns the credentials in a git configuration that actions/checkout left there, by the name
// "checkout": the value of extraheader (AUTHORIZATION: basic BASE64), what it decodes to, and the token in that. Nothing
// is read beyond the first MiB.
func GitConfigValues(text []byte) []Value {
	var out []Value
	for line := range bytes.Lines(text[:min(len(text), maxGitConfig)]) {
		key, value, ok := strings.Cut(string(line), "=")
		if !ok || !strings.EqualFold(strings.TrimSpace(key), "extraheader") || len(out) >= maxMasks {
			continue
		}
		header, credential, ok := strings.Cut(strings.Trim(strings.TrimSpace(value), `"`), ":")
		scheme, credential, found := strings.Cut(strings.TrimSpace(credential), " ")
		if !ok || !found || !strings.EqualFold(strings.TrimSpace(header), "authorization") {
			continue
		}
		credential = strings.TrimSpace(credential)
		out = append(out, Value{Name: "checkout", Text: credential})
		login, err := base64.StdEncoding.DecodeString(credential)
		if err != nil || !strings.EqualFold(scheme, "basic") {
			continue
		}
		out = append(out, Value{Name: "checkout", Text: string(login)})
		if _, token, ok := strings.Cut(string(login), ":"); ok {
			out = append(out, Value{Name: "checkout", Text: token})
		}
	}
	return out
}
