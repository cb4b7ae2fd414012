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

// Value is the value of an expression: as text, and as a condition.
type Value struct {
	Text string
	True bool
}

// Evaluate evaluates an expression without its ${{ }}. status is what the
// functions success, failure and cancelled ask about: success, failure or
// cancelled. A nil one knows what parser knows.
type Evaluate func(expression string, contexts map[string]any, status string) (Value, error)

// evaluator is what the expressions of one place are evaluated with.
type evaluator struct {
	contexts
	status   string
	evaluate Evaluate
}

// interpolate replaces each ${{ expression }} in text by its value.
func (e evaluator) interpolate(text string) (string, error) {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "${{")
		b.WriteString(before)
		if !ok {
			return b.String(), nil
		}
		end := endOfExpression(rest)
		if end < 0 {
			return "", fmt.Errorf("expression in %.80q has no end", text)
		}
		v, err := e.value(rest[:end])
		if err != nil {
			return "", fmt.Errorf("expression in %.80q: %w", text, err)
		}
		b.WriteString(v.Text)
		text = rest[end+2:]
	}
}

// endOfExpression is where the first }} is that no string literal holds.
func endOfExpression(text string) int {
	quoted := false
	for i := range len(text) {
		switch {
		case text[i] == '\'':
			quoted = !quoted
		case !quoted && strings.HasPrefix(text[i:], "}}"):
			return i
		}
	}
	return -1
}

var statusFunction = regexp.MustCompile(`(?i)\b(success|failure|always|cancelled)\s*\(`)

// truth evaluates an if: condition. The ${{ }} is optional there; a condition
// that asks for no status holds only after success (PipelineTemplateConverter,
// ConvertToIfCondition).
func (e evaluator) truth(condition string) (bool, error) {
	text := strings.TrimSpace(condition)
	if strings.HasPrefix(text, "${{") {
		text = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(text, "${{"), "}}"))
	}
	if !statusFunction.MatchString(withoutLiterals(text)) && e.status != "success" {
		return false, nil
	}
	if text == "" {
		return true, nil
	}
	v, err := e.value(text)
	if err != nil {
		return false, fmt.Errorf("if: %q: %w", condition, err)
	}
	return v.True, nil
}

func withoutLiterals(text string) string {
	parts := strings.Split(text, "'")
	for i := 1; i < len(parts); i += 2 {
		parts[i] = ""
	}
	return strings.Join(parts, "'")
}

func (e evaluator) value(expression string) (Value, error) {
	if e.evaluate != nil {
		return e.evaluate(strings.TrimSpace(expression), e.contexts, e.status)
	}
	p := parser{rest: expression, contexts: e.contexts}
	v, err := p.expression()
	if err == nil && strings.TrimSpace(p.rest) != "" {
		err = fmt.Errorf("unsupported: %.40q", p.rest)
	}
	return Value{toString(v), truthy(v)}, err
}

// parser evaluates what our own action needs while it reads: context lookups with
// dots, string literals, toJSON of one of them, && and ||.
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
	return p.chain("||", func() (any, error) { return p.chain("&&", p.term) })
}

// chain reads operands of one operator: || gives the first that is true, && the
// first that is not, or the last.
func (p *parser) chain(operator string, operand func() (any, error)) (any, error) {
	v, err := operand()
	for err == nil && p.take(operator) {
		var w any
		w, err = operand()
		if truthy(v) == (operator == "&&") {
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
