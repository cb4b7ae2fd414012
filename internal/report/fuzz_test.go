package report

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/org/cilock-action/internal/verdict"
)

// FuzzRender: no evidence makes an element or an attribute of its own.
func FuzzRender(f *testing.F) {
	f.Add(statement(f), "e.json")
	f.Add([]byte(`{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"<x>","digest":{"sha256":"\u2028"}}],"predicateType":"</pre>","predicate":{"a":"</script><!--"}}`), "\"><script>")
	f.Fuzz(func(t *testing.T, payload []byte, name string) {
		b := Bundle{Name: name, Data: envelope(t, payload), TraceNote: name}
		j := Unverified([]Bundle{b})
		j.Findings = append(j.Findings, verdict.Finding{Verdict: verdict.Verdict(name), Rule: name, Found: string(payload), Fix: name})
		j.Groups = []Group{{Title: name, Checks: []verdict.Check{{Name: name, Expected: string(payload)}}}}
		page, err := Render(Input{Bundles: []Bundle{b}, Judgement: j, Command: name})
		if err != nil {
			t.Fatal(err)
		}
		checkPage(t, page, 1)
	})
}

// FuzzText: the same for a text that stands wherever evidence may have one.
func FuzzText(f *testing.F) {
	for _, text := range []string{
		"</script><script>alert(1)</script>", "<!--<script>", "--><img src=x onerror=alert(1)>", "\" onmouseover=\"alert(1)", "</textarea></style></title>",
		"javascript:alert(1)", "\u202e\u2066\u200b\x1b[31m\x00\r", "\u2028\u2029", "{{.}}", "]]>", "&lt;b&gt;", "\ufeff", "\xff",
	} {
		f.Add(text)
	}
	plain := statement(f)
	f.Fuzz(func(t *testing.T, text string) {
		var st map[string]any
		if err := json.Unmarshal(plain, &st); err != nil {
			t.Fatal(err)
		}
		planted, err := json.Marshal(plant(st, text, ""))
		if err != nil {
			t.Fatal(err)
		}
		b := Bundle{Name: text, Data: envelope(t, planted)}
		if e := readEvidence(b, 1); e.problem != "" {
			t.Fatalf("the evidence is not shown: %s", e.problem)
		}
		checkPage(t, render(t, b), 1)
	})
}

// plant puts text before each string of a document that is no part of its shape,
// and before the names in maps whose names are data.
func plant(v any, text, of string) any {
	switch v := v.(type) {
	case string:
		if slices.Contains([]string{"_type", "predicateType", "type", "starttime", "endtime", "state", "commitdate"}, of) {
			return v
		}
		return text + v
	case []any:
		for i := range v {
			v[i] = plant(v[i], text, of)
		}
		return v
	case map[string]any:
		out := map[string]any{}
		for name, value := range v {
			value = plant(value, text, name)
			if slices.Contains([]string{"openedfiles", "variables", "actioninputs"}, of) {
				name = text + name
			}
			out[name] = value
		}
		return out
	}
	return v
}
