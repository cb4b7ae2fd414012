package secretscan

import (
	"path"
	"strings"
)

// RedactArgs returns argv, of the same length, with each argument redacted, and besides what argv itself says is a
// secret: the argument after a flag with a secret-looking name (--password X, even where X begins with a dash), the rest
// of --token=X, PASSWORD=X and "X-Api-Key: X", and the credentials of curl's -u. Such values become [REDACTED:arg]
// whatever their length, unless they are the value of a known variable, whose mark they keep. In the text of a script
// (after -c, or any argument of several words) the same goes for each word; references such as $TOKEN stay.
//
// Paths, plain URLs and true or false stay, and so does what follows a switch such as --password-stdin. Arguments are
// looked at one by one: a caller that joins them redacts the result once more.
func (r *Redactor) RedactArgs(argv []string) []string {
	out := make([]string, len(argv))
	for i, arg := range argv {
		before := ""
		if i > 0 {
			before = argv[i-1]
		}
		switch {
		case secretFlag(before) != "" || i > 1 && takesLogin(argv[0], before):
			out[i] = r.argValue(secretFlag(before), arg, false)
		case shellFlag(before) && strings.ContainsAny(arg, " \t\n;&|"):
			out[i] = r.script(arg)
		default:
			out[i] = r.word(before, arg)
		}
		// The pieces were redacted one by one; a value may still lie across two that both stayed.
		out[i] = r.RedactString(out[i])
	}
	return out
}

// argValue redacts the value of what goes by a secret-looking name.
func (r *Redactor) argValue(name, value string, script bool) string {
	known := r.RedactString(value)
	switch {
	case r.marks.set[known], value == "--", !worthHiding(name, value), keyFiles[path.Ext(value)], script && reference(value):
		return known
	}
	return r.marks.text[markArg]
}

// keyFiles are the extensions of files that hold keys: --key cosign.key names no secret.
var keyFiles = map[string]bool{
	".pem": true, ".key": true, ".pub": true, ".crt": true, ".p12": true, ".pfx": true, ".jks": true, ".asc": true, ".gpg": true, ".json": true,
}

// word redacts an argument that is no secret flag's value.
func (r *Redactor) word(before, arg string) string {
	if i := strings.IndexByte(arg, '='); i > 0 && secretKey(arg[:i]) {
		return r.RedactString(arg[:i+1]) + r.argValue(arg[:i], arg[i+1:], false)
	}
	if name, value, ok := header(before, arg); ok {
		return r.RedactString(arg[:len(arg)-len(value)]) + r.argValue(name, value, false)
	}
	if strings.ContainsAny(arg, " \t\n") {
		return r.script(arg)
	}
	return r.RedactString(arg)
}

// script redacts the words of a text, taking quotes into account as far as they hold words together.
func (r *Redactor) script(text string) string {
	var b strings.Builder
	before, gap := "", 0 // the word before, and where what follows it starts
	copied := 0
	for start, end := nextWord(text, 0); start < end; start, end = nextWord(text, end) {
		word := text[start:end]
		if strings.ContainsAny(text[gap:start], "\n;&|") {
			before = "" // another command
		}
		from := -1 // of the value within word
		name := ""
		bare := strings.TrimLeft(word, `"'`)
		lead := len(word) - len(bare)
		if flag := secretFlag(before); flag != "" {
			from, name = 0, flag
		} else if i := strings.IndexByte(bare, '='); i > 0 && secretKey(bare[:i]) {
			from, name = lead+i+1, bare[:i]
		} else if key, value, ok := header(before, bare); ok {
			from, name = len(word)-len(value), key
		}
		if from >= 0 {
			inner := strings.TrimLeft(word[from:], `"'`)
			from = len(word) - len(inner)
			inner = strings.TrimRight(inner, `"'`)
			if inner != "" {
				b.WriteString(r.RedactString(text[copied : start+from]))
				b.WriteString(r.argValue(name, inner, true))
				copied = start + from + len(inner)
			}
		}
		before, gap = word, end
	}
	if copied == 0 {
		return r.RedactString(text)
	}
	b.WriteString(r.RedactString(text[copied:]))
	return b.String()
}

// nextWord finds the next word at or after from: text without white space and command separators, but for those in
// quotes. An open quote ends with the text.
func nextWord(text string, from int) (start, end int) {
	const between = " \t\r\n;&|"
	for from < len(text) && strings.IndexByte(between, text[from]) >= 0 {
		from++
	}
	quote := byte(0)
	for end = from; end < len(text); end++ {
		switch c := text[end]; {
		case c == '\\' && quote != '\'':
			end++ // and what it escapes
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case strings.IndexByte(between, c) >= 0:
			return from, end
		}
	}
	return from, min(end, len(text))
}

// secretFlag returns the name of a flag whose value, the next argument, is a secret; else "".
func secretFlag(arg string) string {
	name := strings.TrimLeft(arg, "-")
	if name == arg || name == "" || strings.ContainsAny(name, "=: \t\n\"'$") || !SecretName(name) {
		return ""
	}
	parts := segments(name)
	switch strings.ToLower(parts[0]) {
	case "no", "ask", "prompt", "disable", "enable", "skip", "without":
		return "" // a switch
	}
	switch strings.ToLower(parts[len(parts)-1]) {
	case "stdin", "prompt", "file", "path", "dir", "env", "name", "type", "id":
		return "" // a switch, or where the secret is
	}
	return name
}

// secretKey reports whether what is before "=" is a variable, flag or property with a secret-looking name: PASSWORD,
// --token, -Dapi.key, /p:Password, //registry/:_authToken.
func secretKey(key string) bool {
	name := strings.TrimLeft(key, "-/")
	for _, c := range []byte(name) {
		if !alnum(rune(c)) && strings.IndexByte("_-.:/", c) < 0 {
			return false
		}
	}
	if strings.HasPrefix(key, "-") && secretFlag(key) == "" && !strings.ContainsAny(name, ":") {
		return false
	}
	return SecretName(name)
}

// header takes apart "Name: value" where the name looks secret. Without the space it might as well be an image and its
// tag, so then it must come after a flag for headers, be a flag itself (/password:X) or openssl's pass:X.
func header(before, arg string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(arg, ":")
	bare := strings.TrimLeft(name, "-/")
	if !ok || bare == "" || !SecretName(bare) {
		return "", "", false
	}
	for _, c := range []byte(bare) {
		if !alnum(rune(c)) && c != '-' && c != '_' {
			return "", "", false
		}
	}
	trimmed := strings.TrimLeft(value, " ")
	sure := trimmed != value || bare != name || bare == "pass" || before == "-H" || before == "--header"
	return bare, trimmed, sure && trimmed != ""
}

// shellFlag reports flags that are followed by a script: -c, -ec, -lc, -Command.
func shellFlag(arg string) bool {
	return len(arg) > 1 && arg[0] == '-' && arg[1] != '-' && strings.HasSuffix(arg, "c") || strings.EqualFold(arg, "-command")
}

// takesLogin reports flags of curl that are followed by user:password.
func takesLogin(program, flag string) bool {
	switch strings.TrimSuffix(path.Base(strings.ReplaceAll(program, `\`, "/")), ".exe") {
	case "curl":
		return flag == "-u" || flag == "--user" || flag == "-U" || flag == "--proxy-user"
	}
	return false
}

// reference reports shell text that names a variable or calls a command instead of holding a value, with or without the
// scheme of an Authorization header before it.
func reference(s string) bool {
	s = s[strings.LastIndexByte(s, ' ')+1:]
	if len(s) < 2 || s[0] != '$' {
		return false
	}
	for _, c := range []byte(strings.Trim(s[1:], "{}")) {
		if !alnum(rune(c)) && c != '_' {
			return strings.HasPrefix(s, "$(")
		}
	}
	return true
}
