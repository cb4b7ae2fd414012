package attest

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
)

func TestParseCheckpoint(t *testing.T) {
	size, root, err := parseCheckpoint("log.invalid\n42\nAAEC\n\n— log.invalid AAAA\n")
	if err != nil || size != 42 || !bytes.Equal(root, []byte{0, 1, 2}) {
		t.Errorf("%d, %x, %v", size, root, err)
	}
	for _, bad := range []string{"", "a\n1\nAAEC", "a\n-1\nAAEC\n", "a\n1x\nAAEC\n", "a\n99999999999999999999\nAAEC\n", "a\n1\n!\n"} {
		if _, _, err := parseCheckpoint(bad); err == nil {
			t.Errorf("%q: accepted", bad)
		}
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add("log.invalid\n42\nAAEC\n\n")
	f.Add("\n\n\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		size, root, err := parseCheckpoint(text)
		if err != nil {
			return
		}
		lines := strings.Split(text, "\n")
		if again := base64.StdEncoding.EncodeToString(root); strings.TrimLeft(lines[1], "0") == "" && size != 0 || len(again) == 0 && lines[2] != "" && strings.Trim(lines[2], "\r") != "" {
			t.Errorf("%q: %d and %x", text, size, root)
		}
	})
}

// TestAsResponse: a token becomes a response, and all else is left alone.
func TestAsResponse(t *testing.T) {
	token := []byte{0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}
	response := asResponse(token)
	if want := append([]byte{0x30, 0x12, 0x30, 0x03, 0x02, 0x01, 0x00}, token...); !bytes.Equal(response, want) {
		t.Errorf("got %x, want %x", response, want)
	}
	for _, other := range [][]byte{nil, {1, 2}, response, append(token, 0)} {
		if got := asResponse(other); !bytes.Equal(got, other) {
			t.Errorf("%x became %x", other, got)
		}
	}
}
