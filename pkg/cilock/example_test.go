package cilock_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/org/cilock-action/pkg/cilock"
)

// Wrap a command, sign the evidence with a key made for this run, and look at
// the answer.
func ExampleRun() {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	result, err := cilock.Run(context.Background(), []string{"sh", "-c", "echo hi > out.txt"}, cilock.Options{
		Step:    "demo",
		Dir:     dir,
		Env:     []string{"PATH=" + os.Getenv("PATH")},
		Outfile: filepath.Join(dir, "e.json"),
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(result.Verdict, result.ExitCode)
	for _, file := range result.Files {
		fmt.Println(filepath.Base(file))
	}
	// Output:
	// warn 0
	// e.json
	// e.json.dsse.json
	// e.json.slsa.json
	// e.json.pub
}
