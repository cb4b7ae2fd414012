package action

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/org/cilock-action/internal/filetree"
)

// recordedText returns the one-to-one UTF-8 form of text that may hold any
// bytes, so that a path and a variable's value are written alike.
func recordedText(s string) string { return filetree.RecordedName(s) }

// shorten returns at most max bytes of s, and a mark if that is not all. It
// cuts at white space, and drops everything if there is none: half of a
// secret is not recognised by the redaction that comes later.
func shorten(s string, max int) string {
	if len(s) <= max {
		return s
	}
	cut := strings.LastIndexFunc(s[:max], unicode.IsSpace)
	return strings.TrimSpace(s[:cut+1]) + " [shortened]"
}

// oneLine makes a foreign program's message fit into an error of ours: no
// control characters, valid UTF-8, at most max bytes.
func oneLine(s string, max int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	words := strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	})
	return shorten(strings.Join(words, " "), max)
}

// readRegular returns the contents of a regular file of at most max bytes. A
// FIFO or device under that name is refused without waiting for its writer.
func readRegular(path string, max int64) ([]byte, error) {
	f, err := filetree.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, max+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > max {
		return nil, fmt.Errorf("read %s: more than %d bytes", path, max)
	}
	return b, nil
}
