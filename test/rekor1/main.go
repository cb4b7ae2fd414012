// Rekor1 runs a Rekor v1 log on loopback for tests: the real server over the
// real Trillian, in one process, with Trillian's storage in memory.
//
//	rekor1 -dir DIR -trusted-root FILE -signing-config FILE
//
// FILE are those of test/sigstack, whose certificates and timestamps this log
// is to go with. It prints one line of JSON (see answer) when it serves, and
// ends when its standard input does. It listens on 127.0.0.1 alone and writes
// below DIR alone.
//
// A module of its own, and not test/sigstack's: this version of Rekor and that
// of Rekor v2 need not agree on the versions of what they have in common.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// answer is what the caller is told.
type answer struct {
	// TrustedRoot is the given trusted root with this log added, SigningConfig
	// the given configuration with this log instead of those it had.
	TrustedRoot   string `json:"trusted_root"`
	SigningConfig string `json:"signing_config"`
	Rekor         string `json:"rekor_url"`
}

func main() {
	dir := flag.String("dir", "", "folder to write to")
	trustedRoot := flag.String("trusted-root", "", "trusted_root.json to add the log to")
	signingConfig := flag.String("signing-config", "", "signing_config.json to put the log into")
	flag.Parse()
	// The server logs to standard output as well, which is for the answer.
	out := os.Stdout
	os.Stdout = os.Stderr
	if err := run(*dir, *trustedRoot, *signingConfig, os.Stdin, out); err != nil {
		fmt.Fprintln(os.Stderr, "rekor1:", err)
		os.Exit(1)
	}
}

// run starts the log, answers, and returns at the end of in.
func run(dir, trustedRoot, signingConfig string, in io.Reader, out io.Writer) error {
	if dir == "" || trustedRoot == "" || signingConfig == "" {
		return errors.New("-dir, -trusted-root and -signing-config are required")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("find the folder %s: %w", dir, err)
	}
	trillian, err := startTrillian()
	if err != nil {
		return err
	}
	rekor, err := startRekor(trillian)
	if err != nil {
		return err
	}
	a := answer{filepath.Join(dir, "trusted_root.json"), filepath.Join(dir, "signing_config.json"), rekor.url}
	if err := addToRoot(trustedRoot, a.TrustedRoot, rekor); err != nil {
		return err
	}
	if err := putIntoConfig(signingConfig, a.SigningConfig, rekor); err != nil {
		return err
	}
	line, err := json.Marshal(a)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "%s\n", line); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	_, _ = io.Copy(io.Discard, in) // an error is an end too
	return nil
}
