package frozen

import (
	"errors"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

func TestMessageKeepsEverything(t *testing.T) {
	args := []string{"sh", "", "-c", "echo 'a\nb'"}
	for _, env := range [][]string{nil, {""}, {"A=1", "A=2", "", "novalue", "=x", "A=1"}} {
		m, err := Message(args, env)
		if err != nil {
			t.Fatal(err)
		}
		kind, n, err := parseHeader(m[:headerSize])
		if err != nil || kind != kindGo || n != len(m)-headerSize {
			t.Fatalf("size %d, %v; the body has %d", n, err, len(m)-headerSize)
		}
		a, e, err := parseBody(m[headerSize:])
		if err != nil || !reflect.DeepEqual(a, args) || len(e) != len(env) {
			t.Fatalf("got %q %q %v, want %q %q", a, e, err, args, env)
		}
		for i := range env {
			if e[i] != env[i] {
				t.Errorf("entry %d is %q, want %q", i, e[i], env[i])
			}
		}
	}
}

func TestMessageRefuses(t *testing.T) {
	for _, c := range []struct {
		args []string
		want syscall.Errno
	}{
		{nil, syscall.EINVAL},
		{[]string{"a\x00b"}, syscall.EINVAL},
		{[]string{"a", strings.Repeat("x", MaxMessage)}, syscall.E2BIG},
	} {
		if _, err := Message(c.args, nil); !errors.Is(err, c.want) {
			t.Errorf("%d arguments: %v, want %v", len(c.args), err, c.want)
		}
	}
}

func TestParseOutcome(t *testing.T) {
	for said, want := range map[string]Outcome{
		"":                     {},
		"exec\n":               {Started: true},
		"fail 127 no such\n":   {Code: 127, Reason: "no such"},
		"exec\nfail 126 big\n": {Code: 126, Reason: "big"},
		"hello":                {Code: 126, Reason: "the frozen process said something unknown"},
		"fail 0 x\n":           {Code: 126, Reason: "the frozen process said something unknown"},
	} {
		if got := ParseOutcome([]byte(said)); got != want {
			t.Errorf("%q: %+v, want %+v", said, got, want)
		}
	}
	long := failure(127, strings.Repeat("x\n", MaxOutcome))
	if len(long) > MaxOutcome || strings.Count(string(long), "\n") != 1 {
		t.Errorf("a long failure is %d bytes, %d lines", len(long), strings.Count(string(long), "\n"))
	}
}

func FuzzParse(f *testing.F) {
	m, _ := Message([]string{"a", "b"}, []string{"C=d"})
	f.Add(m)
	f.Add([]byte("exec\nfail 126 text\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if o := ParseOutcome(b); o.Started && (o.Code != 0 || o.Reason != "") {
			t.Errorf("started and failed: %+v", o)
		}
		if len(b) < headerSize {
			return
		}
		if _, n, err := parseHeader(b[:headerSize]); err == nil && n > MaxMessage {
			t.Errorf("a body of %d bytes is accepted", n)
		}
		if p, err := parsePreparation(b[headerSize:]); err == nil {
			again, err := PrepareMessage(p)
			if err != nil || string(again[headerSize:]) != string(b[headerSize:]) {
				t.Errorf("%+v comes back as %q, %v", p, again, err)
			}
		}
		ParseAnswer(string(b))
		args, env, err := parseBody(b[headerSize:])
		if err != nil {
			return
		}
		again, err := Message(args, env)
		if err != nil || string(again[headerSize:]) != string(b[headerSize:]) {
			t.Errorf("%q comes back as %q, %v", b[headerSize:], again, err)
		}
	})
}
