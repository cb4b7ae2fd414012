package filetree

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// bytesPrefix marks a recorded name that is percent-encoded. JSON can only
// carry UTF-8, and an encoder that replaces bad bytes would let two files
// share one name.
const bytesPrefix = "%bytes:"

// RecordedName returns the name under which a relative path is recorded. The
// mapping is one to one and the result is always valid UTF-8 with slashes.
//
// A path that is valid UTF-8 and does not start with "%bytes:" is recorded as
// it is, with newlines and whatever else it holds: making it safe to print is
// the printer's task. Any other is "%bytes:" and the path with each segment
// escaped as in url.PathEscape (RFC 3986).
func RecordedName(path string) string {
	path = filepath.ToSlash(path) // changes nothing but on Windows
	if utf8.ValidString(path) && !strings.HasPrefix(path, bytesPrefix) {
		return path
	}
	segments := strings.Split(path, "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	return bytesPrefix + strings.Join(segments, "/")
}

// PathOf is the inverse of RecordedName: it returns the path, with slashes,
// that a recorded name stands for. It refuses a name that RecordedName never
// returns, so that two names cannot stand for one path.
func PathOf(name string) (string, error) {
	encoded, ok := strings.CutPrefix(name, bytesPrefix)
	if !ok {
		if !utf8.ValidString(name) {
			return "", fmt.Errorf("read recorded name %q: not valid UTF-8", name)
		}
		return name, nil
	}
	segments := strings.Split(encoded, "/")
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		if err != nil {
			return "", fmt.Errorf("read recorded name %q: %w", name, err)
		}
		segments[i] = plain
	}
	path := strings.Join(segments, "/")
	if RecordedName(path) != name {
		return "", fmt.Errorf("read recorded name %q: not in its one canonical form", name)
	}
	return path, nil
}
