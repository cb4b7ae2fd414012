package scandoc

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDepth bounds the nesting of a document. Real ones stay below 30; the
// readers of others refuse from about 100 (protobuf) or 10,000 (Go) on.
const maxDepth = 100

// errBroken is the error of a text that has the marks of a document and is no
// JSON object.
var errBroken = errors.New("it has the marks of a scanner's document and is not one JSON object")

// object is a JSON object whose keys are compared exactly, where encoding/json
// would take a key in any case for a field.
type object map[string]json.RawMessage

func asObject(raw []byte) (object, bool) {
	var o object
	err := json.Unmarshal(raw, &o)
	return o, err == nil && o != nil
}

// text is the string under key, bounded and printable; empty if there is none.
func (o object) text(key string) string {
	var s string
	if json.Unmarshal(o[key], &s) != nil {
		return ""
	}
	return word(s)
}

func (o object) object(key string) object {
	inner, _ := asObject(o[key])
	return inner
}

// list is the array under key. ok is false if there is something else.
func (o object) list(key string) (items []json.RawMessage, ok bool) {
	raw, there := o[key]
	if !there {
		return nil, false
	}
	return items, json.Unmarshal(raw, &items) == nil && items != nil
}

// objects are the items of an array that are objects.
func (o object) objects(key string) (out []object) {
	items, _ := o.list(key)
	for _, raw := range items {
		if item, ok := asObject(raw); ok {
			out = append(out, item)
		}
	}
	return out
}

// word makes text of the document one that can be shown.
func word(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	for len(s) > maxWord {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return strings.TrimSpace(s)
}

// known returns a word of a list, in lower case, or "other": counts then have
// a bounded set of keys.
func known(s string, words ...string) string {
	s = strings.ToLower(s)
	for _, w := range words {
		if s == w {
			return w
		}
	}
	return "other"
}

// CheckJSON refuses what is not one JSON object that all readers read alike.
func CheckJSON(data []byte) error {
	if _, ok := asObject(data); !ok {
		return errors.New("it is not one JSON object")
	}
	return sound(data)
}
