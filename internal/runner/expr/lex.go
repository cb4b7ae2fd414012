package expr

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind int

const (
	tokenEnd      tokenKind = iota
	tokenMark               // ( ) [ ] , . *
	tokenOperator           // ! == != < <= > >= && ||
	tokenLiteral            // with its value
	tokenWord               // a name
)

type token struct {
	kind   tokenKind
	text   string
	value  Value // of a literal
	offset int   // in the whole text, in bytes
}

// lexer takes tokens from a part of a text.
type lexer struct {
	text     string
	at, end  int
	previous token
}

// space reports whether a character separates tokens.
func space(r rune) bool { return unicode.IsSpace(r) }

// boundary reports whether a character ends a word or number.
func boundary(r rune) bool { return strings.ContainsRune("([)],.!><=&|", r) || space(r) }

// next returns the next token; a token that cannot be one is an error.
func (l *lexer) next() (token, error) {
	for l.at < l.end {
		r, size := utf8.DecodeRuneInString(l.text[l.at:l.end])
		if !space(r) {
			break
		}
		l.at += size
	}
	t := token{kind: tokenEnd, offset: l.at}
	if l.at < l.end {
		var err error
		if t, err = l.read(); err != nil {
			return t, err
		}
	}
	l.previous = t
	return t, nil
}

func (l *lexer) read() (token, error) {
	c := l.text[l.at]
	switch {
	case c == '\'':
		return l.quoted()
	case c == '-', c == '+', c >= '0' && c <= '9', c == '.' && l.startsOperand():
		return l.number()
	case strings.IndexByte("()[],.*", c) >= 0:
		return l.take(tokenMark, 1), nil
	case strings.IndexByte("!=<>&|", c) >= 0:
		return l.operator()
	}
	return l.word()
}

// startsOperand: behind these a point begins a number, elsewhere it is a mark.
func (l *lexer) startsOperand() bool {
	p := l.previous
	return p.text == "" || p.kind == tokenOperator || p.kind == tokenMark && strings.Contains("([,", p.text)
}

func (l *lexer) take(kind tokenKind, size int) token {
	t := token{kind: kind, text: l.text[l.at : l.at+size], offset: l.at}
	l.at += size
	return t
}

func (l *lexer) unexpected(size int) error {
	return problem(l.text, l.at, "unexpected %q", cut(l.text[l.at:l.at+size]))
}

// reach returns how many bytes from here on belong to a word or, with points,
// to a number. The first character always does.
func (l *lexer) reach(points bool) int {
	rest := l.text[l.at:l.end]
	_, first := utf8.DecodeRuneInString(rest)
	n := strings.IndexFunc(rest[first:], func(r rune) bool { return boundary(r) && (!points || r != '.') })
	if n < 0 {
		return len(rest)
	}
	return first + n
}

func (l *lexer) number() (token, error) {
	size := l.reach(true)
	f := parseNumber(l.text[l.at : l.at+size])
	if math.IsNaN(f) {
		return token{}, l.unexpected(size)
	}
	t := l.take(tokenLiteral, size)
	t.value = f
	return t, nil
}

func (l *lexer) operator() (token, error) {
	rest := l.text[l.at:l.end]
	for _, op := range []string{"!=", "==", "<=", ">=", "&&", "||", "!", "<", ">"} {
		if strings.HasPrefix(rest, op) {
			return l.take(tokenOperator, len(op)), nil
		}
	}
	return token{}, l.unexpected(l.reach(false))
}

// quoted reads a string. Two quotes in it stand for one.
func (l *lexer) quoted() (token, error) {
	rest := l.text[l.at:l.end]
	var b strings.Builder
	for i := 1; i < len(rest); i++ {
		if rest[i] == '\'' {
			if i+1 == len(rest) || rest[i+1] != '\'' {
				t := l.take(tokenLiteral, i+1)
				t.value = b.String()
				return t, nil
			}
			i++
		}
		b.WriteByte(rest[i])
	}
	return token{}, problem(l.text, l.at, "the string does not end")
}

// word reads a name, or what is written like one. Behind a point it is always a
// name.
func (l *lexer) word() (token, error) {
	size := l.reach(false)
	if !legalName(l.text[l.at : l.at+size]) {
		return token{}, l.unexpected(size)
	}
	afterPoint := l.previous.kind == tokenMark && l.previous.text == "."
	t := l.take(tokenWord, size)
	if afterPoint {
		return t, nil
	}
	switch t.text {
	case "null":
		t.kind, t.value = tokenLiteral, nil
	case "true", "false":
		t.kind, t.value = tokenLiteral, t.text == "true"
	case "NaN":
		t.kind, t.value = tokenLiteral, math.NaN()
	case "Infinity":
		t.kind, t.value = tokenLiteral, math.Inf(1)
	}
	return t, nil
}

func legalName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}
