package scandoc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestRealDocuments reads what public tools wrote about a small module:
// cyclonedx-gomod v1.9.0 (mod, JSON and XML) and staticcheck 2026.2.2 (-f sarif;
// the folder's name changed, and the texts of help cut out).
func TestRealDocuments(t *testing.T) {
	for name, want := range map[string]string{
		"cyclonedx-gomod.json": "sbom CycloneDX 1.6 json by cyclonedx-gomod v1.9.0 components=1",
		"cyclonedx-gomod.xml":  "sbom CycloneDX 1.6 xml by cyclonedx-gomod v1.9.0 components=1",
		"staticcheck.sarif":    "sarif SARIF 2.1.0 json by Staticcheck 2026.2.2 warning=4",
	} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if got := line(Recognise(data)); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
		// A document that is cut short anywhere is none.
		for _, n := range []int{1, len(data) / 2, len(data) - 3} {
			if docs, _ := Recognise(data[:n]); docs != nil {
				t.Errorf("%s: %d bytes of it are a document", name, n)
			}
		}
	}
}

// module is what go list says of one.
type module struct{ Path, Version string }

// modules asks go list for the modules that cilock is built of.
func modules(t *testing.T) (out []module) {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=Module", "../../cmd/action")
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[module]bool{}
	for dec := json.NewDecoder(bytes.NewReader(text)); dec.More(); {
		var of struct{ Module module }
		if err := dec.Decode(&of); err != nil {
			t.Fatal(err)
		}
		if of.Module.Path != "" && !seen[of.Module] {
			seen[of.Module] = true
			out = append(out, of.Module)
		}
	}
	return out
}

// TestSPDXOfGoList makes an SPDX document of go list's data in both of its
// forms, as a packager of Go does.
func TestSPDXOfGoList(t *testing.T) {
	type pkg struct {
		SPDXID           string `json:"SPDXID"`
		Name             string `json:"name"`
		VersionInfo      string `json:"versionInfo,omitempty"`
		DownloadLocation string `json:"downloadLocation"`
	}
	list := modules(t)
	var packages []pkg
	tags := "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\nSPDXID: SPDXRef-DOCUMENT\nDocumentName: app\n" +
		"DocumentNamespace: https://example.invalid/app\nCreator: Tool: go-list-sbom-1.0\nCreated: 2026-01-02T03:04:05Z\n"
	for i, m := range list {
		p := pkg{fmt.Sprintf("SPDXRef-%d", i), m.Path, m.Version, "NOASSERTION"}
		packages = append(packages, p)
		tags += fmt.Sprintf("\n##### Package\n\nPackageName: %s\nSPDXID: %s\nPackageVersion: %s\nPackageDownloadLocation: NOASSERTION\nPackageComment: <text>PackageName: no\nPackageName: no</text>\n", p.Name, p.SPDXID, p.VersionInfo)
	}
	text, err := json.MarshalIndent(map[string]any{
		"SPDXID": "SPDXRef-DOCUMENT", "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "name": "app",
		"documentNamespace": "https://example.invalid/app", "packages": packages,
		"creationInfo": map[string]any{"created": "2026-01-02T03:04:05Z", "creators": []string{"Organization: me", "Tool: go-list-sbom-1.0"}},
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("sbom SPDX 2.3 json by go-list-sbom 1.0 files=0 packages=%d relationships=0", len(list))
	if got := line(Recognise(text)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := line(Recognise([]byte(tags))); got != strings.Replace(want, "json", "tag-value", 1) {
		t.Errorf("got %s, want %s as tag-value", got, want)
	}
}
