package policy

import (
	"errors"
	"fmt"
	"strings"
)

// checker collects mistakes.
type checker struct {
	d           *Document
	mistakes    []error
	names       map[string]string // of modules, and where
	obligations int
	patience    *patience
}

// add notes a mistake. One may quote a line of a module, which has a megabyte.
func (c *checker) add(where, format string, args ...any) {
	const most, longest = 100, 2 << 10
	switch text := where + ": " + fmt.Sprintf(format, args...); {
	case len(c.mistakes) < most:
		c.mistakes = append(c.mistakes, errors.New(shorten(text, longest)))
	case len(c.mistakes) == most:
		c.mistakes = append(c.mistakes, fmt.Errorf("there are more than %d mistakes: the others are not told", most))
	}
}

// shorten keeps the first bytes of a text, whole characters of them.
func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}
