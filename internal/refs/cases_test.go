package refs

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestCases holds the JSON of each case file against the answers beside it:
// what an answer leaves out is not compared, an error by its line alone. The
// reasons are wording, and free.
func TestCases(t *testing.T) {
	files, err := filepath.Glob(filepath.FromSlash("../../pkg/actionref/testdata/cases/*.yml"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d case files, %v", len(files), err)
	}
	for _, name := range files {
		want := decodeRows(t, readText(t, strings.TrimSuffix(name, ".yml")+".json"))
		text, err := JSON(Scan([]string{name}))
		if err != nil {
			t.Fatal(err)
		}
		got := decodeRows(t, text)
		if len(got) != len(want) {
			t.Errorf("%s: %d rows, want %d", name, len(got), len(want))
			continue
		}
		for i, row := range want {
			for key, value := range row {
				if key == "why" || row["kind"] == "error" && key != "kind" && key != "line" {
					continue
				}
				if !reflect.DeepEqual(got[i][key], value) {
					t.Errorf("%s: row %d: %s is %v, want %v", name, i, key, got[i][key], value)
				}
			}
		}
	}
}

func readText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func decodeRows(t *testing.T, text string) (rows []map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &rows); err != nil || rows == nil {
		t.Fatalf("decode rows: %v\n%s", err, text)
	}
	return rows
}
