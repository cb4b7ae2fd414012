package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
)

// errKeyword is a schema with more than a shape can say.
var errKeyword = errors.New("a keyword that is left to the library")

// A shape is a JSON Schema (2020-12) of few keywords, which are those of the
// schemas here. It judges OPA's values: of a body with 200,000 files that takes a
// fifth of the library's time, which judges all others.
type shape struct {
	types      []string // empty: any
	required   []string
	properties map[string]*shape
	patterns   []patternShape
	more       *shape // additionalProperties; nil: anything
	closed     bool   // there are none
	items      *shape
	minLength  int // in characters
	enum       []ast.Value
}

type patternShape struct {
	name  *regexp.Regexp
	shape *shape
}

// compileShape reads a schema; errKeyword if it says more than a shape can.
func compileShape(text []byte) (*shape, error) {
	var document map[string]json.RawMessage
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	c := shapes{defs: map[string]json.RawMessage{}, known: map[string]*shape{}}
	if err := json.Unmarshal(orNothing(document["$defs"]), &c.defs); err != nil {
		return nil, err
	}
	return c.compile(text)
}

func orNothing(text json.RawMessage) json.RawMessage {
	if text == nil {
		return json.RawMessage("{}")
	}
	return text
}

// shapes compiles the parts of one schema.
type shapes struct {
	defs  map[string]json.RawMessage
	known map[string]*shape // by $ref
}

func (c shapes) compile(text json.RawMessage) (*shape, error) {
	var keywords map[string]json.RawMessage
	if err := json.Unmarshal(text, &keywords); err != nil {
		return nil, errKeyword // true and false among them
	}
	if ref := keywords["$ref"]; ref != nil {
		return c.reference(ref, len(keywords))
	}
	s := &shape{}
	for name, value := range keywords {
		var err error
		switch name {
		case "$schema", "$comment", "$defs", "title", "description", needed:
		case "type":
			s.types, err = typesOf(value)
		case "required":
			err = json.Unmarshal(value, &s.required)
		case "properties":
			s.properties, err = c.each(value)
		case "patternProperties":
			err = c.patterns(s, value)
		case "additionalProperties":
			if s.closed = string(value) == "false"; !s.closed && string(value) != "true" {
				s.more, err = c.compile(value)
			}
		case "items":
			s.items, err = c.compile(value)
		case "minLength":
			err = json.Unmarshal(value, &s.minLength)
		case "enum":
			err = s.choices(value)
		default:
			return nil, errKeyword
		}
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// reference follows a $ref into $defs, also one that leads to itself.
func (c shapes) reference(text json.RawMessage, keywords int) (*shape, error) {
	var ref string
	if err := json.Unmarshal(text, &ref); err != nil {
		return nil, err
	}
	name, ok := strings.CutPrefix(ref, "#/$defs/")
	if !ok || c.defs[name] == nil || keywords > 1 {
		return nil, errKeyword
	}
	if s := c.known[name]; s != nil {
		return s, nil
	}
	c.known[name] = &shape{}
	s, err := c.compile(c.defs[name])
	if err != nil {
		return nil, err
	}
	*c.known[name] = *s
	return c.known[name], nil
}

func typesOf(text json.RawMessage) (types []string, err error) {
	var one string
	if json.Unmarshal(text, &one) == nil {
		types = []string{one}
	} else if err = json.Unmarshal(text, &types); err != nil {
		return nil, err
	}
	for _, t := range types {
		if !slices.Contains([]string{"object", "array", "string", "integer", "number", "boolean", "null"}, t) {
			return nil, fmt.Errorf("there is no type %q", t)
		}
	}
	return types, nil
}

func (c shapes) each(text json.RawMessage) (map[string]*shape, error) {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil {
		return nil, err
	}
	out := map[string]*shape{}
	for name, part := range parts {
		s, err := c.compile(part)
		if err != nil {
			return nil, err
		}
		out[name] = s
	}
	return out, nil
}

func (c shapes) patterns(s *shape, text json.RawMessage) error {
	parts, err := c.each(text)
	if err != nil {
		return err
	}
	for pattern, part := range parts {
		name, err := regexp.Compile(pattern)
		if err != nil {
			return errKeyword // the library's expressions are others
		}
		s.patterns = append(s.patterns, patternShape{name, part})
	}
	return nil
}

func (s *shape) choices(text json.RawMessage) error {
	list, err := parseValue(text)
	if err != nil {
		return err
	}
	array, ok := list.(*ast.Array)
	if !ok {
		return errors.New("enum is no list")
	}
	array.Foreach(func(t *ast.Term) { s.enum = append(s.enum, t.Value) })
	return nil
}

// check returns why a value does not fit, the first reason with its place.
func (s *shape) check(v ast.Value, at *spot) error {
	if len(s.types) > 0 && !slices.ContainsFunc(s.types, func(t string) bool { return isType(v, t) }) {
		return at.fails("type")
	}
	if s.enum != nil && !slices.ContainsFunc(s.enum, func(e ast.Value) bool { return e.Compare(v) == 0 }) {
		return at.fails("enum")
	}
	switch v := v.(type) {
	case ast.String:
		if s.minLength > 0 && utf8.RuneCountInString(string(v)) < s.minLength {
			return at.fails("minLength")
		}
	case *ast.Array:
		for i := 0; s.items != nil && i < v.Len(); i++ {
			if err := s.items.check(v.Elem(i).Value, &spot{at, "", i}); err != nil {
				return err
			}
		}
	case ast.Object:
		return s.object(v, at)
	}
	return nil
}

func (s *shape) object(v ast.Object, at *spot) error {
	for _, name := range s.required {
		if v.Get(ast.StringTerm(name)) == nil {
			return at.fails("required")
		}
	}
	if s.properties == nil && s.patterns == nil && s.more == nil && !s.closed {
		return nil
	}
	return v.Iter(func(key, value *ast.Term) error {
		name, _ := key.Value.(ast.String)
		known := s.properties[string(name)]
		if known != nil {
			if err := known.check(value.Value, &spot{at, string(name), 0}); err != nil {
				return err
			}
		}
		matched := false
		for _, p := range s.patterns {
			if p.name.MatchString(string(name)) {
				matched = true
				if err := p.shape.check(value.Value, &spot{at, string(name), 0}); err != nil {
					return err
				}
			}
		}
		switch {
		case known != nil || matched:
		case s.closed:
			return at.fails("additionalProperties")
		case s.more != nil:
			return s.more.check(value.Value, &spot{at, string(name), 0})
		}
		return nil
	})
}

// isType compares with a type of JSON Schema. 1.0 is an integer there.
func isType(v ast.Value, typ string) bool {
	switch v := v.(type) {
	case ast.Null:
		return typ == "null"
	case ast.Boolean:
		return typ == "boolean"
	case ast.Number:
		return typ == "number" || typ == "integer" && whole(string(v))
	case ast.String:
		return typ == "string"
	case *ast.Array:
		return typ == "array"
	case ast.Object:
		return typ == "object"
	}
	return false
}

func whole(number string) bool {
	if !strings.ContainsAny(number, ".eE") {
		return true
	}
	f, err := strconv.ParseFloat(number, 64)
	return err == nil && f == float64(int64(f))
}

// spot is where in a document a value is.
type spot struct {
	in    *spot
	name  string
	index int // in a list, where there is no name
}

func (p *spot) fails(keyword string) error {
	path := ""
	for ; p != nil; p = p.in {
		part := p.name
		if part == "" {
			part = strconv.Itoa(p.index)
		}
		path = "/" + part + path
	}
	if path == "" {
		path = "/"
	}
	return fmt.Errorf("%s fails %s", path, keyword)
}
