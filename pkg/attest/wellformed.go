package attest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// maxDepth bounds how deeply objects and lists may stand in each other. The
// deepest documents that are read, bills of materials, have about twenty.
const maxDepth = 128

// wellFormed checks that document is one JSON value (RFC 8259) in UTF-8, no
// deeper than maxDepth, in which no object names a field twice: where one
// does, two readers may see two values. It looks at each byte once and keeps
// no copy, since a statement may have megabytes.
func wellFormed(document []byte) error {
	if !utf8.Valid(document) {
		return errors.New("document is not UTF-8")
	}
	s := scanner{data: document, distinct: true}
	if err := s.value(0); err != nil {
		return err
	}
	if s.space(); s.pos != len(document) {
		return fmt.Errorf("text after the end of the document, at byte %d", s.pos)
	}
	return nil
}

// scanner goes over a JSON document. Its errors say at which byte.
type scanner struct {
	data     []byte
	pos      int
	distinct bool     // compare the names in each object
	names    [][]byte // of the objects that are open
}

func (s *scanner) errorf(format string, args ...any) error {
	return fmt.Errorf(format+", at byte %d", append(args, s.pos)...)
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// next is the byte after white space, 0 at the end.
func (s *scanner) next() byte {
	s.space()
	if s.pos == len(s.data) {
		return 0
	}
	return s.data[s.pos]
}

// value steps over one value, which stands inside depth others.
func (s *scanner) value(depth int) error {
	switch c := s.next(); {
	case c == '{' || c == '[':
		if depth == maxDepth {
			return s.errorf("nested deeper than %d", maxDepth)
		}
		if c == '{' {
			return s.object(func([]byte) error { return s.value(depth + 1) })
		}
		return s.array(func() error { return s.value(depth + 1) })
	case c == '"':
		_, err := s.text()
		return err
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	}
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(s.data[s.pos:], []byte(word)) {
			s.pos += len(word)
			return nil
		}
	}
	if s.pos == len(s.data) {
		return s.errorf("document ends within a value")
	}
	return s.errorf("no JSON value")
}

// object steps over an object, and calls field where the value of each name
// begins. The name is as it is written, quotes included.
func (s *scanner) object(field func(name []byte) error) error {
	s.pos++ // {
	first := len(s.names)
	for n := 0; ; n++ {
		c := s.next()
		if c == '}' && n == 0 {
			break
		}
		if c != '"' {
			return s.errorf("no name of a field")
		}
		name, err := s.text()
		if err != nil {
			return err
		}
		if s.distinct {
			s.names = append(s.names, name)
		}
		if s.next() != ':' {
			return s.errorf("no colon after a name")
		}
		s.pos++
		if err := field(name); err != nil {
			return err
		}
		if c = s.next(); c == '}' {
			break
		}
		if c != ',' {
			return s.errorf("no comma between fields")
		}
		s.pos++
	}
	s.pos++
	names := s.names[first:]
	s.names = s.names[:first]
	return s.sameName(names)
}

// sameName refuses a name that comes twice. It sorts names.
func (s *scanner) sameName(names [][]byte) error {
	if len(names) < 2 {
		return nil
	}
	for i, name := range names {
		if bytes.IndexByte(name, '\\') < 0 {
			continue
		}
		var text string // what is written with escapes may be the same name
		if err := json.Unmarshal(name, &text); err != nil {
			return s.errorf("name of a field: %v", err)
		}
		names[i] = []byte(`"` + text + `"`)
	}
	slices.SortFunc(names, bytes.Compare)
	for i := 1; i < len(names); i++ {
		if bytes.Equal(names[i-1], names[i]) {
			return s.errorf("two fields of one name, %s", quote(string(bytes.Trim(names[i], `"`))))
		}
	}
	return nil
}

func (s *scanner) array(item func() error) error {
	s.pos++ // [
	if s.next() == ']' {
		s.pos++
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		switch s.next() {
		case ']':
			s.pos++
			return nil
		case ',':
			s.pos++
		default:
			return s.errorf("no comma between items")
		}
	}
}

// text steps over a string and returns it as it is written.
func (s *scanner) text() ([]byte, error) {
	start := s.pos
	for s.pos++; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.pos++
			return s.data[start:s.pos], nil
		case c < ' ':
			return nil, s.errorf("control character in a string")
		case c == '\\':
			s.pos++
			if err := s.escape(); err != nil {
				return nil, err
			}
		}
	}
	return nil, s.errorf("string does not end")
}

// escape checks what follows a backslash, and stays at its last byte.
func (s *scanner) escape() error {
	if s.pos == len(s.data) {
		return s.errorf("string does not end")
	}
	switch s.data[s.pos] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return nil
	case 'u':
		for range 4 {
			s.pos++
			if s.pos == len(s.data) || bytes.IndexByte([]byte("0123456789abcdefABCDEF"), s.data[s.pos]) < 0 {
				return s.errorf("no four hex digits in an escape")
			}
		}
		return nil
	}
	return s.errorf("unknown escape")
}

// number steps over -? (0 | [1-9][0-9]*) (.[0-9]+)? ([eE][+-]?[0-9]+)?
func (s *scanner) number() error {
	s.skip("-")
	if !s.skip("0") && !s.digits() {
		return s.errorf("malformed number")
	}
	if s.skip(".") && !s.digits() {
		return s.errorf("malformed number")
	}
	if s.skip("eE") {
		s.skip("+-")
		if !s.digits() {
			return s.errorf("malformed number")
		}
	}
	return nil
}

// skip steps over one byte of those in any.
func (s *scanner) skip(any string) bool {
	if s.pos < len(s.data) && bytes.IndexByte([]byte(any), s.data[s.pos]) >= 0 {
		s.pos++
		return true
	}
	return false
}

func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.data) && s.data[s.pos] >= '0' && s.data[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
}

// objectFields splits an object into its values by name. The values are parts
// of object, not copies. Names that differ in case only are refused, since
// encoding/json would take one for the other.
func objectFields(object []byte) (map[string]json.RawMessage, error) {
	s := scanner{data: object}
	if s.next() != '{' {
		return nil, errors.New("not a JSON object")
	}
	fields, folded := map[string]json.RawMessage{}, map[string]string{}
	err := s.object(func(quoted []byte) error {
		var name string
		if err := json.Unmarshal(quoted, &name); err != nil {
			return err
		}
		if other, ok := folded[foldName(name)]; ok {
			return fmt.Errorf("two fields of one name, %s and %s", quote(other), quote(name))
		}
		folded[foldName(name)] = name
		s.space()
		start := s.pos
		err := s.value(1)
		fields[name] = object[start:s.pos]
		return err
	})
	return fields, err
}

// arrayItems splits a list into its items, which are parts of it.
func arrayItems(array []byte) ([]json.RawMessage, error) {
	s := scanner{data: array}
	if s.next() != '[' {
		return nil, errors.New("not a JSON list")
	}
	var items []json.RawMessage
	err := s.array(func() error {
		s.space()
		start := s.pos
		err := s.value(1)
		items = append(items, array[start:s.pos])
		return err
	})
	return items, err
}
