package oracle

import "testing"

// TestActionlint compares with the references of actionlint's syntax tree. Its
// judgement of a reference is not compared: it rejects $/ and knows no pins.
func TestActionlint(t *testing.T) {
	compareAll(t, workflows(t), actionlintDisagrees, actionlintUnasked, func(paths []string) []byte {
		out, err := run(t, "lint", append([]string{"go", "run", "."}, paths...)...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	})
}
