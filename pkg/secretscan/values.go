package secretscan

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxValue = 64 << 10 // bytes of a value that are looked for
	maxDepth = 3        // values inside values inside values: JSON in base64 in JSON
	maxParts = 1024     // values taken out of one variable
)

// A secret is a value to look for.
type secret struct {
	text string
	mark int
	line bool // only a line of a longer value
	weak bool // out of a JSON value, under a key that does not look secret
}

// values are the secrets of an environment, and the names that go with their marks from firstNamed on.
type values struct {
	secrets []secret
	names   []string
	limits  []string
	public  map[string]bool // values that are never secrets, without slashes at the end
	name    string          // of the variable at hand, fit to be shown
	mark    int             // its mark
	parts   int             // taken out of it so far
	weak    bool            // what is added now is weak
	seen    map[string]bool
}

// collect takes the secrets out of an environment: the values of variables that are listed or have secret-looking
// names, whole and in parts, and of all other variables the passwords in URLs.
func collect(environ, listed []string) *values {
	v := &values{public: map[string]bool{}, seen: map[string]bool{}}
	sorted := slices.Clone(environ)
	slices.Sort(sorted) // the same names in the replacements, whatever the order
	for _, entry := range sorted {
		if name, value, ok := strings.Cut(entry, "="); ok && publicName(name) {
			v.public[withoutSlash(value)] = true
		}
	}
	for _, entry := range sorted {
		name, value, ok := strings.Cut(entry, "=")
		if !ok || name == "" || publicName(name) {
			continue
		}
		v.name, v.mark, v.parts = markName(name), firstNamed+len(v.names), 0
		before := len(v.secrets)
		if SecretName(name) || slices.Contains(listed, name) {
			v.value(name, value, 0)
		} else {
			v.passwords(value)
		}
		if len(v.secrets) > before {
			v.names = append(v.names, name)
		}
	}
	return v
}

// value adds a value that goes by a secret-looking name, and what can be taken out of it.
func (v *values) value(name, value string, depth int) {
	value = trimQuotes(strings.TrimSpace(value))
	if v.public[withoutSlash(value)] || !worthHiding(name, value) {
		return
	}
	v.add(value, false)
	if depth == maxDepth {
		return
	}
	v.passwords(value)
	if u, ok := splitURL(value); ok {
		if u.userinfo == "" {
			v.add(u.rest, false) // as in a request line, which names the host elsewhere
		}
		return
	}
	if v.json(value, depth) {
		return
	}
	if scheme, rest, ok := strings.Cut(value, " "); ok && authSchemes[strings.ToLower(scheme)] {
		v.value(name, rest, depth+1)
	}
	v.pairs(value, depth)
	if user, password, ok := strings.Cut(value, ":"); ok && !strings.ContainsAny(user, " /\n{") {
		if i := strings.LastIndex(password, "@"); i > 0 {
			v.add(password[:i], false) // a driver's own notation: user:password@tcp(host:3306)/db
		}
	}
	if text, ok := decodeText(value); ok {
		v.value(name, text, depth+1)
		if _, password, ok := strings.Cut(text, ":"); ok && !strings.ContainsAny(text, " \n{") {
			v.add(password, false) // user:password of a registry or of basic authentication
		}
	}
	if strings.ContainsAny(value, "\n\r") {
		v.lines(value)
	}
}

// authSchemes come before a credential in an Authorization header.
var authSchemes = map[string]bool{"bearer": true, "basic": true, "token": true}

// withoutSlash makes two ways to name a directory one.
func withoutSlash(s string) string { return strings.TrimRight(s, `/\`) }

// add adds a value as it is, if it is long enough.
func (v *values) add(value string, line bool) {
	if len(value) > maxValue {
		v.limit("bytes of a value", maxValue)
		value = value[:maxValue]
	}
	// A NUL cannot be in an environment or argument, so what is printed of such a value are its parts.
	for part := range strings.SplitSeq(value, "\x00") {
		if len(part) < minNeedle || v.seen[part] || v.public[withoutSlash(part)] || constants[strings.ToLower(part)] {
			continue
		}
		if v.parts++; v.parts > maxParts {
			v.limit("parts of its value", maxParts)
			return
		}
		v.seen[part] = true
		v.secrets = append(v.secrets, secret{text: part, mark: v.mark, line: line, weak: v.weak})
	}
}

// limit notes once that a bound cut something off.
func (v *values) limit(what string, bound int) {
	text := fmt.Sprintf("%s: only the first %d %s are looked for", v.name, bound, what)
	if !slices.Contains(v.limits, text) {
		v.limits = append(v.limits, text)
	}
}

// lines adds each line of a value of several, but for the frame of a PEM block, which is the same for everybody.
func (v *values) lines(value string) {
	for line := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "-----") {
			v.add(line, true)
		}
	}
}

// passwords adds what is secret of the credentials of all URLs in text: the password if there is one, else the user
// name, which then is a token.
func (v *values) passwords(text string) {
	b := []byte(text)
	for from := 0; ; {
		ev := nextURL(b, from, true, nil)
		if ev.end == 0 {
			return
		}
		part, password, _ := strings.Cut(text[ev.at:ev.end], ":")
		if password != "" && password != "x-oauth-basic" {
			part = password
		}
		v.add(part, false)
		if plain, err := url.PathUnescape(part); err == nil && plain != part {
			v.add(plain, false)
		}
		from = ev.end
	}
}

// pairs adds the values of key=value and key: value pairs whose keys look secret: connection strings, dotenv files.
func (v *values) pairs(text string, depth int) {
	for pair := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ';' || r == '\n' || r == ' ' }) {
		if key, value, ok := strings.Cut(strings.TrimSpace(pair), "="); ok && SecretName(key) {
			v.value(key, value, depth+1)
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		if key, value, ok := strings.Cut(line, ": "); ok && SecretName(key) {
			v.value(key, value, depth+1)
		}
	}
}

func trimQuotes(s string) string {
	if n := len(s); n > 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		return s[1 : n-1]
	}
	return s
}

// decodeText undoes base64 (either alphabet, with or without padding) if the result is text.
func decodeText(s string) (string, bool) {
	if len(s) < 2*minNeedle {
		return "", false
	}
	s = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/", "\n", "", "\r", "").Replace(s), "=")
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil || !utf8.Valid(b) {
		return "", false
	}
	printable := func(r rune) bool { return unicode.IsPrint(r) || unicode.IsSpace(r) }
	if bytes.ContainsFunc(b, func(r rune) bool { return !printable(r) }) {
		return "", false
	}
	return string(b), true
}
