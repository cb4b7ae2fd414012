package expr

import (
	"strings"
	"testing"
)

func TestTemplates(t *testing.T) {
	scope, env := world(t)
	for _, c := range []struct {
		text string
		want Value
	}{
		{"plain {0} }} text", "plain {0} }} text"},
		{"", ""},
		{"${{ github.run }}", 17.0},
		{"${{github.event.draft}}", false},
		{"${{ steps }}", nil},
		{" ${{ github.run }}", " 17"},
		{"${{ github.run }}\n", "17\n"},
		{"${{ 1 }}${{ 2 }}", "12"},
		{"a {${{ inputs.text }}} '{0}'", "a {it's} '{0}'"},
		{"${{ '}}' }}", "}}"},
		{"${{ 'it''s }}' }}!", "it's }}!"},
		{"x=${{ github.event }}", "x=Object"},
		{"$${{ 1 }}", "$1"},
		{"a $ {{ 1 }}", "a $ {{ 1 }}"},
		{"${{ format('{0}}}', 1) }}", "1}"},
	} {
		tmpl, err := ParseTemplate(c.text, scope)
		if err != nil {
			t.Error(err)
			continue
		}
		if got, err := tmpl.Eval(env); err != nil || got != c.want {
			t.Errorf("%q = %#v, %v; want %#v", c.text, got, err, c.want)
		}
		if got, err := tmpl.Text(env); err != nil || got != Text(c.want) {
			t.Errorf("%q is the text %q, %v; want %q", c.text, got, err, Text(c.want))
		}
	}
}

func TestTemplateMistakes(t *testing.T) {
	scope, _ := world(t)
	for text, want := range map[string]string{
		"a ${{ github.ref":                       "character 3: ${{ has no end",
		"a ${{ '}}":                              "character 3: ${{ has no end",
		"${{ }}":                                 "character 4: an expression was expected",
		"é ${{ 1 }} ${{ nope }}":                 `character 16: there is no context "nope" here`,
		"${{ secrets.X }}":                       "secrets is not available to actions",
		strings.Repeat("${{ 1 }}", 255):          "a text may have 254 expressions, and this has 255",
		strings.Repeat("x", 21_000) + "${{ 1 }}": "has 21016 in the runner's form",
	} {
		if _, err := ParseTemplate(text, scope); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: error %v, want %q", text, err, want)
		}
	}
	if _, err := ParseTemplate(strings.Repeat("x", 100_000), scope); err != nil {
		t.Error("a text without expressions has no limit: ", err)
	}
}

func TestConditions(t *testing.T) {
	scope, env := world(t)
	succeeded := true
	env.Functions["success"] = func([]Value) (Value, error) { return succeeded, nil }
	env.Functions["cancelled"] = func([]Value) (Value, error) { return false, nil }
	for _, c := range []struct {
		text             string
		success, failure bool // what it is after a success, and after a failure
	}{
		{"", true, false},
		{" \n", true, false},
		{"true", true, false},
		{"false", false, false},
		{"github.run == 17", true, false},
		{"${{ github.run == 17 }}", true, false},
		{"${{ github.run == 18 }}", false, false},
		{"always()", true, true},
		{"${{ always() }}", true, true},
		{"always() && github.run == 18", false, false},
		{"!success()", false, true},
		{"!cancelled()", true, true},
		{"!failure()", true, true},
		{"contains(toJSON(Success()), 'f') || false", false, true},
		{"true || true", true, false},
		{"${{ github.run }} == 18", true, false},
		{"!${{ true }}", true, false}, // texts
	} {
		e, err := ParseCondition(c.text, scope)
		if err != nil {
			t.Error(err)
			continue
		}
		for want, is := range map[bool]bool{true: c.success, false: c.failure} {
			succeeded = want
			if got, err := e.Eval(env); err != nil || Truthy(got) != is {
				t.Errorf("%q with success %v = %v, %v", c.text, want, got, err)
			}
		}
	}
	if _, err := ParseCondition("${{ 1 ", scope); err == nil {
		t.Error("a condition without an end is none")
	}
}

func TestUses(t *testing.T) {
	scope, _ := world(t)
	for text, want := range map[string]bool{
		"github.token": true, "GitHub.Token": true, "github['TOKEN']": true, "toJSON(github)": true, "github": true, "github.*": true,
		"github[*]": true, "github[inputs.zero]": true, "(github || 1).ref": true, "case(true, github, 1).ref": true,
		"inputs[github.token]": true, "github.event[github.token]": true, "false && github.token": true, "hashFiles(github.token)": true,
		"github[format('{0}', 'token')]": true,
		"github.event":                   false, "github.event.token": false, "inputs.token": false, "'github.token'": false, "github['event'].token": false,
		"github[0]": false, "toJSON(github.event)": false, "steps.github.token": false, "toJSON(inputs)": false,
	} {
		e, err := Parse(text, scope)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Uses("github", "token"); got != want {
			t.Errorf("%s uses github.token: %v", text, got)
		}
		tmpl, err := ParseTemplate("a ${{ 1 }} ${{ "+text+" }}", scope)
		if err != nil {
			t.Fatal(err)
		}
		if got := tmpl.Uses("GITHUB", "Token"); got != want {
			t.Errorf("a text with %s uses github.token: %v", text, got)
		}
	}
}

func TestCalls(t *testing.T) {
	scope, _ := world(t)
	for text, want := range map[string]bool{
		"${{ hashFiles('a') }}": true, "a ${{ 1 }} ${{ !HASHFILES('a') }}": true, "${{ github['hashFiles'] }}": false,
		"${{ inputs[hashFiles('a')] }}": true, "hashFiles('a')": false, "${{ 'hashFiles()' }}": false,
	} {
		tmpl, err := ParseTemplate(text, scope)
		if err != nil {
			t.Fatal(err)
		}
		if got := tmpl.Calls("hashFiles"); got != want {
			t.Errorf("%s calls hashFiles: %v", text, got)
		}
	}
	for text, want := range map[string]bool{"a ${{ 1 }}": false, "${{ format('') }}": true, "a ${{ format('') }}": true} {
		tmpl, _ := ParseTemplate(text, scope)
		if got := tmpl.Calls("format"); got != want {
			t.Errorf("%s calls format: %v", text, got)
		}
	}
}
