package expr

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzExpression: whatever can be parsed can be evaluated, within the bounds,
// and says the same each time; errors quote the expression.
func FuzzExpression(f *testing.F) {
	for _, text := range []string{
		"github.event.labels.*.name", "github['ref'] == 'x' && !inputs.zero || steps", "format('{0}{{}}', 1, null)", "join(github.*.*, toJSON(inputs))",
		"case(1 < 2, fromJSON('[1,{}]')[0], contains(github.event, 'é'))", "0xff >= -1.5e3", "((1))[0].x", "'it''s", "success() != hashFiles('a')",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		scope, env := world(t)
		e, err := Parse(text, scope)
		if err != nil {
			checkError(t, text, err)
			return
		}
		value, err := e.Eval(env)
		if err != nil {
			checkError(t, text, err)
			return
		}
		again, err := e.Eval(env)
		if err != nil || ToJSON(again) != ToJSON(value) {
			t.Errorf("%q is %s, then %s, %v", text, ToJSON(value), ToJSON(again), err)
		}
		if len(Text(value)) > maxMemory+maxLength*utf8.UTFMax {
			t.Errorf("%q makes %d bytes", text, len(Text(value)))
		}
		e.Uses("github", "token")
	})
}

func checkError(t *testing.T, text string, err error) {
	t.Helper()
	e := (*Error)(nil)
	if !errors.As(err, &e) || e.Expression != text || e.Position < 1 || e.Position > utf8.RuneCountInString(text)+1 {
		t.Errorf("%q: error %#v", text, err)
	}
}

// FuzzTemplate: a text without expressions is itself; a condition is a template
// or an expression.
func FuzzTemplate(f *testing.F) {
	for _, text := range []string{"a ${{ github.ref }} {b} ${{ '}}' }}", "${{ inputs.text }}", "${{", "x }} ${{ 'it''s' }}\n", "${{ github.token }} == 'a'", "always()"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		scope, env := world(t)
		tmpl, err := ParseTemplate(text, scope)
		if err != nil {
			checkError(t, text, err)
		} else if got, err := tmpl.Text(env); err != nil {
			checkError(t, text, err)
		} else if !strings.Contains(text, "${{") && got != text {
			t.Errorf("%q became %q", text, got)
		}
		e, err := ParseCondition(text, scope)
		if err == nil {
			_, err = e.Eval(env)
		}
		if err != nil {
			checkError(t, text, err)
		}
	})
}

// FuzzFromJSON: what encoding/json accepts is read, up to the bounds, and what
// is written is read again as the same.
func FuzzFromJSON(f *testing.F) {
	for _, text := range []string{`{"b":[1,null,{"a":"\u2028<"}],"B":-1e-7}`, `"\ud800"`, ` [] `, `1e999`, `{"a":1,}`, `[[[[`, `{"":{"":0}}`, `12345678901234567890`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := FromJSON(text)
		if !json.Valid([]byte(text)) {
			if err == nil {
				t.Errorf("%q was read", text)
			}
			return
		}
		if err != nil {
			if !strings.Contains(err.Error(), "nested") && !strings.Contains(err.Error(), "larger") {
				t.Error(err)
			}
			return
		}
		written := ToJSON(v)
		if infinite(v) {
			return // the runner writes Infinity, which is no JSON
		}
		again, err := FromJSON(written)
		if err != nil || ToJSON(again) != written {
			t.Errorf("%q was written as %q, and then as %q, %v", text, written, ToJSON(again), err)
		}
	})
}

func infinite(v Value) bool {
	if f, ok := v.(float64); ok {
		return math.IsInf(f, 0)
	}
	for _, item := range members(v) {
		if infinite(item) {
			return true
		}
	}
	return false
}
