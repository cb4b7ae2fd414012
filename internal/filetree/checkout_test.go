package filetree

import (
	"path/filepath"
	"testing"
)

// TestCheckoutPaths: annotations and SARIF name files as the repository does.
func TestCheckoutPaths(t *testing.T) {
	root, err := filepath.Abs("/repo")
	if err != nil {
		t.Fatal(err)
	}
	c := Checkout{Dir: filepath.Join(root, "sub"), Root: root}
	outside := filepath.ToSlash(filepath.Join(filepath.Dir(root), "other", "a.yml"))
	for file, want := range map[string]string{
		"a.yml": "sub/a.yml", "../a.yml": "a.yml", "../../other/a.yml": outside,
		filepath.ToSlash(filepath.Join(root, "b.yml")): "b.yml", "%bytes:%FF": "sub/\xff",
	} {
		if got := c.Relative(file); got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
	if got := (Checkout{}).Relative("../x"); got != "../x" {
		t.Errorf("without folders: %q", got)
	}
}
