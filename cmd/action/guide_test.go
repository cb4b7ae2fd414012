package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/internal/action"
)

// TestFlagsWithoutInput: the guide lists the flags of the modes, and the verbs,
// that action.yml cannot ask for, and no others.
func TestFlagsWithoutInput(t *testing.T) {
	guide, err := os.ReadFile("../../docs/guide.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(guide), "\nNo input has: ")
	text, _, _ = strings.Cut(text, " A `run:` step")
	flagText, verbText, ok2 := strings.Cut(text, " Nor have the verbs ")
	if !ok || !ok2 {
		t.Fatal("the guide has no such list")
	}
	// Flags whose input is called otherwise.
	renamed := []string{
		"--cert", "--cert-chain", "--fulcio-server-url", "--rekor-server-url", "--timestamp-server-url", "--deny", "--type", "--countersign",
		"--input", "--inputs-json", "--max-decode-layers", "--attestor-secretscan-max-decode-layers", "--attestor-secretscan-fail-on-detection",
	}
	modes := []string{"run", "wrap", "verify", "refs", "scan", "attest"}
	var flags, others []string
	for _, part := range flagParts() {
		for _, f := range part.flags {
			hasInput := slices.Contains(action.InputNames(), strings.TrimPrefix(f.name, "--"))
			if slices.Contains(modes, part.verb) && !hasInput && !slices.Contains(renamed, f.name) && !strings.HasSuffix(f.name, "-unsafe") {
				flags = append(flags, f.name)
			}
		}
	}
	for _, v := range verbs() {
		if !slices.Contains(modes, v.name) && v.name != "action" {
			others = append(others, v.name)
		}
	}
	for _, list := range []struct {
		pattern, text string
		want          []string
	}{{"`(--[a-z-]+)`", flagText, flags}, {"`([a-z-]+)`", verbText, others}} {
		var got []string
		for _, m := range regexp.MustCompile(list.pattern).FindAllStringSubmatch(list.text, -1) {
			got = append(got, m[1])
		}
		slices.Sort(got)
		slices.Sort(list.want)
		if want := slices.Compact(list.want); !slices.Equal(got, want) {
			t.Errorf("the guide has %q, the program %q", got, want)
		}
	}
}
