package action

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/pkg/secretscan"
)

// settleRounds is how often redact has one of its two look at what the other made.
const settleRounds = 4

// redact takes out of what is signed the values that are known to be secret, and
// what the scan knows to be one, encoded or not. It waits for the rules. What it
// returned it leaves as it is: the roots of the trees are over names that it is
// given once more.
func (p Plan) redact(text string) string {
	text = p.Redactor.RedactString(text)
	scanner := p.Secrets.get()
	if scanner == nil {
		return text
	}
	for range settleRounds {
		found := scanner.RedactFound(text)
		if found == text {
			return text
		}
		text = p.Redactor.RedactString(found)
	}
	return "[REDACTED]"
}

// redactArgs is redact for a command, where a flag's name tells too.
func (p Plan) redactArgs(argv []string) []string {
	argv = p.Redactor.RedactArgs(argv)
	for i := range argv {
		argv[i] = p.redact(argv[i])
	}
	return argv
}

// redactJSON redacts every string of a JSON text, keys included. A text in
// which no string has anything to redact comes back as it is; otherwise it is
// taken apart.
func redactJSON(redact func(string) string, text []byte) ([]byte, error) {
	if !anyString(text, func(key, s string) bool { return !isDigest(key, s) && redact(s) != s }) {
		return text, nil
	}
	var v any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("redact: %w", err)
	}
	return attest.Encode(redactValue(redact, v))
}

// anyString reports whether has is true of a string of a JSON text; key is the
// one that it is the value of, if it is. It does so without taking the text
// apart, which for a hundred thousand files needs a hundred times its memory.
// Text that is no JSON counts as if it were.
func anyString(text []byte, has func(key, s string) bool) bool {
	key := ""
	for {
		i := bytes.IndexByte(text, '"')
		if i < 0 {
			return false
		}
		if len(bytes.Trim(text[:i], " \t\r\n:")) > 0 { // a comma or a bracket
			key = ""
		}
		text = text[i+1:]
		end := endOfString(text)
		if end < 0 {
			return true
		}
		s := string(text[:end])
		if strings.IndexByte(s, '\\') >= 0 && json.Unmarshal([]byte(`"`+s+`"`), &s) != nil || has(key, s) {
			return true
		}
		text = text[end+1:]
		key = s
	}
}

// endOfString is where the quote is that ends a string, or -1.
func endOfString(text []byte) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

func redactValue(redact func(string) string, v any) any {
	switch v := v.(type) {
	case string:
		return redact(v)
	case []any:
		for i := range v {
			v[i] = redactValue(redact, v[i])
		}
		return v
	case map[string]any:
		return redactMap(redact, v)
	}
	return v // number, boolean, null
}

// redactMap keeps every entry: two keys that differ only in a secret are told
// apart by a number. Digests are left alone; they are computed here, and a
// changed one would make the evidence unreadable.
func redactMap(redact func(string) string, m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		value := m[key]
		if !isDigest(key, value) {
			value = redactValue(redact, value)
		}
		clean := redact(key)
		for n := 2; ; n++ {
			if _, taken := out[clean]; !taken {
				break
			}
			clean = fmt.Sprintf("%s (%d)", redact(key), n)
		}
		out[clean] = value
	}
	return out
}

func isDigest(name string, value any) bool {
	s, ok := value.(string)
	if !ok {
		return false
	}
	size := map[string]int{
		"sha256": 32, "sha1": 20, "root": 32, "commithash": len(s) / 2, "treehash": len(s) / 2,
		"resolvedsha": 20, "lockedsha": 20, "treesha": 20, "treesha256": 32,
		"gitCommit": 20,
	}[name]
	raw, err := hex.DecodeString(s)
	return err == nil && size > 0 && len(raw) == size
}

// NewRedactor knows the secrets of our own environment.
func NewRedactor(environ []string) *secretscan.Redactor {
	return secretscan.NewRedactor(withoutNames(environ), secretscan.Options{})
}

// withoutNames is our environment without inputs whose names promise a key and
// that hold none: the path of a key, the name of the variable that holds it, or a
// public key. Errors and evidence are to name those, and a file may hold the last.
func withoutNames(environ []string) []string {
	secrets := make([]string, 0, len(environ))
	for _, kv := range environ {
		name, value, _ := cutEnv(kv)
		key := name == InputVariable("key") || name == InputVariable("policy-key")
		if !key || isPEM(value) && strings.Contains(value, "PRIVATE KEY-----") {
			secrets = append(secrets, kv)
		}
	}
	return secrets
}

// ErrorText is an error as it may be shown: without the environment's secrets, and without tokens that were given for
// something else, such as a path.
func ErrorText(err error, environ []string) string {
	text := NewRedactor(environ).RedactString(err.Error())
	if s, err := secretscan.NewScanner(secretscan.ScanOptions{}); err == nil {
		text = s.RedactFound(text)
	}
	return text
}
