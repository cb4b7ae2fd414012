package runner

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// contexts maps the name of a context to its value: nested map[string]any with
// string, bool, float64 or nil as leaves.
type contexts map[string]any

// interpolate replaces each ${{ expression }} in text by its value.
func (c contexts) interpolate(text string) (string, error) {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "${{")
		b.WriteString(before)
		if !ok {
			return b.String(), nil
		}
		p := parser{rest: rest, contexts: c}
		v, err := p.expression()
		if err == nil && !p.take("}}") {
			err = fmt.Errorf("unsupported: %.40q", p.rest)
		}
		if err != nil {
			return "", fmt.Errorf("expression in %.80q: %w", text, err)
		}
		b.WriteString(toString(v))
		text = p.rest
	}
}

// truth evaluates an if: condition; empty is true. The ${{ }} is optional there.
func (c contexts) truth(condition string) (bool, error) {
	text := strings.TrimSpace(condition)
	if text == "" {
		return true, nil
	}
	text = strings.TrimSuffix(strings.TrimPrefix(text, "${{"), "}}")
	p := parser{rest: text, contexts: c}
	v, err := p.expression()
	if err == nil && strings.TrimSpace(p.rest) != "" {
		err = fmt.Errorf("unsupported: %.40q", p.rest)
	}
	if err != nil {
		return false, fmt.Errorf("if: %q: %w", condition, err)
	}
	return truthy(v), nil
}

// parser evaluates what our own action needs while it reads: context lookups with
// dots, string literals, toJSON of one of them, and ||.
type parser struct {
	rest     string
	contexts contexts
}

var namePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*`)

func (p *parser) take(token string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(p.rest, " \t\r\n"), token)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *parser) expression() (any, error) {
	v, err := p.term()
	for err == nil && p.take("||") {
		var w any
		w, err = p.term()
		if !truthy(v) {
			v = w
		}
	}
	return v, err
}

func (p *parser) term() (any, error) {
	if p.take("'") {
		return p.literal()
	}
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	name := namePattern.FindString(p.rest)
	if name == "" {
		return nil, fmt.Errorf("unsupported: %.40q", p.rest)
	}
	p.rest = p.rest[len(name):]
	if strings.EqualFold(name, "toJSON") && p.take("(") {
		v, err := p.expression()
		if err == nil && !p.take(")") {
			err = fmt.Errorf("unsupported: %.40q", p.rest)
		}
		if err != nil {
			return nil, err
		}
		return toJSON(v)
	}
	if _, known := lookup(map[string]any(p.contexts), name); !known {
		return nil, fmt.Errorf("unrecognized named-value: '%s'", name)
	}
	v, _ := lookup(map[string]any(p.contexts), name)
	for strings.HasPrefix(p.rest, ".") {
		key := namePattern.FindString(p.rest[1:])
		if key == "" {
			return nil, fmt.Errorf("unsupported: %.40q", p.rest)
		}
		p.rest = p.rest[1+len(key):]
		v, _ = lookup(v, key) // a missing key is null, at any depth
	}
	return v, nil
}

// literal reads a string behind its first quote; two quotes stand for one.
func (p *parser) literal() (any, error) {
	var b strings.Builder
	for {
		part, rest, ok := strings.Cut(p.rest, "'")
		if !ok {
			return nil, fmt.Errorf("string without end: %.40q", p.rest)
		}
		b.WriteString(part)
		p.rest = rest
		if !strings.HasPrefix(rest, "'") {
			return b.String(), nil
		}
		b.WriteByte('\'')
		p.rest = rest[1:]
	}
}

// lookup ignores case, as contexts do.
func lookup(v any, key string) (any, bool) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, false
	}
	if v, ok := m[key]; ok {
		return v, true
	}
	for k, v := range m {
		if strings.EqualFold(k, key) {
			return v, true
		}
	}
	return nil, false
}

func truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case float64:
		return v != 0
	case string:
		return v != "" // so the string 'false' is true
	}
	return true
}

func toString(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'g', 15, 64)
	case string:
		return v
	case map[string]any:
		return "Object"
	}
	return "Array"
}

// toJSON writes two spaces of indentation and leaves <, > and & alone, as the
// runner does; its keys are in their own order there, sorted here.
func toJSON(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return strings.TrimSuffix(b.String(), "\n"), err
}
