package runner

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
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
	r.add(Record{Step: "after the end"})
	got, whole, err := ReadRecords(path)
	list[0].Error = "\uFFFD"
	if err != nil || !whole || !reflect.DeepEqual(got, list) {
		t.Errorf("got %+v, %v, %v", got, whole, err)
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
