package attest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
)

// digestLeaves reads a map from path to digest set as the leaves of its tree,
// and refuses a path that is not one below the working directory by its one
// name (fs.ValidPath): of a/../b and b, readers would see two files or one.
// It reads the text itself: for 100,000 files encoding/json would make as many
// maps to throw away.
func digestLeaves(body []byte) (map[string][sha256.Size]byte, error) {
	return readLeaves(body, func(s *scanner) ([]byte, error) { return s.member("sha256") })
}

// productLeaves is digestLeaves for a map from path to product.
func productLeaves(body []byte) (map[string][sha256.Size]byte, error) {
	return readLeaves(body, func(s *scanner) ([]byte, error) {
		digest, err := s.member("digest")
		if err != nil || digest == nil {
			return nil, err
		}
		inner := scanner{data: digest}
		return inner.member("sha256")
	})
}

func readLeaves(body []byte, sha256Of func(*scanner) ([]byte, error)) (map[string][sha256.Size]byte, error) {
	s := scanner{data: body}
	if s.next() != '{' {
		return nil, errors.New("not a JSON object")
	}
	leaves := map[string][sha256.Size]byte{}
	err := s.object(func(quoted []byte) error {
		path, err := unquoted(quoted)
		if err != nil {
			return err
		}
		if !fs.ValidPath(path) {
			return fmt.Errorf("path %s is not one below the working directory", quote(path))
		}
		text, err := sha256Of(&s)
		if err != nil {
			return err
		}
		if len(text) > 1 && text[0] == '"' {
			text = text[1 : len(text)-1]
		}
		leaves[path], err = leaf(path, text)
		return err
	})
	return leaves, err
}

// member steps over an object and returns the value of one of its fields, nil
// if it has none.
func (s *scanner) member(name string) (value []byte, err error) {
	if s.next() != '{' {
		return nil, s.errorf("not a JSON object")
	}
	err = s.object(func(quoted []byte) error {
		got, err := unquoted(quoted)
		if err != nil {
			return err
		}
		s.space()
		start := s.pos
		err = s.value(1)
		if got == name {
			value = s.data[start:s.pos]
		}
		return err
	})
	return value, err
}

// unquoted is a string as it is meant.
func unquoted(quoted []byte) (text string, err error) {
	for _, c := range quoted {
		if c == '\\' {
			err = json.Unmarshal(quoted, &text)
			return text, err
		}
	}
	return string(quoted[1 : len(quoted)-1]), nil
}

// leaf is a file's SHA-256 out of its hex.
func leaf(path string, sha256Hex []byte) (sum [sha256.Size]byte, err error) {
	if len(sha256Hex) != hex.EncodedLen(sha256.Size) {
		return sum, fmt.Errorf("no sha256 for %s", quote(path))
	}
	if _, err := hex.Decode(sum[:], sha256Hex); err != nil {
		return sum, fmt.Errorf("no sha256 for %s", quote(path))
	}
	return sum, nil
}
