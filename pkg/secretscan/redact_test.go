package secretscan

import (
	"bytes"
	"strings"
	"testing"
)

func TestRedactSmoke(t *testing.T) {
	r := NewRedactor([]string{"API_TOKEN=fake-s3cr3t value", "HOME=/home/x"}, Options{})
	for in, want := range map[string]string{
		"x fake-s3cr3t value y":          "x [REDACTED:API_TOKEN] y",
		"https://u:p@host/x":             "https://[REDACTED:url]@host/x",
		"nothing":                        "nothing",
		"fake-s3cr3t+value":              "[REDACTED:API_TOKEN]",
		"fake-s3cr3t%20value":            "[REDACTED:API_TOKEN]",
		"ssh://git@host/x docker://a@b/": "ssh://git@host/x docker://[REDACTED:url]@b/",
	} {
		if got := r.RedactString(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
		var out bytes.Buffer
		w := r.Writer(&out)
		for _, c := range []byte(in) {
			w.Write([]byte{c})
		}
		w.Close()
		if out.String() != want {
			t.Errorf("stream %q: got %q, want %q", in, out.String(), want)
		}
	}
	_ = strings.Repeat
}
