package trace

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

func fullMessage() Message {
	return Message{
		Kind: Exec, Time: 1, PID: 2, Parent: 3, Comm: "c", UID: 4, Args: []string{"", "b"}, Cwd: "/d", Script: "s",
		Path: "/p\xff", Name: "n", Dev: 5, Ino: 1 << 63, Access: 6, Marks: 7, Op: "o", Target: "t", Family: "inet", Protocol: "tcp",
		Address: "::1", Port: 8, Names: []string{"x"}, Answers: []string{"y", "z"}, Errno: 9, Code: 10, Signal: 11, SHA256: "ab", Count: 12,
	}
}

// TestWireHasEveryField: a field that is added to Message and not to the wire
// would be lost without a word.
func TestWireHasEveryField(t *testing.T) {
	full := fullMessage()
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Message]()) {
		if reflect.ValueOf(full).FieldByIndex(f.Index).IsZero() {
			t.Errorf("field %s is empty in the test", f.Name)
		}
	}
	for _, m := range []Message{full, {}, {Kind: Open, PID: 1, Path: "/x"}} {
		b := AppendMessage([]byte("before"), &m)
		got, rest, err := ParseMessage(append(b[len("before"):], "rest"...))
		if err != nil || string(rest) != "rest" || !reflect.DeepEqual(got, m) {
			t.Errorf("%+v comes back as %+v, %q, %v", m, got, rest, err)
		}
	}
}

func FuzzParseMessage(f *testing.F) {
	full := fullMessage()
	f.Add(AppendMessage(nil, &full))
	f.Add([]byte{0, 0, 0, 0})
	f.Add([]byte{64, 0, 0, 0, 255, 255, 255, 255, 15})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, _, err := ParseMessage(b)
		if err != nil {
			return
		}
		again, rest, err := ParseMessage(AppendMessage(nil, &m))
		if err != nil || len(rest) > 0 || !reflect.DeepEqual(again, m) {
			t.Errorf("%+v comes back as %+v, %v", m, again, err)
		}
	})
}

// FuzzReplay: whatever the stream holds, it ends in a summary that can be
// written, and that comes back as it was.
func FuzzReplay(f *testing.F) {
	var b bytes.Buffer
	s := summaryOf(randomMessages(rand.New(rand.NewPCG(7, 7)), 50)...)
	if err := s.Write(&b, nil); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(StreamHeader + "\n{\"k\":\"o\",\"p\":1,\"ct\":9223372036854775807}\n"))
	f.Add([]byte("\x28\xb5\x2f\xfd"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s := NewSummary(SummaryBounds{Processes: 100, Opens: 1000, Events: 100})
		if err := Replay(bytes.NewReader(text), s); err != nil {
			return
		}
		var first, second bytes.Buffer
		if err := s.Write(&first, nil); err != nil {
			t.Fatal(err)
		}
		again := NewSummary(SummaryBounds{})
		if err := Replay(bytes.NewReader(first.Bytes()), again); err != nil {
			t.Fatal(err)
		}
		if err := again.Write(&second, nil); err != nil || first.String() != second.String() {
			t.Errorf("%v, written\n%s\nand again\n%s", err, first.String(), second.String())
		}
	})
}

func TestReplayRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "empty",
		"{}\n":                         "line 1 is not",
		StreamHeader + "\nnot json\n":  "line 2: ",
		StreamHeader + "\n{\"p\":1}\n": "line 2 is not a message",
		StreamHeader + "\n{\"k\":\"o\",\"n\":\"" + strings.Repeat("x", MaxLine) + "\"}\n": "after line 1",
		"\x28\xb5\x2f\xfdgarbage": "read the trace",
	} {
		if err := Replay(strings.NewReader(text), HandlerFunc(func(Message) {})); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
}
