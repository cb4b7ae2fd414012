package rules

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

func load(t testing.TB, user string) *Set {
	t.Helper()
	var text []byte
	if user != "" {
		text = []byte(user)
	}
	s, err := Load(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// find returns "rule secret" of each match, sorted.
func find(s *Set, text string) (found []string) {
	s.Find([]byte(text), func(m Match) bool {
		found = append(found, s.Info(m.Rule).ID+" "+text[m.Start:m.End])
		return true
	})
	slices.Sort(found)
	return found
}

// random returns letters and digits that no rule has seen: they are made at run time.
func random(n int, alphabet string) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = alphabet[rand.IntN(len(alphabet))]
	}
	return string(text)
}

const (
	alnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	hex   = "0123456789abcdef"
)

// made is a value that the generic rule takes for a secret. It opens nothing.
const made = "q8Zx7Kp2Wm4Tv9Rb6Nd3"

func githubToken() string { return "ghp_" + random(36, alnum) }

// TestEveryRuleHasATier asks for the place of each rule that a new version of Gitleaks brings.
func TestEveryRuleHasATier(t *testing.T) {
	all := load(t, "").Rules()
	var ids []string
	for _, r := range all {
		ids = append(ids, r.ID)
		low, high := slices.Contains(lowRules(), r.ID), slices.Contains(highRules(), r.ID)
		if low == high {
			t.Errorf("%s is in both lists of tiers, or in none", r.ID)
		}
		if (r.Tier == High) != high {
			t.Errorf("%s is %s", r.ID, r.Tier)
		}
		if r.Description == "" {
			t.Errorf("%s has no description", r.ID)
		}
	}
	for _, id := range slices.Concat(lowRules(), highRules()) {
		if !slices.Contains(ids, id) {
			t.Errorf("%s has a tier, and Gitleaks has no such rule", id)
		}
	}
	if len(all) < 200 {
		t.Errorf("there are %d rules", len(all))
	}
}

// TestEveryRuleIsPlanned: few rules may need a search of the whole text, and none a search without bounds.
func TestEveryRuleIsPlanned(t *testing.T) {
	s := load(t, "")
	e, err := s.engine()
	if err != nil {
		t.Fatal(err)
	}
	ways := map[way]int{}
	for i, p := range e.plans {
		ways[p.way]++
		if p.way == whole {
			t.Errorf("%s is searched everywhere", s.rules[i].ID)
		}
		if p.way == anchored {
			p.rest.compile() // must not panic: the tree was written out as an expression
		}
	}
	if ways[anchored] < 190 {
		t.Errorf("%d rules are anchored, %d windowed, %d on runs", ways[anchored], ways[windowed], ways[runs])
	}
}

func TestFind(t *testing.T) {
	s := load(t, "")
	token := githubToken()
	sha := random(39, hex) + "a"
	airtable := "pat" + random(14, alnum) + "." + random(64, hex)
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"keyword after it", airtable + " for airtable", []string{"airtable-personnal-access-token " + airtable}},
		{"literal, and no keyword", airtable, nil},
		{"nothing", "nothing to see\n", nil},
		{"token", "x" + token + "y", []string{"github-pat " + token}},
		{"at the very end", token, []string{"github-pat " + token}},
		{"allow comment means nothing", token + " # gitleaks:allow", []string{"github-pat " + token}},
		{"generic gives way", "token = " + token + "\n", []string{"github-pat " + token}},
		{"keyword elsewhere", "sourcegraph\n\n" + sha + "\n", []string{"sourcegraph-access-token " + sha}},
		{"no keyword", sha + "\n", nil},
		{"binary around", "\x00\xff\xfe" + token + "\x00", []string{"github-pat " + token}},
		{"low entropy", "ghp_" + strings.Repeat("a", 36), nil},
		{"word before a prefix", "xAKIA" + random(16, "ABCDEFGHJKLMN234567"), nil},
	} {
		if got := find(s, c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %d findings: %q, want %q", c.name, len(got), got, c.want)
		}
	}
}

// TestLongMatches: what has no greatest length is followed past the first window.
func TestLongMatches(t *testing.T) {
	s := load(t, "")
	jwt := "eyJ" + random(9000, alnum) + ".eyJ" + random(9000, alnum) + "." + random(43, alnum)
	if got := find(s, "x "+jwt+"\n"); len(got) != 0 {
		t.Errorf("a JWT whose first dot is out of reach was found: the bound has changed, and with it the cost")
	}
	jwt = "eyJ" + random(600, alnum) + ".eyJ" + random(3000, alnum) + "." + random(30_000, alnum)
	if got := find(s, "x "+jwt+" "); !slices.Equal(got, []string{"jwt " + jwt}) {
		t.Errorf("a long JWT: %d findings, of %d bytes", len(got), len(strings.Join(got, "")))
	}
	pem := "-----BEGIN RSA PRIVATE KEY-----\n" + strings.Repeat(random(64, alnum)+"\n", 200) + "-----END RSA PRIVATE KEY-----"
	if got := find(s, "x "+pem+"\n\n"); !slices.Equal(got, []string{"private-key " + pem}) {
		t.Errorf("a PEM block of %d bytes: %d findings", len(pem), len(got))
	}
}

func TestStops(t *testing.T) {
	s := load(t, "")
	text := []byte(githubToken() + " " + githubToken() + " " + githubToken())
	calls := 0
	s.Find(text, func(Match) bool { calls++; return false })
	if calls != 1 {
		t.Errorf("called %d times after it said stop", calls)
	}
}

func TestTruncated(t *testing.T) {
	s := load(t, "")
	var text bytes.Buffer
	for range MaxFindings + 50 {
		fmt.Fprintln(&text, githubToken())
	}
	n := 0
	full := s.Find(text.Bytes(), func(Match) bool { n++; return true })
	if n != MaxFindings || len(full) != 1 || s.Info(full[0]).ID != "github-pat" {
		t.Errorf("%d findings, truncated %v", n, full)
	}
}

func TestTiers(t *testing.T) {
	s := load(t, "")
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`))
	bedrock := "bedrock-api-key-" + base64.RawStdEncoding.EncodeToString([]byte("bedrock.amazonaws.com"))
	rest := ".eyJ" + random(40, alnum) + "." + random(43, alnum)
	for _, c := range []struct {
		text string
		rule string
		want Tier
	}{
		{githubToken(), "github-pat", High},
		{header + rest, "jwt", High},
		{"ey" + random(40, alnum) + rest, "jwt", Low},
		{"sourcegraph " + random(39, hex) + "b", "sourcegraph-access-token", Low},
		{"sgp_" + random(39, hex) + "b", "sourcegraph-access-token", High},
		{"-----BEGIN PRIVATE KEY-----\n" + random(64, alnum) + "\n-----END PRIVATE KEY-----", "private-key", High},
		{"-----BEGIN PRIVATE KEY-----\n" + strings.Repeat("put your key here, ", 5) + "\n-----END PRIVATE KEY-----", "private-key", Low},
		{"api_key = " + made, "generic-api-key", Low},
		{bedrock + random(100, alnum), "aws-amazon-bedrock-api-key-short-lived", High},
		{bedrock + "`" + strings.Repeat(" next-rule", 5), "aws-amazon-bedrock-api-key-short-lived", Low},
	} {
		found := false
		s.Find([]byte(c.text), func(m Match) bool {
			if found = found || s.Info(m.Rule).ID == c.rule; s.Info(m.Rule).ID == c.rule && s.Tier([]byte(c.text), m) != c.want {
				t.Errorf("%q: %s is not %s", c.text, c.rule, c.want)
			}
			return true
		})
		if !found {
			t.Errorf("%q: %s found nothing", c.text, c.rule)
		}
	}
}

func TestIntegrity(t *testing.T) {
	s := load(t, "")
	sum := func(n int) string { return base64.StdEncoding.EncodeToString([]byte(random(n, alnum))) }
	for _, c := range []struct {
		text string
		want bool
	}{
		{"key: sha512-" + sum(64) + "\n", true},
		{`"auth_token": "sha256-` + sum(32) + "\"\n", true},
		{"example.com/token v1.0.0 key=h1:" + sum(32) + "\n", true},
		{"key: " + sum(64) + "\n", false},
		{"key: sha512-" + sum(12) + "\n", false},
	} {
		text := []byte(c.text)
		s.Find(text, func(m Match) bool {
			if s.Integrity(text, m) != c.want {
				t.Errorf("%q: %q: integrity is not %v", c.text, text[m.Start:m.End], c.want)
			}
			return true
		})
	}
	text := []byte("sha256-" + githubToken())
	s.Find(text, func(m Match) bool {
		if s.Info(m.Rule).ID == "github-pat" && s.Integrity(text, m) {
			t.Error("a prefixed token is taken for a digest")
		}
		return true
	})
}

func TestLowersTier(t *testing.T) {
	s := load(t, "")
	rule := func(id string) int {
		return slices.IndexFunc(s.Rules(), func(i Info) bool { return i.ID == id })
	}
	for _, c := range []struct {
		rule, path string
		want       bool
	}{
		{"generic-api-key", "go.sum", true},
		{"github-pat", "a/node_modules/b.js", true},
		{"github-pat", "src/main.go", false},
		{"github-pat", "dist/app.exe", false}, // formats that Gitleaks cannot read
		{"github-pat", "a/logo.PNG", false},
		{"github-pat", "a/font.woff2", false},
		{"github-pat", "node_modules/app.exe", true},
		{"generic-api-key", "", false},
		{"hashicorp-tf-password", "main.tf", false},
		{"hashicorp-tf-password", "main.go", true},
		{"github-pat", "x/@octokit/auth-token/README.md", true},
		{"generic-api-key", "recipe.bb", false}, // that list wants the line to agree
	} {
		if got := s.LowersTier(rule(c.rule), c.path); got != c.want {
			t.Errorf("%s at %q: %v", c.rule, c.path, got)
		}
	}
}

// TestDense: the way of matching that a hostile text brings about finds the same as the usual one.
func TestDense(t *testing.T) {
	usual, other := load(t, ""), load(t, "")
	e, err := other.engine()
	if err != nil {
		t.Fatal(err)
	}
	e.patience = -1 << 40
	parts := []string{
		"key", "api_key", "=", " = ", ": ", "'", "\"", "\n", " ", "\\n", "é", "x", "-", "_", ";", "token", "password", made, githubToken(), "glpat-" + random(20, alnum),
		"AKIA" + random(16, "ABCDEFGHJKLMN234567"), "eyJ" + random(30, alnum) + ".eyJ" + random(30, alnum) + "." + random(43, alnum), "twitter", random(45, alnum),
		"-----BEGIN PRIVATE KEY-----" + random(70, alnum) + "-----END PRIVATE KEY-----", "curl -u user:" + made + " x", "curl -H \"Authorization: Bearer " + made + "\" ",
	}
	found, rounds := 0, 200
	if testing.Short() {
		rounds = 30
	}
	for range rounds {
		var text strings.Builder
		for range 60 {
			text.WriteString(parts[rand.IntN(len(parts))])
		}
		want := find(usual, text.String())
		if found += len(want); !slices.Equal(find(other, text.String()), want) {
			t.Fatalf("in %q:\n%q, want\n%q", text.String(), find(other, text.String()), want)
		}
	}
	if found == 0 {
		t.Error("nothing was found in any way")
	}
}

// TestHostile: a text that is made to take long comes to its end, and what stands behind it is found.
func TestHostile(t *testing.T) {
	s := load(t, "")
	token := "glpat-" + random(20, alnum)
	for _, unit := range []string{"key=", "ghp_ glpat- key=a.b/ curl -H eyJ SK0 ", "eyJ", "token=a", "kind: secret data: x "} {
		text := strings.Repeat(unit, 60_000/len(unit)) + "\n" + token + "\npassword = " + made + "\n"
		got := find(s, text)
		if !slices.Contains(got, "gitlab-pat "+token) || !slices.Contains(got, "generic-api-key "+made) {
			t.Errorf("after %q: found %d", unit, len(got))
		}
	}
}

func TestConcurrent(t *testing.T) {
	s := load(t, "")
	token := githubToken()
	text := strings.Repeat("api_key = nothing\n", 50) + token + "\n"
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 20 {
				if got := find(s, text); !slices.Equal(got, []string{"github-pat " + token}) {
					t.Errorf("got %q", got)
				}
			}
		})
	}
	wait.Wait()
}
