package expr

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Value is nil, bool, float64, string, *Array or *Object.
type Value any

// Array is a list. Two arrays are equal if they are the same one.
type Array struct {
	Items    []Value
	filtered bool // it came of .* or [*]: an index applies to each item
}

// Object is a mapping that keeps the order in which keys were set. Keys are
// compared without case. The zero value is empty and ready to use.
type Object struct {
	keys   []string
	values []Value
	index  map[string]int // folded key to position
}

// Get returns the value of a key, and whether there is one.
func (o *Object) Get(key string) (Value, bool) {
	if i, ok := o.index[fold(key)]; ok {
		return o.values[i], true
	}
	return nil, false
}

// Set sets a key. One that is there keeps its place and the case that it was
// first written in.
func (o *Object) Set(key string, v Value) {
	folded := fold(key)
	if i, ok := o.index[folded]; ok {
		o.values[i] = v
		return
	}
	if o.index == nil {
		o.index = map[string]int{}
	}
	o.index[folded] = len(o.keys)
	o.keys, o.values = append(o.keys, key), append(o.values, v)
}

// Keys returns the keys in their order.
func (o *Object) Keys() []string { return slices.Clone(o.keys) }

type kind int

const (
	kindNull kind = iota
	kindBoolean
	kindNumber
	kindString
	kindArray
	kindObject
	kindForeign // no Value: whoever made the environment broke the contract
)

func kindOf(v Value) kind {
	switch v := v.(type) {
	case nil:
		return kindNull
	case bool:
		return kindBoolean
	case float64:
		return kindNumber
	case string:
		return kindString
	case *Array:
		if v != nil {
			return kindArray
		}
	case *Object:
		if v != nil {
			return kindObject
		}
	}
	return kindForeign
}

func primitive(v Value) bool { return kindOf(v) <= kindString }

// Truthy reports whether v counts as true: false, 0, NaN, null and the empty
// string do not.
func Truthy(v Value) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case float64:
		return v == v && v != 0 // NaN is not itself
	case string:
		return v != ""
	}
	return true
}

// Text returns v as a string: null is empty, and an array or object only its
// kind's name.
func Text(v Value) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return "true"
		}
		return "false"
	case float64:
		return formatNumber(v)
	case string:
		return v
	case *Array:
		return "Array"
	}
	return "Object"
}

// fold returns s as it is compared without case: .NET's OrdinalIgnoreCase maps
// each character to its upper case and never changes the number of characters;
// ı and ſ stay, which would become I and S.
func fold(s string) string {
	if ascii(s) {
		return strings.ToUpper(s) // which has a short way
	}
	return strings.Map(func(r rune) rune {
		if r == 'ı' || r == 'ſ' {
			return r
		}
		return unicode.ToUpper(r)
	}, s)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
