package expr

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// world is what the tests evaluate in.
func world(t testing.TB) (Scope, Environment) {
	t.Helper()
	github, err := FromJSON(`{"event":{"labels":[{"name":"bug"},{"name":"ui"},{"id":1}],"Draft":false},"token":"t","ref":"refs/heads/main","run":17}`)
	if err != nil {
		t.Fatal(err)
	}
	inputs := &Object{}
	inputs.Set("zero", "0")
	inputs.Set("Text", "it's")
	scope := Scope{
		Contexts:  []string{"github", "inputs", "steps"},
		Functions: []string{"success", "always", "failure", "cancelled", "hashFiles"},
	}
	yes := func([]Value) (Value, error) { return true, nil }
	return scope, Environment{
		Contexts: map[string]Value{"github": github, "inputs": inputs},
		Functions: map[string]func([]Value) (Value, error){
			"success": yes, "always": yes,
			"failure": func([]Value) (Value, error) { return false, nil },
			"hashfiles": func(args []Value) (Value, error) {
				if Text(args[0]) == "fail" {
					return nil, errHash
				}
				return fmt.Sprint("hash of ", len(args)), nil
			},
		},
	}
}

var errHash = errors.New("disk on fire")

// TestValues has each operator and coercion once; test/oracle has all pairs.
func TestValues(t *testing.T) {
	scope, env := world(t)
	for _, c := range []struct {
		text string
		want Value
	}{
		{"null", nil},
		{"true", true},
		{"false", false},
		{"'it''s'", "it's"},
		{"''''", "'"},
		{"1", 1.0},
		{"-1", -1.0},
		{"+.5", .5},
		{"1.", 1.0},
		{"1e3", 1000.0},
		{"0x1F", 31.0},
		{"0xffffffff", -1.0},
		{"0o17", 15.0},

		{"!1", false},
		{"!''", true},
		{"!!'a'", true},
		{"!NaN", true},
		{"!steps", true},
		{"!github", false},
		{"1 == '1'", true},
		{"1 == true", true},
		{"'' == null", true},
		{"null == 0", true},
		{"'a' == 0", false},
		{"'A' == 'a'", true},
		{"'true' == true", false},
		{"NaN == NaN", false},
		{"NaN != NaN", true},
		{"github == github", true},
		{"github == 'Object'", false},
		{"' 0x10 ' == 16", true},
		{"'1e400' == Infinity", true},
		{"'infinity' == Infinity", true},
		{"'ı' == 'I'", false},
		{"'É' == 'é'", true},
		{"'a' < 'B'", true},
		{"'b' < 'A'", false},
		{"'10' < 9", false},
		{"'10' < '9'", true},
		{"null < 1", true},
		{"false < true", true},
		{"null >= 0", true},
		{"NaN <= NaN", false},
		{"github <= github", true},
		{"github < github", false},
		{"'😀' < '～'", true},
		{"1 > '0'", true},
		{"1 < 2 < 3", true},
		{"!1 == false", true},
		{"1 || 2 && 0", 1.0},
		{"(1 || 2) && 0", 0.0},
		{"'' || 'b'", "b"},
		{"'a' && ''", ""},

		{"github.event.draft", false},
		{"GITHUB['Event'].DRAFT", false},
		{"github.none.none", nil},
		{"github.ref.x", nil},
		{"github.event.labels[1].name", "ui"},
		{"github.event.labels['1'].name", "ui"},
		{"github.event.labels[1.9].name", "ui"},
		{"github.event.labels[-1]", nil},
		{"github.event.labels[3]", nil},
		{"github.event.labels['x']", nil},
		{"join(github.event.labels.*.name)", "bug,ui"},
		{"join(github.event.labels[*].*, '-')", "bug-ui-1"},
		{"join((github.event.labels.*).name, '')", "bugui"},
		{"github.event.labels.name", nil},
		{"join(github.ref.*)", ""},

		{"contains('Hello', 'ELL')", true},
		{"contains(github.event.labels.*.name, 'UI')", true},
		{"contains(github, 'ref')", false},
		{"contains(fromJSON('[1,null]'), '1')", true},
		{"contains(fromJSON('[]'), fromJSON('x'))", false},
		{"startsWith(123, 12)", true},
		{"endsWith('abc', 'BC')", true},
		{"startsWith(github, '')", false},
		{"format('{{{0}}} {1} {0}', 1, null)", "{1}  1"},
		{"format('x', fromJSON('never'))", "x"},
		{"join('a', 'b')", "a"},
		{"join(github)", ""},
		{"join(fromJSON('[1,[],{}]'), github)", "1,Array,Object"},
		{"case(false, 1, true, 2, 3)", 2.0},
		{"case(false, fromJSON('x'), 3)", 3.0},
		{"toJSON(fromJSON('{\"b\":[1,{}],\"a\":\"<&>\"}'))", "{\n  \"b\": [\n    1,\n    {}\n  ],\n  \"a\": \"<&>\"\n}"},
		{"toJSON('\u0085\u2028\u2029\x01\x7f\b\f\t é\"\\')", `"\u0085\u2028\u2029\u0001` + "\x7f" + `\b\f\t é\"\\"`},
		{"fromJSON('{\"B\":1,\"b\":2}').B", 2.0},
		{"hashFiles('a', 'b')", "hash of 2"},
		{"always()", true},
	} {
		e, err := Parse(c.text, scope)
		if err != nil {
			t.Error(err)
			continue
		}
		if got, err := e.Eval(env); err != nil || got != c.want {
			t.Errorf("%s = %#v, %v; want %#v", c.text, got, err, c.want)
		}
	}
}

func TestNumbersAsText(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0", 1: "1", -1.5: "-1.5", 0.1 + 0.2: "0.3", 1e14: "100000000000000", 1e15: "1E+15", 123456789012345678: "1.23456789012346E+17",
		0.0001: "0.0001", 0.00001: "1E-05", 1.5e-300: "1.5E-300", 999999999999999.9: "1E+15", 100.25: "100.25", 1.0 / 3: "0.333333333333333",
	} {
		if got := Text(f); got != want {
			t.Errorf("Text(%g) = %s, want %s", f, got, want)
		}
	}
}

func TestMistakes(t *testing.T) {
	scope, env := world(t)
	for text, want := range map[string]string{
		"":                                     `expression "", character 1: an expression was expected`,
		"github.ref ==":                        `expression "github.ref ==", character 14: unexpected end`,
		"é == 1":                               `expression "é == 1", character 1: unexpected "é"`,
		"'é' == x":                             `character 8: there is no context "x" here; there are github, inputs, steps`,
		"secrets.TOKEN":                        "character 1: the context secrets is not available to actions",
		"1 == nope(2)":                         `character 6: there is no function "nope" here`,
		"contains(1)":                          "character 1: contains needs 2 arguments or more and has 1",
		"always(1)":                            "always takes 0 arguments at most and has 1",
		"case(true, 1, true, 2)":               "case needs pairs",
		"'a":                                   "character 1: the string does not end",
		"1 = 1":                                `character 3: unexpected "="`,
		"contains('a',)":                       `character 14: unexpected ")"`,
		"'a'.b":                                `character 4: unexpected "."`,
		"0b1":                                  `unexpected "0b1"`,
		strings.Repeat("!", 50) + "1":          "nested deeper than 50 levels",
		"'" + strings.Repeat("a", 21000) + "'": "longer than 21000 characters",
		"1 == fromJSON('{')":                   "character 6: what fromJSON was given is not JSON",
		"format('{0}{1}', 1)":                  "character 1: the pattern of format has {1} and there are 1 arguments for it",
		"format('{', 1)":                       "the pattern of format is not valid at its byte 1",
		"case('true', 1, 2)":                   "condition 1 of case is neither true nor false",
		"fromJSON(github)":                     "fromJSON needs a text",
		"true && hashFiles('fail')":            "character 9: hashfiles: disk on fire",
		"cancelled()":                          "the function cancelled cannot be called here",
	} {
		e, err := Parse(text, scope)
		if err == nil {
			_, err = e.Eval(env)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: error %v, want %q", text, err, want)
		}
		if placed := (*Error)(nil); !errors.As(err, &placed) || placed.Expression != text || len(err.Error()) > 1000 {
			t.Errorf("%.60s: error %v does not quote the expression, or all of it", text, err)
		}
	}
	e, _ := Parse("hashFiles('fail')", scope)
	if _, err := e.Eval(env); !errors.Is(err, errHash) {
		t.Errorf("error %v is not that of the function", err)
	}
	_, err := Parse("fromJSON(inputs.text).x.y + 1", scope)
	if err == nil || strings.Contains(err.Error(), "it's") {
		t.Errorf("error %v shows a value", err)
	}
}

// TestBounds: an expression of a few lines cannot make megabytes of gigabytes.
func TestBounds(t *testing.T) {
	scope, env := world(t)
	big := strings.Repeat("x", 1<<20)
	long := &Array{}
	for range 100_000 {
		long.Items = append(long.Items, "y")
	}
	env.Contexts["inputs"] = func() *Object {
		o := &Object{}
		o.Set("big", big)
		o.Set("long", long)
		o.Set("spaced", strings.Repeat(" ", 1<<20)+"1")
		return o
	}()
	deep := "1"
	for range 64 {
		deep = "[" + deep + "]"
	}
	for text, want := range map[string]string{
		"format('" + strings.Repeat("{0}", 20) + "', inputs.big)":                        "larger than 10485760 bytes",
		"join(inputs.long, inputs.big)":                                                  "larger than",
		strings.Repeat("toJSON(", 25) + "inputs.long" + strings.Repeat(")", 25):          "larger than",
		"contains(inputs.long, inputs.big)":                                              "reads more than",
		"inputs.big == inputs.big" + strings.Repeat(" && inputs.big == inputs.big", 700): "reads more than",
		"fromJSON(inputs.spaced)" + strings.Repeat(" && fromJSON(inputs.spaced)", 100):   "reads more than",
		"inputs[inputs.big]" + strings.Repeat(" || inputs[inputs.big]", 100):             "reads more than",
		"inputs.*.*[inputs.big]":                                                         "reads more than",
		"fromJSON('[" + deep + "]')":                                                     "nested deeper than 64 levels",
		"inputs.*.*" + strings.Repeat(" && inputs.*.*", 20):                              "larger than",
	} {
		if testing.Short() && strings.HasPrefix(want, "reads") {
			continue // the race detector takes half a minute for them
		}
		e, err := Parse(text, scope)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Eval(env); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: error %v, want %q", text, err, want)
		}
	}
	if _, err := FromJSON(deep); err != nil {
		t.Error(err)
	}
	if _, err := FromJSON("[" + strings.Repeat("1,", 500_000) + "1]"); err == nil {
		t.Error("half a million numbers fit")
	}
	self := &Array{}
	self.Items = []Value{self}
	if text := ToJSON(self); len(text) > 1<<20 {
		t.Errorf("an array that holds itself is %d bytes", len(text))
	}
}

// TestForeign: what is no Value is refused where it comes in.
func TestForeign(t *testing.T) {
	scope, env := world(t)
	env.Contexts["steps"] = map[string]string{}
	env.Functions["success"] = func([]Value) (Value, error) { return 1, nil }
	for text, want := range map[string]string{"steps.x": "the context steps has a value of type map[string]string", "success()": "of type int"} {
		e, _ := Parse(text, scope)
		if _, err := e.Eval(env); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}

func TestObject(t *testing.T) {
	o := &Object{}
	o.Set("Zed", 1.0)
	o.Set("a", 2.0)
	o.Set("ZED", 3.0)
	if v, ok := o.Get("zEd"); !ok || v != 3.0 {
		t.Errorf("Get = %v, %v", v, ok)
	}
	if got := strings.Join(o.Keys(), " "); got != "Zed a" {
		t.Errorf("keys %q: a key keeps its place and its first spelling", got)
	}
	if _, ok := (&Object{}).Get("a"); ok {
		t.Error("an empty object has a key")
	}
}
