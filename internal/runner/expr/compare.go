package expr

import (
	"cmp"
	"math"
)

// coerce makes two values comparable, by the rules of JavaScript's ==, except
// that arrays and objects become nothing else.
func coerce(a, b Value) (Value, Value) {
	ka, kb := kindOf(a), kindOf(b)
	if ka == kb {
		return a, b
	}
	if ka == kindNull || ka == kindBoolean || ka == kindString && kb == kindNumber {
		a = toNumber(a)
	}
	if kb == kindNull || kb == kindBoolean || kb == kindString && kindOf(a) == kindNumber {
		b = toNumber(b)
	}
	if kindOf(a) == kindString && kindOf(b) == kindNumber {
		a = toNumber(a)
	}
	return a, b
}

func toNumber(v Value) float64 {
	switch v := v.(type) {
	case nil:
		return 0
	case bool:
		if v {
			return 1
		}
		return 0
	case float64:
		return v
	case string:
		return parseNumber(v)
	}
	return math.NaN()
}

func equal(a, b Value) bool {
	a, b = coerce(a, b)
	switch a := a.(type) {
	case nil:
		return b == nil
	case string:
		b, ok := b.(string)
		return ok && fold(a) == fold(b)
	case *Array, *Object, bool, float64:
		return a == b // arrays and objects by identity; NaN is equal to nothing
	}
	return false
}

// order returns -1, 0 or 1, and false where two values have no order: then both
// < and > are false.
func order(a, b Value) (int, bool) {
	a, b = coerce(a, b)
	switch a := a.(type) {
	case bool:
		if b, ok := b.(bool); ok {
			return cmp.Compare(toNumber(a), toNumber(b)), true
		}
	case float64:
		if b, ok := b.(float64); ok {
			switch {
			case a < b:
				return -1, true
			case a > b:
				return 1, true
			}
			return 0, a == b
		}
	case string:
		if b, ok := b.(string); ok {
			return compareText(fold(a), fold(b)), true
		}
	}
	return 0, false
}

// compareText orders by UTF-16 units, as the runner does: characters above
// U+FFFF, which are two units from D800 on, come before those from E000.
func compareText(a, b string) int {
	as, bs := []rune(a), []rune(b)
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			if (as[i] > 0xFFFF) == (bs[i] > 0xFFFF) {
				return cmp.Compare(as[i], bs[i])
			}
			return cmp.Compare(firstUnit(as[i]), firstUnit(bs[i]))
		}
	}
	return cmp.Compare(len(as), len(bs))
}

func firstUnit(r rune) rune {
	if r > 0xFFFF {
		return 0xD800 + (r-0x10000)>>10
	}
	return r
}

// utf16Length is the length of s in UTF-16 units.
func utf16Length(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}
