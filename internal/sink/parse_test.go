package sink

import (
	"maps"
	"strings"
	"testing"
)

func TestParseFileCommand(t *testing.T) {
	for _, test := range []struct {
		name, file string
		want       map[string]string
		fails      bool
	}{
		{"pair", "a=1\n", map[string]string{"a": "1"}, false},
		{"no final newline", "a=1", map[string]string{"a": "1"}, false},
		{"value with heredoc mark", "a=b<<c\n", map[string]string{"a": "b<<c"}, false},
		{"heredoc", "a<<E\nx\ny=z\nE\nb=2\n", map[string]string{"a": "x\ny=z", "b": "2"}, false},
		{"heredoc of nothing", "a<<E\nE\n", map[string]string{"a": ""}, false},
		{"heredoc name with equals after", "a<<E=F\nx\nE=F\n", map[string]string{"a": "x"}, false},
		{"last one counts", "a=1\na=2\n", map[string]string{"a": "2"}, false},
		{"blank lines", "\na=1\n\nb=2\n", map[string]string{"a": "1", "b": "2"}, false},
		{"carriage returns are text", "a=1\r\nb<<E\nx\r\nE\n", map[string]string{"a": "1\r", "b": "x\r"}, false},
		{"a delimiter with one is another", "b<<E\nx\nE\r\n", map[string]string{}, true},
		{"what comes before an error", "a=1\nhello\n", map[string]string{"a": "1"}, true},
		{"empty", "", map[string]string{}, false},
		{"open heredoc", "a<<E\nx\n", map[string]string{}, true},
		{"no name", "=1\n", map[string]string{}, true},
		{"no sign", "hello\n", map[string]string{}, true},
		{"empty delimiter", "a<<\n\n", map[string]string{}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseFileCommand([]byte(test.file))
			if (err != nil) != test.fails || !maps.Equal(got, test.want) {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

// FuzzParseFileCommand: what the sink writes comes back exactly, whatever
// well-formed text stands before it.
func FuzzParseFileCommand(f *testing.F) {
	f.Add("a=1\n", "value")
	f.Add("a<<E\nx\nE", "x\ny<<E\n=\n")
	f.Add("", "\r\n")
	f.Add("", "\xff\xff")
	f.Fuzz(func(t *testing.T, before, value string) {
		if _, err := ParseFileCommand([]byte(before)); err != nil {
			return
		}
		record, err := heredoc("key", value, "0123456789ABCDEFGHIJKLMNOP")
		if err != nil {
			return
		}
		got, err := ParseFileCommand([]byte(before + "\n" + record))
		if err != nil {
			t.Fatalf("own record after %q: %v", before, err)
		}
		want := strings.ToValidUTF8(value, "\uFFFD") // as SetOutput writes it
		if got["key"] != want {
			t.Errorf("got %q, want %q", got["key"], want)
		}
	})
}
