package attest

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestWellFormed: one value, in which nothing has two readings.
func TestWellFormed(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1,"b":[true,false,null,-0.5e+3,"\u00e9\n"],"c":{}}`: "",
		" [ ]\n": "", `""`: "", `{"a":{"x":1},"b":{"x":1}}`: "", `{"A":1,"a":2}`: "",
		`{"a":1,"a":2}`:               "two fields of one name",
		`{"b":[{"c":{"a":1,"a":1}}]}`: "two fields of one name",
		`{"a":1,"\u0061":2}`:          "two fields of one name",
		`{"é":1,"\u00e9":2}`:          "two fields of one name",
		`{"\ud800":1,"\ud801":2}`:     "two fields of one name",
		``:                            "ends within a value",
		`{}{}`:                        "text after the end", `{} x`: "text after the end",
		`{"a":1,}`: "no name", `[1,]`: "no JSON value", `{a:1}`: "no name", `{"a" 1}`: "no colon", `[1 2]`: "no comma",
		`{"a":1 "b":2}`: "no comma", `01`: "text after the end", `-`: "malformed number", `1.`: "malformed number", `1e`: "malformed number",
		"\"\x01\"": "control character", `"\x"`: "unknown escape", `"\u12g4"`: "hex digits", `"\u12`: "hex digits", `"a`: "does not end", `"\`: "does not end",
		"\"\xff\"": "UTF-8", `tru`: "no JSON value", `NaN`: "no JSON value",
		strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth):             "",
		strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1):         "nested deeper",
		strings.Repeat(`{"a":`, maxDepth+1) + "1" + strings.Repeat("}", maxDepth): "nested deeper",
		strings.Repeat("[", 50<<20):                                               "nested deeper",
	} {
		err := wellFormed([]byte(text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %q", text, err, want)
		}
	}
}

// FuzzWellFormed: what passes is JSON to the standard library too, and its
// parts are those that the standard library sees.
func FuzzWellFormed(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2,{"b":"c"}]}`, `{"a":1,"a":2}`, `"\ud83d\ude00"`, `[[[]]]`, `{"A":1,"a":1}`, `-1.5e3`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := wellFormed(data); err != nil {
			return
		}
		if !json.Valid(data) {
			t.Fatalf("accepted %q", data)
		}
		fields, err := objectFields(data)
		var want map[string]json.RawMessage
		if json.Unmarshal(data, &want) != nil || want == nil {
			if err == nil {
				t.Errorf("%q is no object, and was split into %q", data, fields)
			}
			return
		}
		if err != nil {
			return // names that differ in case alone
		}
		for name, value := range want {
			if string(fields[name]) != string(value) || len(fields) != len(want) {
				t.Errorf("%q was split into %q, want %q", data, fields, want)
			}
		}
	})
}
