package lockfile

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// pipTakes are the options of a requirements file, and whether they take a value.
// Source: SUPPORTED_OPTIONS and SUPPORTED_OPTIONS_REQ in pip's req_file.py, and
// cmdoptions.py; the last line is of versions after 23.2.
func pipTakes() map[string]bool {
	return map[string]bool{
		"--index-url": true, "--pypi-url": true, "--extra-index-url": true, "--no-index": false, "--constraint": true,
		"--requirement": true, "--editable": true, "--find-links": true, "--no-binary": true, "--only-binary": true,
		"--prefer-binary": false, "--require-hashes": false, "--pre": false, "--trusted-host": true, "--use-feature": true,
		"--global-option": true, "--hash": true, "--config-setting": true, "--config-settings": true,
		"--install-option": true, "--build-constraint": true, "--all-releases": true, "--only-final": true, "--uploaded-prior-to": true,
	}
}

// pipShort are their short forms, which all take a value.
func pipShort() map[byte]string {
	return map[byte]string{
		'i': "--index-url", 'c': "--constraint", 'r': "--requirement", 'e': "--editable", 'f': "--find-links", 'C': "--config-settings",
	}
}

// pipOptions reads words as Python's optparse does: values behind = or in the
// next word, long names shortened as far as they are unique. Words that belong
// to no option are dropped, as pip drops them. An option that is not known is
// an error, as it is for pip.
func pipOptions(words []string) (map[string][]string, error) {
	opts := map[string][]string{}
	for i := 0; i < len(words); i++ {
		word := words[i]
		switch {
		case word == "--":
			return opts, nil
		case len(word) < 2 || word[0] != '-':
			continue
		}
		name, value, given := word[:2], word[2:], len(word) > 2
		if strings.HasPrefix(word, "--") {
			name, value, given = strings.Cut(word, "=")
		}
		name, takes, err := pipOption(name)
		switch {
		case err != nil:
			return nil, err
		case !takes && given:
			return nil, fmt.Errorf("option %s takes no value", name)
		case takes && !given && i+1 == len(words):
			return nil, fmt.Errorf("option %s has no value", name)
		case takes && !given:
			i++
			value = words[i]
		}
		opts[name] = append(opts[name], value)
	}
	return opts, nil
}

// pipOption is the full name of an option.
func pipOption(name string) (full string, takes bool, err error) {
	if !strings.HasPrefix(name, "--") {
		full = pipShort()[name[1]]
		if full == "" {
			return "", false, fmt.Errorf("option %s is not known", quote(name))
		}
		return full, true, nil
	}
	var found []string
	for known := range pipTakes() {
		if known == name {
			found = []string{known}
			break
		}
		if strings.HasPrefix(known, name) {
			found = append(found, known)
		}
	}
	slices.Sort(found)
	if len(found) == 2 && found[0] == "--config-setting" { // one option by two names
		found = found[:1]
	}
	if len(found) != 1 {
		return "", false, fmt.Errorf("option %s is not known, or not unique", quote(name))
	}
	full = found[0]
	takes = pipTakes()[full]
	if full == "--pypi-url" {
		full = "--index-url"
	}
	return full, takes, nil
}

// shellWords splits as Python's shlex.split does.
func shellWords(s string) ([]string, error) {
	var words []string
	var word strings.Builder
	open, quoting := false, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quoting == '\'' && c != '\'':
			word.WriteByte(c)
		case c == '\\':
			if i++; i == len(s) {
				return nil, errors.New("a backslash escapes nothing")
			}
			if quoting == '"' && s[i] != '"' && s[i] != '\\' {
				word.WriteByte('\\')
			}
			word.WriteByte(s[i])
			open = true
		case quoting == c:
			quoting = 0
		case quoting != 0:
			word.WriteByte(c)
		case c == '"' || c == '\'':
			quoting, open = c, true
		case strings.IndexByte(" \t\r\n", c) >= 0:
			if open {
				words = append(words, word.String())
			}
			word.Reset()
			open = false
		default:
			word.WriteByte(c)
			open = true
		}
	}
	if quoting != 0 {
		return nil, errors.New("a quote is not closed")
	}
	if open {
		words = append(words, word.String())
	}
	return words, nil
}

// pipHashes checks values of --hash, ALGORITHM:HEX, of the algorithms that pip
// accepts there.
func pipHashes(values []string) ([]string, error) {
	for _, v := range values {
		algorithm, digest, _ := strings.Cut(v, ":")
		size := map[string]int{"sha256": 32, "sha384": 48, "sha512": 64}[algorithm]
		raw, err := hex.DecodeString(digest)
		if size == 0 || err != nil || len(raw) != size {
			return nil, fmt.Errorf("%s is no hash that pip accepts", quote(v))
		}
	}
	return values, nil
}
