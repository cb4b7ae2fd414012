// Program wraps the command in its arguments, looks for secrets in what that
// prints and makes, and signs the record with the key in NOTARY_KEY.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/org/cilock-action/pkg/cilock"
)

func main() {
	result, err := cilock.Run(context.Background(), os.Args[1:], cilock.Options{
		Step: "build", Dir: ".", Env: os.Environ(), Outfile: "build.cilock.json",
		Key:    "env://NOTARY_KEY", // taken from the command's environment as well
		Stdout: os.Stdout, Stderr: os.Stderr, Log: os.Stderr,
	})
	if err != nil { // the record could not be written: nobody may rely on the step
		fmt.Fprintln(os.Stderr, "notary:", err)
		os.Exit(1)
	}
	for _, finding := range result.Findings {
		fmt.Fprintln(os.Stderr, "notary:", finding)
	}
	if result.ExitCode == 0 && result.Verdict == "fail" {
		os.Exit(3)
	}
	os.Exit(result.ExitCode)
}
