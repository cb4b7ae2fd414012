package actionref

import (
	"bytes"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxInjections bounds the injections that are kept of one file.
const maxInjections = 1000

// maxExpression is the longest expression that GitHub accepts, in characters
// (Constants.cs of the runner's expression SDK: MaxLength).
const maxExpression = 21_000

// script reports the expressions of a run: that put text of strangers into it.
// The shell would read that text as code.
func (f *finder) script(n *yaml.Node) {
	if n.Kind != yaml.ScalarNode || !strings.Contains(n.Value, "${{") {
		return
	}
	at := f.lines.offset(n.Line, n.Column)
	if f.scripts[n] {
		return // reached again through an alias
	}
	f.scripts[n] = true
	rest := n.Value
	for len(f.file.Injections) < maxInjections {
		_, inside, found := strings.Cut(rest, "${{")
		if !found {
			return
		}
		// The expressions stand in the file in the order of the value. One that
		// an escape hides there is reported where the last one was.
		if next := bytes.Index(f.src[at:], []byte("${{")); next >= 0 {
			at += next
		} else {
			return
		}
		expression, after, closed := strings.Cut(inside, "}}")
		if !closed {
			return // the runner refuses it
		}
		if untrusted(expression) {
			line, col := f.lines.place(at)
			f.file.Injections = append(f.file.Injections, Injection{line, col, strings.TrimSpace(expression), f.job})
		}
		rest, at = after, min(at+len("${{"), len(f.src))
	}
}

// untrusted reports whether an expression's value can hold text that someone
// outside the repository wrote. Source of the idea and of the endings that
// GitHub names (body, title, ref, ...): "Secure use reference", section on
// script injections. We turn its list round: of github.event, what is not
// known to be harmless counts.
func untrusted(expression string) bool {
	if len(expression) > maxExpression {
		return true
	}
	tokens := lexExpression(expression)
	var calls []bool // for each open bracket: does its function answer only true or false?
	for i, t := range tokens {
		switch {
		case t == "(":
			calls = append(calls, i > 0 && slices.Contains([]string{"contains", "startswith", "endswith"}, tokens[i-1]))
		case t == ")":
			calls = calls[:max(0, len(calls)-1)]
		case !fromStranger(t), slices.Contains(calls, true):
		case i > 0 && compares(tokens[i-1]), i+1 < len(tokens) && compares(tokens[i+1]):
		default:
			return true
		}
	}
	return false
}

func compares(token string) bool {
	return slices.Contains([]string{"==", "!=", "<", "<=", ">", ">="}, token)
}

// fromStranger judges one property path, in lower case.
func fromStranger(path string) bool {
	switch path {
	case "github", "github.*", "github.event", "github.head_ref", "github.event.*":
		return true // the whole context holds the event
	}
	rest, ok := strings.CutPrefix(path, "github.event.")
	if !ok {
		return strings.HasPrefix(path, "github[") || strings.HasPrefix(path, "github.event[")
	}
	last := rest[strings.LastIndexByte(rest, '.')+1:]
	for _, suffix := range []string{"_id", "_at", "_count", "_sha", "_number"} {
		if strings.HasSuffix(last, suffix) {
			return false
		}
	}
	return !slices.Contains(harmless(), last)
}

// harmless are the properties whose value is a number, a hash, a word of
// GitHub's own, or a name that GitHub restricts to letters, digits and -_.
func harmless() []string {
	return []string{
		"number", "id", "sha", "before", "after", "action", "type", "state", "size",
		"login", "full_name", "merged", "draft", "private", "fork", "additions", "deletions", "commits",
		"comments", "changed_files", "conclusion", "status", "author_association", "created", "deleted", "forced",
	}
}

// lexExpression splits an expression into property paths, operators and
// brackets, in lower case, as the runner compares them. Text in quotes is left
// out unless it names a property: github['event'] is github.event, and an
// index that is not text becomes [, which nobody knows to be harmless.
func lexExpression(s string) []string {
	var tokens []string
	s = strings.ToLower(s)
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '\'':
			i = quoteEnd(s, i)
			tokens = append(tokens, "''")
		case isPathByte(c):
			var path string
			path, i = lexPath(s, i)
			tokens = append(tokens, path)
		case strings.IndexByte("=!<>&|", c) >= 0:
			end := i + 1
			for end < len(s) && strings.IndexByte("=&|", s[end]) >= 0 {
				end++
			}
			tokens = append(tokens, s[i:end])
			i = end
		case c == '(' || c == ')':
			tokens = append(tokens, string(c))
			i++
		default:
			i++
		}
	}
	return tokens
}

func isPathByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// lexPath reads a property path from i: words, dots, and indexes.
func lexPath(s string, i int) (path string, end int) {
	var b strings.Builder
	space := func() {
		for i < len(s) && strings.IndexByte(" \t\r\n", s[i]) >= 0 {
			i++
		}
	}
	for i < len(s) {
		for i < len(s) && (isPathByte(s[i]) || s[i] == '*') {
			b.WriteByte(s[i])
			i++
		}
		after := i
		space()
		switch {
		case i < len(s) && s[i] == '.':
			b.WriteByte('.')
			i++
			space()
		case i < len(s) && s[i] == '[':
			i++
			space()
			if i < len(s) && s[i] == '\'' {
				close := quoteEnd(s, i)
				b.WriteString("." + strings.Trim(s[i:close], "'"))
				i = close
			} else {
				b.WriteString("[")
			}
			for i < len(s) && s[i] != ']' {
				i++
			}
			i = min(i+1, len(s))
		default:
			return b.String(), after
		}
	}
	return b.String(), i
}

// quoteEnd returns where the quoted text that begins at i ends.
func quoteEnd(s string, i int) int {
	for i++; i < len(s); i++ {
		if s[i] == '\'' {
			if i+1 < len(s) && s[i+1] == '\'' {
				i++
				continue
			}
			return i + 1
		}
	}
	return len(s)
}
