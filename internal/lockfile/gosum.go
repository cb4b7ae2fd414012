package lockfile

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// emptyGoMod is the hash of a go.mod without content, which old versions wrote
// for what is no module. cmd/go drops it (modfetch/fetch.go, readGoSum).
const emptyGoMod = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY="

// parseGoSum reads MODULE VERSION[/go.mod] HASH, a line each. Source: the Go
// Modules Reference, "go.sum files", and readGoSum as above: empty lines are
// skipped, any other number of words is an error. A line may come twice with
// different hashes, of which one must match. Hashes of an algorithm that is not
// known are not checked by cmd/go, and so are none here; the file does not say
// where a module is from.
func parseGoSum(data []byte) (File, error) {
	type sums struct {
		module, gomod []string
		code          bool // a line of the module itself
	}
	found := map[[2]string]*sums{}
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if len(words) != 3 {
			return File{}, fmt.Errorf("line %d has %d words, expected module, version and hash", number, len(words))
		}
		if words[2] == emptyGoMod {
			continue
		}
		version, gomod := strings.CutSuffix(words[1], "/go.mod")
		if version == "" {
			return File{}, fmt.Errorf("line %d names no version", number)
		}
		key := [2]string{words[0], version}
		if found[key] == nil {
			if len(found) == MaxEntries {
				return File{}, errTooMany()
			}
			found[key] = new(sums)
		}
		found[key].code = found[key].code || !gomod
		hash, known, err := goHash(words[2])
		switch {
		case err != nil:
			return File{}, fmt.Errorf("line %d: %w", number, err)
		case !known:
		case gomod:
			found[key].gomod = append(found[key].gomod, hash)
		default:
			found[key].module = append(found[key].module, hash)
		}
	}
	var f File
	for key, s := range found {
		slices.Sort(s.module)
		slices.Sort(s.gomod)
		e := Entry{Name: key[0], Version: key[1], GoModOnly: !s.code}
		if !s.code || len(s.module) > 0 { // else nothing checks the code, whatever is known of the go.mod
			e.Hashes = append(slices.Compact(s.module), slices.Compact(s.gomod)...)
		}
		f.Entries = append(f.Entries, e)
	}
	return f, nil
}

// goHash checks the form of a hash: h1: and a SHA-256 in base64.
func goHash(word string) (hash string, known bool, err error) {
	text, ok := strings.CutPrefix(word, "h1:")
	if !ok {
		return "", false, nil
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != 32 {
		return "", false, fmt.Errorf("%s is no h1: hash", quote(word))
	}
	return word, true, nil
}
