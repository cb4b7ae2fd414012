package scandoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// sound refuses what two readers of JSON may read differently. The text must be
// valid JSON: asObject has taken it. encoding/json's own tokens would take ten
// times as long.
func sound(data []byte) error {
	if !utf8.Valid(data) {
		return errors.New("it is not valid UTF-8")
	}
	var w walk
	for i := 0; i < len(data); {
		n, err := w.step(data[i:])
		if err != nil {
			return err
		}
		i += n
	}
	return nil
}

// walk is where in a text the reader is.
type walk struct {
	open  []map[string]bool // keys of each open object; nil for an array
	spare []map[string]bool // maps for objects to come
	isKey bool              // the next string is a key
}

// step reads one token, or one byte of what is none, and returns its length.
func (w *walk) step(rest []byte) (n int, err error) {
	switch c := rest[0]; {
	case c == '{':
		keys := map[string]bool{}
		if last := len(w.spare) - 1; last >= 0 {
			keys, w.spare = w.spare[last], w.spare[:last]
		}
		return 1, w.enter(keys)
	case c == '[':
		return 1, w.enter(nil)
	case (c == '}' || c == ']') && len(w.open) > 0:
		w.leave()
	case c == ',':
		w.isKey = len(w.open) > 0 && w.open[len(w.open)-1] != nil
	case c == '"':
		n = stringLen(rest)
		return n, w.text(rest[:n])
	case c == '-' || c >= '0' && c <= '9':
		n = len(rest) - len(bytes.TrimLeft(rest[1:], "0123456789+-.eE"))
		if _, err := strconv.ParseFloat(string(rest[:n]), 64); err != nil {
			return n, errors.New("it has a number that no reader can hold")
		}
		return n, nil
	}
	return 1, nil
}

func (w *walk) enter(keys map[string]bool) error {
	if w.open = append(w.open, keys); len(w.open) > maxDepth {
		return fmt.Errorf("it is nested deeper than %d levels", maxDepth)
	}
	w.isKey = keys != nil
	return nil
}

func (w *walk) leave() {
	last := len(w.open) - 1
	if keys := w.open[last]; keys != nil {
		clear(keys)
		w.spare = append(w.spare, keys)
	}
	w.open, w.isKey = w.open[:last], false
}

// text looks at a string, quotes included: at a key's name.
func (w *walk) text(quoted []byte) error {
	if !w.isKey {
		return nil
	}
	w.isKey = false
	name := string(quoted[1 : len(quoted)-1])
	if bytes.IndexByte(quoted, '\\') >= 0 { // one name may be written in several ways
		if err := json.Unmarshal(quoted, &name); err != nil {
			return errors.New("it is not valid JSON")
		}
	}
	keys := w.open[len(w.open)-1]
	if keys[name] {
		return errors.New("an object in it has a key twice")
	}
	keys[name] = true
	return nil
}

// stringLen is the length of the string at the beginning of a text.
func stringLen(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
