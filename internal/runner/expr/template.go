package expr

import (
	"strings"
	"unicode"
)

// Template is a text with any number of ${{ expressions }} in it.
type Template struct{ e Expression }

const (
	openMark  = "${{"
	closeMark = "}}"
)

// ParseTemplate parses a text. Where it is one expression and nothing else, not
// even a space, it has that expression's value; otherwise it is a text.
func ParseTemplate(text string, s Scope) (*Template, error) {
	root, err := parseTemplate(text, s)
	if err != nil {
		return nil, err
	}
	e, err := finish(text, root)
	if err != nil {
		return nil, err
	}
	return &Template{*e}, nil
}

// parseTemplate makes a call of format, as the runner does, which is why a long
// script with an expression in it is too long.
func parseTemplate(text string, s Scope) (node, error) {
	var pattern strings.Builder
	var args []node
	escape := strings.NewReplacer("{", "{{", "}", "}}")
	length := len("format('')")
	rest, alone := 0, false
	for {
		open := strings.Index(text[rest:], openMark)
		if open < 0 {
			break
		}
		open += rest
		end, ok := closing(text, open)
		if !ok {
			return nil, problem(text, open, "%s has no end", openMark)
		}
		start := open + len(openMark)
		n, err := parse(text, start, end, s)
		if err != nil {
			return nil, err
		}
		pattern.WriteString(escape.Replace(text[rest:open]))
		pattern.WriteString("{" + Text(float64(len(args))) + "}")
		length += len(", ") + utf16Length(strings.TrimFunc(text[start:end], unicode.IsSpace))
		alone = open == 0 && end+len(closeMark) == len(text)
		args, rest = append(args, n), end+len(closeMark)
	}
	if len(args) == 0 {
		return &literal{text}, nil
	}
	if alone && len(args) == 1 {
		return args[0], nil
	}
	pattern.WriteString(escape.Replace(text[rest:]))
	format := pattern.String()
	if length += utf16Length(format) + strings.Count(format, "'"); length > maxLength {
		return nil, problem(text, 0, "a text with expressions may have %d characters, and this has %d in the runner's form", maxLength, length)
	}
	if len(args) >= maxArguments {
		return nil, problem(text, 0, "a text may have %d expressions, and this has %d", maxArguments-1, len(args))
	}
	return &call{name: "format", args: append([]node{&literal{format}}, args...)}, nil
}

// closing returns where the }} is that ends the expression which is opened at
// open: the first one outside of a string.
func closing(text string, open int) (int, bool) {
	quoted := false
	for i := open + len(openMark); i < len(text); i++ {
		switch {
		case text[i] == '\'':
			quoted = !quoted // two quotes in a string do this twice
		case !quoted && strings.HasPrefix(text[i:], closeMark):
			return i, true
		}
	}
	return 0, false
}

// ParseCondition parses an if:, where ${{ }} is optional. Empty is success().
// One that calls no status function, anywhere in it, also asks for success().
//
// As for the runner, a condition with more than one expression, or text beside
// it, is a text and so always true: ${{ a }} == 'b' never compares anything.
func ParseCondition(text string, s Scope) (*Expression, error) {
	success := &call{name: "success"}
	if strings.TrimFunc(text, unicode.IsSpace) == "" {
		return &Expression{text, success}, nil
	}
	var root node
	var err error
	if strings.Contains(text, openMark) {
		root, err = parseTemplate(text, s)
	} else {
		root, err = parse(text, 0, len(text), s)
	}
	if err != nil {
		return nil, err
	}
	if !calls(root, "always", "success", "failure", "cancelled") {
		root = join2(token{kind: tokenOperator, text: "&&"}, success, root)
	}
	return finish(text, root)
}

// Eval returns the value of the text's only expression, or the text.
func (t *Template) Eval(env Environment) (Value, error) { return t.e.Eval(env) }

// Text returns the value as a text.
func (t *Template) Text(env Environment) (string, error) {
	v, err := t.e.Eval(env)
	return Text(v), err
}

// Uses reports whether any expression in the text may read context.key, as
// Expression.Uses does.
func (t *Template) Uses(context, key string) bool { return t.e.Uses(context, key) }

// Calls reports whether any expression in the text has a call of a function.
// The text itself is none of format.
func (t *Template) Calls(function string) bool {
	if c, ok := t.e.root.(*call); ok && c.offset == 0 { // an expression's own begins behind ${{
		for _, arg := range c.args {
			if calls(arg, function) {
				return true
			}
		}
		return false
	}
	return t.e.Calls(function)
}
