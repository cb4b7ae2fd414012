package sarif

import (
	"encoding/json"
	"strings"
	"testing"
)

func read(t *testing.T, text string) Run {
	t.Helper()
	var log struct{ Runs []Run }
	if err := json.Unmarshal([]byte(text), &log); err != nil || len(log.Runs) != 1 {
		t.Fatalf("%v: %d runs", err, len(log.Runs))
	}
	return log.Runs[0]
}

// TestBounds: code scanning refuses a file of too many results, or that is too
// large. The worst ones stay, and the file says what it has not.
func TestBounds(t *testing.T) {
	for _, test := range []struct {
		results, length, most int
		said                  string
	}{
		{10, 9, 10, ""},
		{MaxResults, 9, MaxResults, ""},
		{MaxResults + 5, 9, MaxResults, "5 of 25005 results are not in this file"},
		{10_000, 2000, 6250, "of 10000 results are not in this file"},
	} {
		b := Builder{Run: Run{Invocations: []Invocation{{Successful: true}}}}
		for range test.results - 1 {
			b.Add(Rule{ID: "mild", Default: Config{Note}}, Result{Level: Note, Message: Text{strings.Repeat("x", test.length)}, Locations: []Location{}})
		}
		b.Add(Rule{ID: "bad", Default: Config{Error}}, Result{Level: Error, Message: Text{"worst"}, Locations: []Location{}})
		text, err := b.Document()
		if err != nil || len(text) > 10<<20 {
			t.Fatalf("%d results: %d bytes, %v", test.results, len(text), err)
		}
		run := read(t, text)
		notes, _ := json.Marshal(run.Invocations[0].Notifications)
		if len(run.Results) == 0 || len(run.Results) > test.most || !strings.Contains(string(notes), test.said) || (test.said == "") != (len(run.Results) == test.results) {
			t.Errorf("%d results of %d bytes: %d are there, it says %s", test.results, test.length, len(run.Results), notes)
		}
		if test.said != "" && run.Results[0].RuleID != "bad" || run.Tool.Driver.Rules[1].ID != "bad" {
			t.Errorf("%d results: the worst is %+v", test.results, run.Results[0])
		}
	}
}

// TestBuilder: a rule is listed once, with the worst level of its results; the
// same finding twice has two fingerprints, and each has the same one next time.
func TestBuilder(t *testing.T) {
	var b, again Builder
	r := Rule{ID: "r", Default: Config{Note}, Properties: Security(Note)}
	for _, level := range []string{Note, Error, Warning} {
		b.Add(r, Result{Level: level, Locations: []Location{}})
	}
	run := read(t, must(b.Document()))
	if rules := run.Tool.Driver.Rules; len(rules) != 1 || rules[0].Default.Level != Error || rules[0].Properties.Severity != "8.0" || len(run.Results) != 3 {
		t.Errorf("rules are %+v", rules)
	}
	if one, two := b.Print("a", "b"), b.Print("a", "b"); one == two || one == b.Print("ab") || again.Print("a", "b") != one {
		t.Error("fingerprints do not tell results apart, or change")
	}
	var none Builder
	if text := must(none.Document()); !strings.Contains(text, `"results": []`) || !strings.Contains(text, `"rules": []`) {
		t.Errorf("no results: %s", text)
	}
}

func must(text string, err error) string {
	if err != nil {
		panic(err)
	}
	return text
}
