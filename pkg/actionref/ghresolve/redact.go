package ghresolve

import (
	"encoding/base64"
	"strings"
	"unicode"
)

// redactor takes the token out of text that a server may have written: a
// server sees the token and could send it back in a message.
type redactor struct{ replacer *strings.Replacer }

func newRedactor(token string) redactor {
	if token == "" {
		return redactor{strings.NewReplacer()}
	}
	return redactor{strings.NewReplacer(basicAuth(token), "***", token, "***")}
}

// basicAuth is what git's HTTP client sends: any user name will do beside a
// token. Source: GitHub's documentation, "Authenticating as a GitHub App
// installation", HTTP-based Git access.
func basicAuth(token string) string {
	return base64.StdEncoding.EncodeToString([]byte("x-access-token:" + token))
}

// line makes one short line of visible characters of a server's message.
func (r redactor) line(s string) string {
	s = r.replacer.Replace(s)
	s = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxErrorText {
		s = strings.ToValidUTF8(s[:maxErrorText], "") + "…"
	}
	return s
}
