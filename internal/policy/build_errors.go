package policy

import (
	"errors"
	"io"
	"reflect"
	"regexp"
	"strings"
)

var (
	unknownField = regexp.MustCompile(`field (.+?) not found in type policy\.(\w+)`)
	wrongValue   = regexp.MustCompile("cannot construct !!\\w+ (`.*?`) into (\\S+?)(;|$)")
)

// planError says what is wrong with a plan in the words of its author, who knows
// fields and not the types of this package.
func planError(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("it is empty")
	}
	text := strings.TrimPrefix(plainError(err).Error(), "yaml: construct errors: ")
	text = unknownField.ReplaceAllStringFunc(text, func(found string) string {
		part := unknownField.FindStringSubmatch(found)
		return "no field " + part[1] + " is known here, but " + strings.Join(planFields(part[2]), ", ")
	})
	text = wrongValue.ReplaceAllStringFunc(text, func(found string) string {
		part := wrongValue.FindStringSubmatch(found)
		return part[1] + " is not " + planKind(part[2]) + part[3]
	})
	return errors.New(text)
}

// planFields are the fields of a part of a plan, as they are written.
func planFields(part string) (names []string) {
	for _, v := range []any{Plan{}, PlanStep{}, PlanFunctionary{}, PlanKeyless{}, PlanCertificate{}, PlanAttestation{}, PlanArtifact{}} {
		if t := reflect.TypeOf(v); t.Name() == part {
			for i := range t.NumField() {
				names = append(names, t.Field(i).Tag.Get("yaml"))
			}
		}
	}
	return names
}

// planKind is what a Go type is in YAML.
func planKind(of string) string {
	switch {
	case strings.HasPrefix(of, "[]"):
		return "a list"
	case of == "int":
		return "a whole number"
	case of == "bool":
		return "true or false"
	case of == "string":
		return "a text"
	}
	return "a mapping (name: value)"
}
