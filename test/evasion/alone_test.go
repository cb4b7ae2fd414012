package main

import (
	"io"
	"os"
	"regexp"
	"runtime"
	"testing"
)

// TestAlone runs every trick untraced. Each must work or be refused with a
// reason; that is what every judgement of a sensor stands on.
func TestAlone(t *testing.T) {
	needRoot(t)
	u := newSuite(t, "")
	verdicts, err := u.all(t.Context(), regexp.MustCompile(""), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range verdicts {
		switch {
		case v.Problem != "":
			t.Errorf("%s: %s", v.Trick.Name, v.Problem)
		case v.Refused():
			t.Logf("%s is %s", v.Trick.Name, v.Alone.said)
		}
	}
	t.Log(count(verdicts, nil))
}

// needRoot skips where the tricks cannot be run as they are meant.
func needRoot(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("needs Linux and root")
	}
}
