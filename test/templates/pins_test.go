//go:build unix

package templates

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const pinsWorkflow = `
on: push
jobs:
  clean:
    permissions: {contents: read}
    uses: org/cilock-action/.github/workflows/pin-check.yml@` + pinned + `
    with: {resolve: local, paths: .github/workflows/ci.yml}
  moving:
    permissions: {contents: read}
    uses: org/cilock-action/.github/workflows/pin-check.yml@` + pinned + `
    with: {resolve: local, paths: other/action.yml}
  tolerant:
    permissions: {contents: read}
    uses: org/cilock-action/.github/workflows/pin-check.yml@` + pinned + `
    with: {resolve: local, paths: other/action.yml, fail-on: error}
  refused:
    permissions: {contents: read}
    uses: org/cilock-action/.github/workflows/pin-check.yml@` + pinned + `
    with: {resolve: local, paths: .github/workflows/ci.yml, upload-sarif: true, name: refused}
  scanned:
    permissions: {contents: read, security-events: write}
    uses: org/cilock-action/.github/workflows/pin-check.yml@` + pinned + `
    with: {resolve: local, paths: other/action.yml, fail-on: error, upload-sarif: true, name: scanned}
`

// TestPinCheck: what is not pinned fails, also where only findings of level error
// do if one says so; code scanning gets the findings where it may, and a notice says
// where not.
func TestPinCheck(t *testing.T) {
	t.Parallel()
	c := newConsumer(t, pinsWorkflow)
	c.files["other/action.yml"] = "name: other\nruns:\n  using: composite\n  steps:\n    - uses: acme/tool@v1\n"
	c.env["SCANNING"] = "scanned"
	r := c.run("push")
	ended(t, r, "success", "clean", "tolerant", "refused", "scanned")
	ended(t, r, "failure", "moving")
	stopped(t, r, "moving", "refs")
	c.said(3, `acme/tool@v1`) // moving, tolerant and scanned
	for job, want := range map[string]int{"clean": 0, "moving": 0, "tolerant": 0, "refused": 1, "scanned": 0} {
		notices := 0
		for _, a := range of(r, job).Annotations() {
			if a.Level == "notice" && strings.Contains(a.Message, "security-events: write") {
				notices++
			}
		}
		if notices != want {
			t.Errorf("%s has %d notices about the permission, want %d", job, notices, want)
		}
	}
	found, err := filepath.Glob(filepath.Join(c.keep, "*.sarif"))
	if err != nil || len(found) != 1 {
		t.Fatalf("code scanning has %q, %v", found, err)
	}
	if text, err := os.ReadFile(found[0]); err != nil || !strings.Contains(string(text), "acme/tool@v1") {
		t.Errorf("code scanning got %s, %v", text, err)
	}
}
