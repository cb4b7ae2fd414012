package expr

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// arity returns how many arguments a function takes, and whether there is one
// of the name. Built-in functions come first.
func arity(name string, s Scope) (least, most int, ok bool) {
	lower := strings.ToLower(name)
	switch lower {
	case "contains", "startswith", "endswith":
		return 2, 2, true
	case "format":
		return 1, maxArguments, true
	case "join":
		return 1, 2, true
	case "tojson", "fromjson":
		return 1, 1, true
	case "case":
		return 3, maxArguments, true
	}
	if !listed(s.Functions, name) {
		return 0, 0, false
	}
	switch lower {
	case "always", "success", "failure", "cancelled":
		return 0, 0, true
	case "hashfiles":
		return 1, maxArguments, true
	}
	return 0, maxArguments, true
}

// call evaluates a function. As in the runner, built-in ones evaluate only the
// arguments that they need.
func (v *evaluation) call(n *call) (Value, error) {
	switch n.name {
	case "contains":
		return v.contains(n)
	case "startswith":
		return v.fix(n, strings.HasPrefix)
	case "endswith":
		return v.fix(n, strings.HasSuffix)
	case "format":
		return v.format(n)
	case "join":
		return v.join(n)
	case "tojson":
		return v.toJSON(n)
	case "fromjson":
		return v.fromJSON(n)
	case "case":
		return v.choose(n)
	}
	f := v.env.Functions[n.name]
	if f == nil {
		return nil, fmt.Errorf("the function %s cannot be called here", n.name)
	}
	args := make([]Value, len(n.args))
	for i, arg := range n.args {
		var err error
		if args[i], err = v.eval(arg); err != nil {
			return nil, err
		}
	}
	value, err := f(args)
	if err == nil && kindOf(value) == kindForeign {
		err = fmt.Errorf("the function %s returned a value of type %T", n.name, value)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", n.name, err)
	}
	return value, nil
}

// contains looks for a part of a text, or an item that is equal.
func (v *evaluation) contains(n *call) (Value, error) {
	in, err := v.eval(n.args[0])
	if err != nil {
		return nil, err
	}
	array, isArray := in.(*Array)
	if !primitive(in) && (!isArray || len(array.Items) == 0) {
		return false, nil
	}
	what, err := v.eval(n.args[1])
	if err != nil {
		return nil, err
	}
	if !isArray {
		return primitive(what) && strings.Contains(fold(Text(in)), fold(Text(what))), v.read(in, what)
	}
	for _, item := range array.Items {
		if err := v.read(item, what); err != nil {
			return nil, err
		}
		if equal(what, item) {
			return true, nil
		}
	}
	return false, nil
}

// fix is startsWith and endsWith.
func (v *evaluation) fix(n *call, has func(s, part string) bool) (Value, error) {
	s, part, err := v.pair(n.args[0], n.args[1])
	if err != nil {
		return nil, err
	}
	return primitive(s) && primitive(part) && has(fold(Text(s)), fold(Text(part))), v.read(s, part)
}

// choose is case: the value behind the first condition that is true, else the
// last argument. A condition must be true or false.
func (v *evaluation) choose(n *call) (Value, error) {
	last := len(n.args) - 1
	for i := 0; i < last; i += 2 {
		condition, err := v.eval(n.args[i])
		if err != nil {
			return nil, err
		}
		is, ok := condition.(bool)
		if !ok {
			return nil, fmt.Errorf("condition %d of case is neither true nor false", i/2+1)
		}
		if is {
			return v.eval(n.args[i+1])
		}
	}
	return v.eval(n.args[last])
}

// join puts the texts of an array's items together. A separator that is an
// array or object counts as none given.
func (v *evaluation) join(n *call) (Value, error) {
	list, err := v.eval(n.args[0])
	if err != nil {
		return nil, err
	}
	array, ok := list.(*Array)
	if !ok {
		if primitive(list) {
			return Text(list), nil
		}
		return "", nil
	}
	separator := ","
	if len(n.args) > 1 && len(array.Items) > 1 {
		s, err := v.eval(n.args[1])
		if err != nil {
			return nil, err
		}
		if primitive(s) {
			separator = Text(s)
		}
	}
	var b strings.Builder
	for i, item := range array.Items {
		text := Text(item)
		if i > 0 {
			text = separator + text
		}
		if err := v.charge(len(text)); err != nil {
			return nil, err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// format replaces {0} by the text of the next argument, and so on; {{ and }}
// are braces. The pattern is checked before any argument is evaluated.
func (v *evaluation) format(n *call) (Value, error) {
	value, err := v.eval(n.args[0])
	if err != nil {
		return nil, err
	}
	parts, err := readPattern(Text(value), len(n.args)-1)
	if err != nil {
		return nil, err
	}
	texts := map[int]string{}
	var b strings.Builder
	for _, p := range parts {
		text := p.text
		if p.argument >= 0 {
			known := false
			if text, known = texts[p.argument]; !known {
				value, err := v.eval(n.args[1+p.argument])
				if err != nil {
					return nil, err
				}
				text = Text(value)
				texts[p.argument] = text
			}
		}
		if err := v.charge(len(text)); err != nil {
			return nil, err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// part of a pattern is a text, or an argument by its number.
type part struct {
	text     string
	argument int // -1: the text
}

func readPattern(pattern string, arguments int) ([]part, error) {
	var parts []part
	for at := 0; at < len(pattern); {
		brace := strings.IndexAny(pattern[at:], "{}")
		if brace < 0 {
			return append(parts, part{pattern[at:], -1}), nil
		}
		brace += at
		if brace+1 < len(pattern) && pattern[brace+1] == pattern[brace] {
			parts = append(parts, part{pattern[at : brace+1], -1})
			at = brace + 2
			continue
		}
		number, size := 0, 0
		if pattern[brace] == '{' {
			number, size = readArgument(pattern[brace+1:])
		}
		if size == 0 {
			return nil, fmt.Errorf("the pattern of format is not valid at its byte %d: braces stand for an argument, as {0}, or are doubled", brace+1)
		}
		if number >= arguments {
			return nil, fmt.Errorf("the pattern of format has {%d} and there are %d arguments for it", number, arguments)
		}
		parts = append(parts, part{pattern[at:brace], -1}, part{argument: number})
		at = brace + 1 + size
	}
	return parts, nil
}

// readArgument reads a number up to 255 and its closing brace, with nothing or
// a lone colon between; size is 0 if that is not there.
func readArgument(s string) (number, size int) {
	inside, _, ok := strings.Cut(s, "}")
	n, err := strconv.ParseUint(strings.TrimSuffix(inside, ":"), 10, 8)
	if !ok || err != nil {
		return 0, 0
	}
	return int(n), len(inside) + 1
}

func (v *evaluation) toJSON(n *call) (Value, error) {
	value, err := v.eval(n.args[0])
	if err != nil {
		return nil, err
	}
	w := jsonWriter{charge: v.charge}
	if err := w.value(value, 0); err != nil {
		return nil, err
	}
	return w.b.String(), nil
}

func (v *evaluation) fromJSON(n *call) (Value, error) {
	value, err := v.eval(n.args[0])
	if err != nil {
		return nil, err
	}
	if !primitive(value) {
		return nil, errors.New("fromJSON needs a text, and was given an array or object")
	}
	if err := v.read(value); err != nil {
		return nil, err
	}
	return readJSON(Text(value), v.charge)
}
