package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// sigstoreFile NAME FILE copies a document from the sources of sigstore-go:
// bundles of npm packages and the public instance's root, as they were signed
// in 2023.
func sigstoreFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sigstore NAME FILE")
	}
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/sigstore/sigstore-go").Output()
	ts.Check(err)
	data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data, 0o600))
}
