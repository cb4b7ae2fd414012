package runner

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

func TestRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report")
	r, err := newRecorder(path)
	if err != nil {
		t.Fatal(err)
	}
	list := []Record{{Step: "a\nb", Stage: stageMain, Outcome: failure, ExitCode: 3, Error: "\xff"}, {Notice: "n"}, {Done: true, Outputs: map[string]string{"x": "1"}}}
	for _, rec := range list {
		r.add(rec)
	}
	got, whole, err := ReadRecords(path)
	if whole {
		got[2].Before = ""
	}
	list[0].Error = "\uFFFD"
	if err != nil || !whole || !reflect.DeepEqual(got, list) {
		t.Errorf("got %+v, %v, %v", got, whole, err)
	}
}

// TestForgedRecords: an action can write to the report, and is not believed.
func TestForgedRecords(t *testing.T) {
	real := func(list ...Record) []byte {
		path := filepath.Join(t.TempDir(), "report")
		r, err := newRecorder(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, rec := range list {
			r.add(rec)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	failed, end := Record{Step: "a", Outcome: failure, ExitCode: 1}, Record{Done: true, Outcome: failure, ExitCode: 1}
	forged := real(Record{Step: "fine", Outcome: success}, Record{Done: true, Outcome: success})
	whole := real(failed, end)
	for name, data := range map[string][]byte{
		"an end before the real one":   append(slices.Clone(forged), whole...),
		"a line before":                append([]byte("{\"step\":\"more\"}\n"), whole...),
		"an end without what precedes": append(slices.Clone(real(failed)), real(end)...),
		"a line behind the end":        append(slices.Clone(whole), "{\"step\":\"more\"}\n"...),
		"another line":                 bytes.Replace(whole, []byte("\"a\""), []byte("\"b\""), 1),
		"bytes behind the end":         append(slices.Clone(whole), 0),
	} {
		path := filepath.Join(t.TempDir(), "report")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, whole, err := ReadRecords(path); !errors.Is(err, errForged) || whole || len(got) > 0 {
			t.Errorf("%s: got %+v, %v, %v", name, got, whole, err)
		}
	}
}

// TestManyRecords: their number is bounded, and the end is there all the same.
func TestManyRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report")
	r, err := newRecorder(path)
	if err != nil {
		t.Fatal(err)
	}
	for range maxRecords + 10 {
		r.add(Record{Step: "a"})
	}
	r.add(Record{Done: true})
	got, whole, err := ReadRecords(path)
	if err != nil || !whole || len(got) != maxRecords+1 {
		t.Errorf("%d records, %v, %v", len(got), whole, err)
	}
}

func TestBadReports(t *testing.T) {
	dir := t.TempDir()
	for name, test := range map[string]struct {
		text  string
		count int
		fails bool
	}{
		"empty":       {"", 0, false},
		"cut":         {"{\"step\":\"a\"}\n{\"st", 1, true},
		"no end":      {"{\"step\":\"a\"}\n", 1, false},
		"not a list":  {"[]\n", 0, true},
		"other types": {"{\"exitcode\":\"1\"}\n", 0, true},
		"too large":   {"{\"step\":\"" + string(bytes.Repeat([]byte("x"), maxReport)) + "\"}\n", 0, true},
	} {
		path := filepath.Join(dir, "report")
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, whole, err := ReadRecords(path)
		if len(got) != test.count || whole || (err != nil) != test.fails {
			t.Errorf("%s: %d records, %v, %v", name, len(got), whole, err)
		}
	}
	if _, _, err := ReadRecords(filepath.Join(dir, "none")); err == nil {
		t.Error("a report that is not there was read")
	}
}

// FuzzReadRecords: what was read can be written and read again.
func FuzzReadRecords(f *testing.F) {
	f.Add([]byte("{\"step\":\"a\",\"exitcode\":3}\n{\"done\":true,\"outputs\":{\"x\":\"1\"}}\n"))
	f.Add([]byte("{}\n\n[]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, "a")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		got, whole, _ := ReadRecords(path)
		again := filepath.Join(dir, "b")
		r, err := newRecorder(again)
		if err != nil {
			t.Fatal(err)
		}
		defer r.f.Close()
		for _, rec := range got {
			r.add(rec)
		}
		back, end, err := ReadRecords(again)
		if err != nil || end != whole || len(back) != len(got) {
			t.Errorf("%q: %d records %v, then %d %v: %v", text, len(got), whole, len(back), end, err)
		}
	})
}
