package refs

import (
	"os"
	"strings"
	"testing"
)

// TestRulesAreDocumented: the list for users has every rule, at its level, and
// no other.
func TestRulesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/references.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]Level{}
	_, table, _ := strings.Cut(string(text), "| rule | level | when |")
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) > 3 {
			documented[strings.Trim(cells[1], " `-")] = Level(strings.Trim(cells[2], " -"))
		}
	}
	delete(documented, "") // below the heading
	for _, r := range rules() {
		if documented[r.id] != r.level {
			t.Errorf("%s is documented as %q, and is %q", r.id, documented[r.id], r.level)
		}
		delete(documented, r.id)
	}
	if len(documented) > 0 {
		t.Errorf("documented and not there: %v", documented)
	}
}
