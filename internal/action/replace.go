package action

import (
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/org/cilock-action/internal/verdict"
)

// MayReplace refuses to put an answer in the place of a file that is not an
// earlier one: a name that was mistyped is most often that of a source or a key.
// what is the flag, kind what the file should be, and begins how such files begin,
// without white space. An empty file is anybody's, and what is no regular file is
// for whoever writes there.
func MayReplace(what, name, kind string, begins ...string) error {
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	head, err := readHead(name, 512)
	if err != nil {
		return verdict.Misuse("%s %q is there and cannot be read: %w", what, name, err)
	}
	packed := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, head)
	if head == "" || slices.ContainsFunc(begins, func(s string) bool { return strings.HasPrefix(packed, s) }) {
		return nil
	}
	return verdict.Misuse("%s %q is there and is no %s: it is not overwritten; give another file", what, name, kind)
}
