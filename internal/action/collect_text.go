package action

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"
)

// recordedName returns the name under which a path is recorded. It is the
// mapping of filetree.RecordedName, so that a file has one name in every
// section.
func recordedName(path string) string {
	return recordedText(filepath.ToSlash(path)) // changes nothing but on Windows
}

// recordedText returns a one-to-one UTF-8 form of text that may hold any
// bytes: the text itself if it is valid UTF-8 and does not start with
// "%bytes:", else "%bytes:" and the text with each segment percent-encoded.
func recordedText(s string) string {
	const prefix = "%bytes:"
	if utf8.ValidString(s) && !strings.HasPrefix(s, prefix) {
		return s
	}
	segments := strings.Split(s, "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	return prefix + strings.Join(segments, "/")
}

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
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read %s: not a regular file", path)
	}
	b, err := io.ReadAll(io.LimitReader(f, max+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > max {
		return nil, fmt.Errorf("read %s: more than %d bytes", path, max)
	}
	return b, nil
}

// lookupEnv returns the value of name in a list of KEY=VALUE. Of repeated
// names the last counts, as os/exec has it.
func lookupEnv(env []string, name string) (string, bool) {
	for i := len(env) - 1; i >= 0; i-- {
		if k, v, ok := strings.Cut(env[i], "="); ok && k == name {
			return v, true
		}
	}
	return "", false
}
