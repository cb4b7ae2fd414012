package treecheck_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/org/cilock-action/pkg/actionref/treecheck"
)

// The id of a folder is the one that git would give it.
func ExampleHash() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "hello.txt"), []byte("hello\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	tree, err := treecheck.Hash(context.Background(), dir, treecheck.Limits{})
	fmt.Println(tree.ID, err)
	// Output: aaa96ced2d9a1c8e72c56b253a0e2fe78393feb7 <nil>
}
