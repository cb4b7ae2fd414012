package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestUserRules(t *testing.T) {
	token := githubToken()
	const own = "[[rules]]\nid = \"ours\"\nregex = '''ours_[0-9]{6}'''\nkeywords = [\"ours_\"]\n"
	for i, c := range []struct {
		name, user, text string
		want             []string
	}{
		{"added", own, token + " ours_123456", []string{"github-pat " + token, "ours ours_123456"}},
		{"merged", "[extend]\nuseDefault = true\n" + own, token + " ours_123456", []string{"github-pat " + token, "ours ours_123456"}},
		{"alone", "[extend]\nuseDefault = false\n" + own, token + " ours_123456", []string{"ours ours_123456"}},
		{"replaced", "[[rules]]\nid = \"github-pat\"\nregex = '''nothing'''\n", token, nil},
		{"replaced, and no keyword", "[[rules]]\nid = \"github-pat\"\nregex = '''[x]{2}y'''\n", "xxy", []string{"github-pat xxy"}},
		{"extended", "[extend]\nuseDefault = true\n[[rules]]\nid = \"github-pat\"\nentropy = 7.5\n", token, nil},
		{"disabled", "[extend]\ndisabledRules = [\"github-pat\", \"no-such-rule\"]\n", token, nil},
		{"allowed", "[[allowlists]]\nregexes = ['''^ghp_''']\n", token, nil},
		{"allowed in the old way", "[allowlist]\nregexes = ['''^ghp_''']\n", token, nil},
		{"allowed for a rule", "[[allowlists]]\ntargetRules = [\"github-pat\"]\nstopwords = [\"GHP_\"]\n", token, nil},
		{"allowed for another", "[[allowlists]]\ntargetRules = [\"jwt\"]\nstopwords = [\"ghp_\"]\n", token, []string{"github-pat " + token}},
		{"allowed by its line", "[[allowlists]]\nregexTarget = \"line\"\nregexes = ['''example''']\n", "an example: " + token, nil},
		{"allowed by both", "[[allowlists]]\ncondition = \"AND\"\nregexTarget = \"line\"\nregexes = ['''example''']\nstopwords = [\"nothing\"]\n", "an example: " + token, []string{"github-pat " + token}},
		{"a path allows nothing", "[[allowlists]]\npaths = ['''.*''']\n", token, []string{"github-pat " + token}},
		{"a path agrees with nothing", "[[allowlists]]\ncondition = \"AND\"\npaths = [\"x\"]\nstopwords = [\"ghp_\"]\n", token, []string{"github-pat " + token}},
		{"group", "[[rules]]\nid = \"g\"\nregex = '''gg(\\d)(\\d)'''\nsecretGroup = 2\nkeywords = [\"gg\"]\n", "gg12", []string{"g 2"}},
		{"not reported", own + "skipReport = true\n", "ours_123456", nil},
		{"after a line only", "[[rules]]\nid = \"m\"\nregex = '''(?m)^mm_\\d$'''\nkeywords = [\"mm_\"]\n", "mm_1\nxmm_2\nmm_3x\nmm_4", []string{"m mm_1", "m mm_4"}},
		{"greedy before", "[[rules]]\nid = \"w\"\nregex = '''\\w*secretly\\w*'''\n", "aasecretlybb secretlyx", []string{"w aasecretlybb", "w secretlyx"}},
		{"runs", "[[rules]]\nid = \"r\"\nregex = '''\\b[0-9]{12}\\b'''\n", "x123456789012 123456789012 1234567890123", []string{"r 123456789012"}},
	} {
		if testing.Short() && i%4 != 0 {
			continue // each plans all rules anew
		}
		if got := find(load(t, c.user), c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestRefusedRules(t *testing.T) {
	rule := func(fields string) string { return "[[rules]]\nid = \"bad\"\n" + fields }
	for _, c := range []struct{ name, user, want string }{
		{"no TOML", "[[rules", "TOML"},
		{"no id", "[[rules]]\nregex = 'x'\n", "it has no id"},
		{"no expression", rule("entropy = 3.0\n"), "bad"},
		{"bad expression", rule("regex = '(x'\n"), "bad"},
		{"lookahead", rule("regex = '(?=x)'\n"), "bad"},
		{"bad path", rule("path = '(x'\n"), "bad"},
		{"bad group", rule("regex = '(x)'\nsecretGroup = 2\n"), "1 groups"},
		{"negative group", rule("regex = '(x)'\nsecretGroup = -1\n"), "bad"},
		{"repeat of a repeat", rule("regex = '(((x{100}){100}){100})'\n"), "bad"},
		{"within Go's limit", rule("regex = '(" + strings.Repeat("ab?", 20) + "){1000}'\n"), "too complex"},
		{"wide classes", rule("regex = '" + strings.Repeat(`(?i)\pL`, 100) + "'\n"), "too complex"},
		{"many expressions", strings.Repeat(rule("regex = '(a?b?c?d?e?){1000}'\n"), 120), "too complex together"},
		{"too long", "# " + strings.Repeat("x", maxFile), "limit"},
		{"too many", strings.Repeat(rule("regex = 'x'\n"), maxRules+1), "limit"},
		{"twice", rule("regex = 'x'\n") + rule("regex = 'y'\n"), "two"},
		{"requires", rule("regex = 'x'\n[[rules.required]]\nid = \"jwt\"\n"), "requires"},
		{"empty list", "[[allowlists]]\ndescription = \"mine\"\n", "mine"},
		{"bad condition", rule("regex = 'x'\n[[rules.allowlists]]\ncondition = \"XOR\"\nstopwords = [\"x\"]\n"), "XOR"},
		{"bad target", rule("regex = 'x'\n[[rules.allowlists]]\nregexTarget = \"file\"\nregexes = [\"x\"]\n"), "file"},
		{"no such target", "[[allowlists]]\ntargetRules = [\"none-such\"]\nstopwords = [\"x\"]\n", "none-such"},
		{"extends a file", "[extend]\npath = \"/etc/passwd\"\n", "not supported"},
		{"extends a URL", "[extend]\nurl = \"http://example\"\n", "not supported"},
		{"many stop words", "[[allowlists]]\nstopwords = [" + strings.Repeat("\""+strings.Repeat("x", 99)+"\",", 700) + "]\n", "stopwords"},
		{"many keywords", rule("regex = 'x'\nkeywords = [" + manyWords() + "]\n"), "too many"},
	} {
		_, err := Load([]byte(c.user))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, and it should say %q", c.name, err, c.want)
		}
	}
}

// manyWords returns words that make more states than an automaton may have.
func manyWords() string {
	var words strings.Builder
	for i := range 8000 {
		fmt.Fprintf(&words, "\"%08d%08d\",", i*7919, i)
	}
	return words.String()
}
