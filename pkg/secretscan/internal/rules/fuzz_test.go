package rules

import (
	"bytes"
	"testing"
)

// FuzzFind: spans are inside the text, no rule finds more than it may, and a second search finds the same.
func FuzzFind(f *testing.F) {
	s := load(f, "")
	for _, seed := range []string{
		"", "\n", "key=", "api_key = \"abcdefghij0123456789\"\n", "\nkey\n=\nabcdefghij0123456789\n", "ghp_\xff", "é_key: 'q8f3aa71bbZx9'",
		"-----BEGIN PRIVATE KEY-----", "curl -u a:b\n\n\n", "kind: secret\ndata: a: bbbbbbbbbbbbbb", "sourcegraph facebook 12345678901234567|aaaa",
		"x_mmk Q~ .atlasv1. hooks.slack.com/services/", "\u212aey=\u017fecret",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		counts, first := map[int]int{}, []Match{}
		s.Find(text, func(m Match) bool {
			if m.Start < 0 || m.Start > m.End || m.End > len(text) {
				t.Fatalf("%v in %d bytes", m, len(text))
			}
			if counts[m.Rule]++; counts[m.Rule] > MaxFindings {
				t.Fatalf("%s found more than its limit", s.Info(m.Rule).ID)
			}
			s.Tier(text, m)
			s.Integrity(text, m)
			first = append(first, m)
			return true
		})
		i := 0
		s.Find(bytes.Clone(text), func(m Match) bool {
			if i >= len(first) || first[i] != m {
				t.Fatalf("finding %d differs the second time: %v", i, m)
			}
			i++
			return true
		})
	})
}

// FuzzLoad: whatever a user's file says, it is refused or it can be used. Without the default rules, which take most of
// the time.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"", "[extend]\nuseDefault = false\n[[rules]]\nid = \"a\"\nregex = '''(?i)\\b(x|y{2,3})+$'''\nkeywords = [\"x\"]\n",
		"[[rules]]\nid = \"a\"\nregex = '''((((a{9}){9}){9}){9})'''\n", "[allowlist]\nregexes = ['''^$''']\nstopwords = [\"\"]\n",
		"[[rules]]\nid = \"a\"\npath = '''x'''\n[rules.allowlist]\ncommits = [\"x\"]\n", "[[rules]]\nid = \"generic\"\nregex = '''^|\\B|$'''\n",
		"[[rules]]\nid = \"a\"\nregex = '''(?:\\b|^)[[:alnum:]]{20,}'''\nsecretGroup = 0\n",
	} {
		f.Add([]byte(seed), []byte("xyy ghp_ aaaaaaaaaaaaaaaaaaaaaaaaaaa\n"))
	}
	f.Fuzz(func(t *testing.T, user, text []byte) {
		s, err := new(file).with(user)
		if err != nil {
			return
		}
		s.Find(text[:min(len(text), 4096)], func(m Match) bool {
			if m.Start < 0 || m.Start > m.End || m.End > len(text) {
				t.Fatalf("%v in %d bytes", m, len(text))
			}
			s.LowersTier(m.Rule, string(text))
			return true
		})
	})
}
