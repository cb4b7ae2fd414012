package secretscan

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
)

// TestUserRuleTexts: what a user's rule says of itself shows no secret, no control character, and has an end. The secrets
// are made here.
func TestUserRuleTexts(t *testing.T) {
	token, value, password := "ghp_"+fake(7, 40)[4:40], fake(8, 44)[4:], "hunter-"+fake(9, 16)[4:]
	toml := fmt.Sprintf("[[rules]]\nid = \"block-%s\\u202e\\n::error::x-%s\"\ndescription = \"Find %s \\u001b[31m%s %s, %s\"\nregex = '''%s'''\n",
		password, strings.Repeat("long-", 100), token[:10]+"\\u200b"+token[10:], value, password, strings.Repeat("and on ", 200), password)
	s, err := NewScanner(ScanOptions{Rules: []byte(toml), Values: NewValues([]Value{{"DEPLOY_KEY", value}})})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Scan(t.Context(), "x", strings.NewReader("it is "+password+" here")); err != nil {
		t.Fatal(err)
	}
	found := s.Result().Findings
	if len(found) != 1 {
		t.Fatalf("%d findings: %+v", len(found), found)
	}
	f := found[0]
	if len(f.RuleID) > maxRuleID || len(f.Description) > maxRuleText || !strings.HasPrefix(f.RuleID, "block-[REDACTED] ::error::x-long-") {
		t.Errorf("%d and %d bytes: %q, %q", len(f.RuleID), len(f.Description), f.RuleID, f.Description)
	}
	for _, text := range []string{f.RuleID, f.Description} {
		for _, secret := range []string{token[6:20], value[:12], password} {
			if strings.Contains(text, secret) {
				t.Errorf("%q shows a secret", text)
			}
		}
		if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q has what cannot be seen", text)
		}
	}
}

// TestUserRuleErrors: an error says where, and shows no line of the file.
func TestUserRuleErrors(t *testing.T) {
	token, value := "ghp_"+fake(7, 40)[4:40], fake(8, 44)[4:]
	// unknown is a secret of which nobody but the file knows.
	unknown := "pass-" + strings.ToLower(fake(9, 16)[4:])
	for _, row := range []struct{ toml, want string }{
		{"[[rules]]\nid = " + unknown, "line 2, column"},
		{"[[rules]]\nid = \"x\"\n" + unknown, "line 3, column"},
		{"[[rules]]\nid = \"x\"\nentropy = \"" + unknown + "\"\n", "line 3, column"},
		{"[[rules]]\nid = \"x\"\n\"" + unknown + "\" = 1\n\"" + unknown + "\" = 2\n", "it is no TOML of rules in line"},
		{"[[rules]]\nid = \"x\"\nregex = '''(" + unknown + "'''", "rule 1 (\"x\"): regex: error parsing regexp: missing closing )"},
		{"[[rules]]\nid = \"x-" + token + "\"\nregex = '''('''", "rule 1 (\"x-[REDACTED]\")"},
		{"[[rules]]\nid = \"x-" + value + "\"\nregex = '''('''", "rule 1 (\"x-[REDACTED]\")"},
		{"[[rules]]\nid = \"" + strings.Repeat("long", 1000) + "\"\nregex = '''('''", "rule 1 (\"longlong"},
	} {
		_, err := NewScanner(ScanOptions{Rules: []byte(row.toml), Values: NewValues([]Value{{"DEPLOY_KEY", value}})})
		if err == nil || !strings.Contains(err.Error(), row.want) || len(err.Error()) > maxRuleText+50 {
			t.Errorf("%q: %v", row.toml, err)
			continue
		}
		for _, secret := range []string{token[6:20], value[:12], unknown} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%v: shows a secret", err)
			}
		}
	}
}
