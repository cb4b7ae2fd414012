package policy

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/policies"
)

// TestThreatModel: each of the 29 rows has an answer, and rules that are named
// exist.
func TestThreatModel(t *testing.T) {
	text, err := os.ReadFile("../../policies/README.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, pack := range policies.Names() {
		rules, err := policies.Pack(pack)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rules {
			name := strings.TrimSuffix(r.Name, ".rego")
			known[name] = true
			if !strings.Contains(string(text), "| `"+name+"` |") {
				t.Errorf("the table has no row for %s", name)
			}
		}
	}
	classes := []string{"injection prevention", "execution prevention", "impact reduction", "detection", "traceability", "none"}
	rows := regexp.MustCompile(`(?m)^\| ([A-F]\d) \| (.+) \| (.+) \| (.+) \|$`).FindAllStringSubmatch(string(text), -1)
	var names []string
	for _, row := range rows {
		names = append(names, row[1])
		if !strings.Contains(row[3], "`") && !strings.Contains(row[3], "out of scope: ") {
			t.Errorf("row %s has no answer: %s", row[1], row[3])
		}
		for class := range strings.SplitSeq(row[4], ", ") {
			if !slices.Contains(classes, class) {
				t.Errorf("row %s has class %q", row[1], class)
			}
		}
	}
	want := "A1 A2 A3 B1 B2 B3 B4 B5 B6 B7 C1 C2 C3 C4 C5 C6 C7 D1 D2 D3 D4 D5 E1 E2 E3 F1 F2 F3 F4"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("rows %s, want %s", got, want)
	}
	for _, match := range regexp.MustCompile("`((?:"+strings.Join(policies.Names(), "|")+")/[a-z_]+)`").FindAllStringSubmatch(string(text), -1) {
		if !known[match[1]] {
			t.Errorf("there is no rule %s", match[1])
		}
	}
}
