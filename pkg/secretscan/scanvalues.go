package secretscan

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Value is a secret and the name that it goes by. No verb of fmt prints the secret.
type Value struct{ Name, Text string }

// Format prints the name.
func (v Value) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "secret value of %s", markName(v.Name)) }

// A Hit is a secret value in a text: in which form ("" as it is, else as in an encodingPath: hex, or base64,base64), and
// where. "split" is a value in pieces, "part" most of one.
type Hit struct {
	Value      int
	Form       string
	Start, End int
}

// Bounds of the forms that a Values looks for, over all values.
const (
	scanForms   = 16 << 10
	scanBytes   = 8 << 20
	derivedFrom = 128 // bytes of the beginning of a value that its encoded forms are made of
	minEntropy  = 2.5 // bits for each byte; "password" has 2.75, eight random digits about 2.8
	minLine     = 16  // bytes of a line of a value that counts alone: the 64 of PEM, not "kind: Config"
)

// Values find the secret values of a step in text, in the forms in which they get there. It is immutable and safe for
// concurrent use, and no verb of fmt prints what it holds.
type Values struct {
	list   []Value // what Hit.Value counts; Text is what a finding's digest is of
	forms  *index
	plain  *shingles
	owners []int // of the texts in plain
	limits []string
}

// Format prints how many there are.
func (v *Values) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "%d secret values", len(v.list)) }

// NewValues indexes values, and what can be taken out of them: the strings of JSON, passwords of URLs, logins of a docker
// configuration, lines. Left out are values that are in public, that are shorter than 8 bytes, of little entropy, common
// words, paths, and URLs that give no access. Bounds that left more out are told by Limits.
func NewValues(list []Value, public ...string) *Values {
	c := &values{public: map[string]bool{}, seen: map[string]bool{}}
	for _, p := range public {
		c.public[withoutSlash(p)] = true
	}
	for i, value := range list {
		c.name, c.mark, c.parts = markName(value.Name), i, 0
		c.value(value.Name, value.Text, 0)
	}
	v := &Values{}
	var secrets []secret
	var texts [][]byte
	for _, s := range c.secrets {
		if !telling(s) {
			continue
		}
		owner := v.owner(list[s.mark].Name, s)
		texts, v.owners = append(texts, []byte(s.text)), append(v.owners, owner)
		s.mark, s.text = owner, s.text[:min(len(s.text), derivedFrom)]
		secrets = append(secrets, s)
	}
	forms := makeForms(secrets, derived, scanForms, scanBytes, &c.limits)
	encoded := forms[:0]
	for _, f := range forms {
		if f.how > 0 { // the values themselves are found by shingles
			f.mark = f.mark*len(derivedNames) + f.how
			encoded = append(encoded, f)
		}
	}
	v.forms, v.plain, v.limits = newIndex(encoded), newShingles(texts), c.limits
	return v
}

// owner returns the place in list of the value that a secret stands for: a line stands for the value that it is of.
func (v *Values) owner(name string, s secret) int {
	for i := len(v.list) - 1; s.line && i >= 0 && v.list[i].Name == name; i-- {
		if strings.Contains(v.list[i].Text, s.text) {
			return i
		}
	}
	v.list = append(v.list, Value{Name: name, Text: s.text})
	return len(v.list) - 1
}

// telling reports whether text that holds a value holds it hardly by accident.
func telling(s secret) bool {
	switch {
	case entropy(s.text) < minEntropy || commonWords[strings.ToLower(s.text)]:
		return false
	case s.line:
		return len(s.text) >= minLine && !strings.ContainsAny(s.text, " \t")
	case s.weak:
		return mixed(s.text)
	}
	return true
}

// mixed reports what looks random: 12 characters or more of lower case, upper case and digits, or 20 or more of two of
// these, without white space.
func mixed(s string) bool {
	kinds := 0
	for _, set := range []string{"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"} {
		if strings.ContainsAny(s, set) {
			kinds++
		}
	}
	return (kinds == 3 && len(s) >= 12 || kinds == 2 && len(s) >= 20) && !strings.ContainsAny(s, " \t\r\n")
}

// commonWords are what people set a variable with a secret-looking name to, and what logs are full of.
var commonWords = map[string]bool{
	"password": true, "changeme": true, "localhost": true, "production": true, "development": true, "postgres": true,
	"administrator": true, "username": true, "undefined": true, "credentials": true, "placeholder": true, "database": true,
	"environment": true, "github-actions": true, "redacted": true, "(redacted)": true, "internal": true, "external": true,
}

// entropy is Shannon's, of the bytes of s, in bits for each.
func entropy(s string) float64 {
	var counts [256]int
	for i := range len(s) {
		counts[s[i]]++
	}
	sum := 0.0
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(s))
			sum -= p * math.Log2(p)
		}
	}
	return sum
}

// Len is the number of values.
func (v *Values) Len() int {
	if v == nil {
		return 0
	}
	return len(v.list)
}

// Has reports whether a value of this name is looked for.
func (v *Values) Has(name string) bool {
	return v != nil && slices.ContainsFunc(v.list, func(value Value) bool { return value.Name == name })
}

// Limits says what is not looked for because of a bound. No value occurs in it.
func (v *Values) Limits() []string {
	if v == nil {
		return nil
	}
	return append([]string(nil), v.limits...)
}

// Find calls found for each value in b until that returns false: first those as they are, then, if encoded is set, the
// other forms; in either round in the order of the text, the longest first and none inside another.
func (v *Values) Find(b []byte, encoded bool, found func(Hit) bool) {
	if v.Len() == 0 {
		return
	}
	for s, ok := v.plain.next(b, 0); ok; s, ok = v.plain.next(b, s.end) {
		form := ""
		switch {
		case !s.whole:
			form = "part"
		case s.pieces > 1:
			form = "split"
		}
		if !found(Hit{Value: v.owners[s.text], Form: form, Start: s.start, End: s.end}) {
			return
		}
	}
	if !encoded {
		return
	}
	for e := v.forms.next(b, 0, true); e.end > 0; e = v.forms.next(b, e.end, true) {
		value, how := e.mark/len(derivedNames), e.mark%len(derivedNames)
		if !found(Hit{Value: value, Form: derivedNames[how], Start: e.at, End: e.end}) {
			return
		}
	}
}

// EnvironValues takes the secret values out of an environment in the form of os.Environ: those of variables with
// secret-looking names or with one of names, and the passwords of URLs in all others. public are the values that the
// runner sets itself. A value that a variable with another name holds too is none, unless it looks random or its name was
// given: with DB_USER=postgres, DB_PASSWORD=postgres says nothing.
func EnvironValues(environ, names []string) (secret []Value, public []string) {
	environ = slices.Sorted(slices.Values(environ)) // the same names whatever the order
	listed := map[string]bool{}
	for _, name := range names {
		listed[name] = true
	}
	plain := map[string]bool{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if publicName(name) {
			public = append(public, value)
		} else if !SecretName(name) && !listed[name] {
			plain[value] = true
		}
	}
	for _, entry := range environ {
		name, value, ok := strings.Cut(entry, "=")
		switch {
		case !ok || name == "" || publicName(name) && !listed[name]:
		case listed[name], SecretName(name) && (!plain[value] || len(value) >= 20 && mixed(value)):
			secret = append(secret, Value{Name: name, Text: value})
		default:
			c := &values{public: map[string]bool{}, seen: map[string]bool{}}
			c.passwords(value)
			for _, s := range c.secrets {
				secret = append(secret, Value{Name: name, Text: s.text})
			}
		}
	}
	return secret, public
}
