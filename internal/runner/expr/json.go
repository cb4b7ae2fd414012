package expr

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// FromJSON returns the value of a JSON text (RFC 8259). Keys keep their order;
// of keys that are equal without case the first one's spelling and place, and
// the last one's value. The text may be nested 64 deep, and make 10 MiB.
func FromJSON(text string) (Value, error) {
	v := &evaluation{memory: maxMemory}
	return readJSON(text, v.charge)
}

func readJSON(text string, charge func(int) error) (Value, error) {
	var raw json.RawMessage
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
			return nil, fmt.Errorf("what fromJSON was given is not JSON, at its byte %d", syntax.Offset)
		}
		return nil, fmt.Errorf("what fromJSON was given is not JSON: %w", err)
	}
	r := jsonReader{json.NewDecoder(bytes.NewReader(raw)), charge}
	r.decoder.UseNumber()
	return r.value(0)
}

// jsonReader reads a text that is known to be valid.
type jsonReader struct {
	decoder *json.Decoder
	charge  func(int) error
}

func (r jsonReader) value(depth int) (Value, error) {
	t, err := r.decoder.Token()
	if err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	size := itemSize
	if s, ok := t.(string); ok {
		size += len(s)
	}
	if err := r.charge(size); err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Number:
		f, _ := strconv.ParseFloat(t.String(), 64) // beyond the range it is infinite
		return f, nil
	case json.Delim:
		if depth == maxJSONDepth {
			return nil, fmt.Errorf("the JSON is nested deeper than %d levels", maxJSONDepth)
		}
		if t == '[' {
			return r.array(depth + 1)
		}
		return r.object(depth + 1)
	}
	return t, nil // nil, a bool or a string
}

func (r jsonReader) array(depth int) (Value, error) {
	a := &Array{}
	for r.decoder.More() {
		v, err := r.value(depth)
		if err != nil {
			return nil, err
		}
		a.Items = append(a.Items, v)
	}
	_, err := r.decoder.Token() // the ]
	return a, err
}

func (r jsonReader) object(depth int) (Value, error) {
	o := &Object{}
	for r.decoder.More() {
		key, err := r.value(depth)
		if err != nil {
			return nil, err
		}
		v, err := r.value(depth)
		if err != nil {
			return nil, err
		}
		o.Set(Text(key), v)
	}
	_, err := r.decoder.Token() // the }
	return o, err
}

// ToJSON returns v as JSON, as the function toJSON does, with two spaces for
// each level and numbers as Text has them: NaN and Infinity too, which are no
// JSON. What is nested deeper than 200 levels, as it is if v holds itself, is
// written as null there, and is an error in the function.
func ToJSON(v Value) string {
	w := jsonWriter{charge: func(int) error { return nil }, lenient: true}
	_ = w.value(v, 0) // nothing is charged, and it is lenient
	return w.b.String()
}

// jsonWriter writes JSON as the runner does.
type jsonWriter struct {
	b       strings.Builder
	charge  func(int) error
	lenient bool // about depth
}

func (w *jsonWriter) write(s string) error {
	w.b.WriteString(s)
	return w.charge(len(s))
}

func (w *jsonWriter) value(v Value, depth int) error {
	switch v := v.(type) {
	case nil:
		return w.write("null")
	case string:
		return w.write(quote(v))
	case *Array:
		return w.list("[", "]", len(v.Items), depth, func(i int) error { return w.value(v.Items[i], depth+1) })
	case *Object:
		return w.list("{", "}", len(v.keys), depth, func(i int) error {
			if err := w.write(quote(v.keys[i]) + ": "); err != nil {
				return err
			}
			return w.value(v.values[i], depth+1)
		})
	case bool, float64:
		return w.write(Text(v))
	}
	return w.write("{}") // as the runner does with what it does not know
}

func (w *jsonWriter) list(start, end string, length, depth int, item func(int) error) error {
	if length == 0 {
		return w.write(start + end)
	}
	if depth == maxWriteDepth {
		if w.lenient {
			return w.write("null")
		}
		return fmt.Errorf("the value is nested deeper than %d levels", maxWriteDepth)
	}
	for i := range length {
		separator := ","
		if i == 0 {
			separator = start
		}
		if err := w.write(separator + "\n" + strings.Repeat("  ", depth+1)); err != nil {
			return err
		}
		if err := item(i); err != nil {
			return err
		}
	}
	return w.write("\n" + strings.Repeat("  ", depth) + end)
}

// quote writes a string as Newtonsoft.Json does: it escapes NEL, LS and PS
// beside what it must, and leaves <, > and & alone.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\b':
			b.WriteString(`\b`)
		case r == '\f':
			b.WriteString(`\f`)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
