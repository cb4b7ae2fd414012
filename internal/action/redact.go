package action

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/pkg/secretscan"
)

// redact takes out of what is signed the values that are known to be secret, and
// what a rule knows to be one. It waits for the rules.
func (p Plan) redact(text string) string {
	text = p.Redactor.RedactString(text)
	if scanner := p.Secrets.get(); scanner != nil {
		text = scanner.RedactFound(text)
	}
	return text
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
// which the redactor finds nothing comes back as it is; otherwise the text is
// taken apart, since a secret may span what is syntax to JSON.
func redactJSON(redact func(string) string, text []byte) ([]byte, error) {
	if redact(string(text)) == string(text) {
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

// NewRedactor knows the secrets of our own environment. The input key counts
// as one only if it is the key itself: the path of a key, or the name of the
// variable that holds it, is what errors and evidence are to name.
func NewRedactor(environ []string) *secretscan.Redactor {
	secrets := make([]string, 0, len(environ))
	for _, kv := range environ {
		name, value, _ := cutEnv(kv)
		if name != InputVariable("key") || isPEM(value) {
			secrets = append(secrets, kv)
		}
	}
	return secretscan.NewRedactor(secrets, secretscan.Options{})
}
