package need

import (
	"cmp"
	"testing"
)

// recorder is a test that notes how it would have been ended first.
type recorder struct {
	testing.TB
	how string
}

func (r *recorder) Helper()               {}
func (r *recorder) Fatalf(string, ...any) { r.how = cmp.Or(r.how, "failed") }
func (r *recorder) Skipf(string, ...any)  { r.how = cmp.Or(r.how, "skipped") }

// TestProgram: what CI requires fails there, and is skipped elsewhere.
func TestProgram(t *testing.T) {
	for _, test := range []struct{ ci, name, how string }{
		{"true", "no-such-program", "failed"}, {"", "no-such-program", "skipped"}, {"true", "go", ""}, {"", "go", ""},
	} {
		t.Setenv("CI", test.ci)
		r := &recorder{TB: t}
		if path := Program(r, test.name); r.how != test.how || (path == "") != (test.how != "") {
			t.Errorf("%s with CI=%q: %q, path %q", test.name, test.ci, r.how, path)
		}
	}
}
