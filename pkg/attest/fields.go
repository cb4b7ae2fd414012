package attest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode"
)

// distinctFields refuses a JSON object in which two keys name one field.
// encoding/json takes the last of repeated keys and matches them without
// regard to case, where others take the first or the exact one: a verifier
// would look at one value and a policy at another. What is no object is left
// to the decoder to refuse; null has no fields.
func distinctFields(object []byte) error {
	dec := json.NewDecoder(bytes.NewReader(object))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	seen := map[string]string{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		key, _ := t.(string)
		folded := foldName(key)
		if other, ok := seen[folded]; ok {
			return fmt.Errorf("two fields of one name, %s and %s", quote(other), quote(key))
		}
		seen[folded] = key
		var skip json.RawMessage
		if err := dec.Decode(&skip); err != nil {
			return err
		}
	}
	return nil
}

// distinctEverywhere is distinctFields for a whole document, objects within
// objects included.
func distinctEverywhere(document []byte) error {
	dec := json.NewDecoder(bytes.NewReader(document))
	var value func() error
	value = func() error {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		open, _ := t.(json.Delim)
		seen := map[string]bool{}
		for (open == '{' || open == '[') && dec.More() {
			if open == '{' {
				key, err := dec.Token()
				if err != nil {
					return err
				}
				name, _ := key.(string)
				folded := foldName(name)
				if seen[folded] {
					return fmt.Errorf("two fields of one name, %s", quote(name))
				}
				seen[folded] = true
			}
			if err := value(); err != nil {
				return err
			}
		}
		if open == '{' || open == '[' {
			_, err = dec.Token() // the end of it
		}
		return err
	}
	return value()
}

// strict reads a document into v, and refuses fields that v does not have,
// fields that come twice, and text after the end.
func strict(document []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(document))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if err := exactNames(document, reflect.TypeOf(v)); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("text after the end of the document")
	}
	return distinctEverywhere(document)
}

// exactNames refuses names that encoding/json takes for a field's in another case:
// other readers of the same file do not.
func exactNames(document []byte, t reflect.Type) error {
	switch t.Kind() {
	case reflect.Pointer:
		return exactNames(document, t.Elem())
	case reflect.Slice:
		var list []json.RawMessage
		if t.Elem().Kind() != reflect.Struct || json.Unmarshal(document, &list) != nil {
			return nil
		}
		for _, one := range list {
			if err := exactNames(one, t.Elem()); err != nil {
				return err
			}
		}
	case reflect.Map:
		var values map[string]json.RawMessage
		if json.Unmarshal(document, &values) != nil {
			return nil
		}
		for _, one := range values {
			if err := exactNames(one, t.Elem()); err != nil {
				return err
			}
		}
	case reflect.Struct:
		var fields map[string]json.RawMessage
		if json.Unmarshal(document, &fields) != nil {
			return nil // a null, or of a type that decodes itself
		}
		names := map[string]reflect.Type{}
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			names[name] = t.Field(i).Type
		}
		for name, value := range fields {
			if names[name] == nil {
				return fmt.Errorf("unknown field %s", quote(name))
			}
			if err := exactNames(value, names[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

// foldName is the one form of all names that encoding/json takes for name.
func foldName(name string) string { return strings.Map(foldRune, name) }

// foldRune maps all cases of a letter to one, as encoding/json compares names.
func foldRune(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return least
}

// hasFields reports whether v points to a struct: the keys of a map are names
// of files, and those may well differ in case only.
func hasFields(v any) bool {
	t := reflect.TypeOf(v)
	return t != nil && t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct
}
