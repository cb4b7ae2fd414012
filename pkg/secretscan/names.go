package secretscan

import "strings"

// Substrings that make a name secret wherever they stand. They are looked for in the name without its separators, so
// that API_KEY, api-key and apiKey are one.
var secretParts = []string{
	"TOKEN", "SECRET", "PASSW", "PASSPHRASE", "CREDENTIAL", "APIKEY", "PRIVATE", "BEARER", "COOKIE",
	"AUTHORIZATION", "WEBHOOK", "CONNECTIONSTRING", "CONNSTR", "KUBECONFIG", "MNEMONIC",
}

// Words that make a name secret when they are a segment of it (GITHUB_PAT), digits and a plural s aside (API_KEYS2).
var secretWords = map[string]bool{
	"KEY": true, "PAT": true, "PASS": true, "PWD": true, "AUTH": true, "JWT": true, "SAS": true, "DSN": true,
	"PIN": true, "PSK": true, "OTP": true, "CREDS": true, "SIGNATURE": true,
}

// Endings of a segment that do the same (MYPAT, DBPASS, SSHKEY). PATH does not end in PAT.
var secretEndings = []string{"KEY", "PAT", "PASS", "PWD", "AUTH", "JWT"}

// Segments that end so by accident. AUTH0 is a company, and its variables mostly hold domains.
var innocentWords = map[string]bool{
	"COMPAT": true, "EXPAT": true, "BYPASS": true, "COMPASS": true, "ASKPASS": true, "MONKEY": true, "TURKEY": true,
	"DONKEY": true, "HOTKEY": true, "AUTH0": true, "GOAUTH": true, "SASS": true,
}

// Whole names that the rules would catch and that hold directories or patterns.
var innocentNames = map[string]bool{"PWD": true, "OLDPWD": true, "GOPRIVATE": true}

// SecretName reports whether a variable, key or flag of this name should be taken to hold a secret. It is
// case-insensitive, takes the name as it is (PASSWORD, npm_config__authToken, x-api-key, without leading dashes or a
// value) and errs on the side of yes: a name with KEY as a segment is secret, PUBLIC_KEY is not.
func SecretName(name string) bool {
	upper := strings.ToUpper(name)
	if innocentNames[upper] {
		return false
	}
	compact := strings.Map(func(r rune) rune {
		if alnum(r) {
			return r
		}
		return -1
	}, upper)
	for _, part := range secretParts {
		if strings.Contains(compact, part) {
			return true
		}
	}
	previous := ""
	for _, segment := range segments(name) {
		segment = strings.ToUpper(segment)
		if secretSegment(segment) && (previous != "PUBLIC" || !strings.HasPrefix(segment, "KEY")) {
			return true
		}
		previous = segment
	}
	return false
}

func secretSegment(s string) bool {
	if innocentWords[s] {
		return false
	}
	s = strings.TrimRight(s, "0123456789")
	if innocentWords[s] {
		return false
	}
	if secretWords[s] || secretWords[strings.TrimSuffix(s, "S")] {
		return true
	}
	for _, ending := range secretEndings {
		if strings.HasSuffix(s, ending) {
			return true
		}
	}
	return false
}

// segments splits at everything that is not a letter or digit, and at camelCase humps: dbPassURL is db, Pass, URL.
func segments(name string) []string {
	var out []string
	start := 0
	cut := func(end int) {
		if end > start {
			out = append(out, name[start:end])
		}
		start = end
	}
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case !alnum(rune(c)):
			cut(i)
			start = i + 1
		case i > start && upperCase(c) && !upperCase(name[i-1]):
			cut(i)
		case i > start+1 && lowerCase(c) && upperCase(name[i-1]) && upperCase(name[i-2]):
			cut(i - 1)
		}
	}
	cut(len(name))
	return out
}

func alnum(r rune) bool {
	return 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' || '0' <= r && r <= '9'
}
func upperCase(c byte) bool { return 'A' <= c && c <= 'Z' }
func lowerCase(c byte) bool { return 'a' <= c && c <= 'z' }
