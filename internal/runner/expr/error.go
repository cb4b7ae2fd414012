package expr

import (
	"fmt"
	"unicode/utf8"
)

// Error is an expression that could not be parsed or evaluated.
type Error struct {
	Expression string // as it was given to Parse, ParseTemplate or ParseCondition
	Position   int    // the character of Expression that is meant, from 1
	Problem    string // without the expression, and without values
	Err        error  // of a function of the environment; or nil
}

// maxQuoted is how many characters of an expression an error quotes.
const maxQuoted = 100

func (e *Error) Error() string {
	return fmt.Sprintf("expression %q, character %d: %s", cut(e.Expression), e.Position, e.Problem)
}

// Unwrap returns the error of the environment's function that failed.
func (e *Error) Unwrap() error { return e.Err }

// problem makes an error at a byte of text.
func problem(text string, offset int, format string, args ...any) *Error {
	return &Error{
		Expression: text, Position: utf8.RuneCountInString(text[:min(offset, len(text))]) + 1,
		Problem: fmt.Sprintf(format, args...),
	}
}

func cut(text string) string {
	count := 0
	for i := range text {
		if count++; count > maxQuoted {
			return text[:i] + "…"
		}
	}
	return text
}
