package scandoc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// line is what a document came to, as one line.
func line(docs []Document, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	var parts []string
	for _, d := range docs {
		text := fmt.Sprintf("%s %s %s %s", d.Kind, d.Format, d.Version, d.Encoding)
		for _, t := range d.Tools {
			text += fmt.Sprintf(" by %s %s", t.Name, t.Version)
		}
		for _, name := range slices.Sorted(maps.Keys(d.Counts)) {
			text += fmt.Sprintf(" %s=%d", name, d.Counts[name])
		}
		if d.Failed {
			text += " failed"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

const sarifHead = `{"version":"2.1.0","$schema":"https://json.schemastore.org/sarif-2.1.0.json","runs":[`

func TestRecognise(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	cdx := func(rest string) string { return `{"bomFormat":"CycloneDX","specVersion":"1.6"` + rest + `}` }
	for _, test := range []struct{ name, in, want string }{
		{"nothing", ``, ""},
		{"other JSON", `{"name":"x","version":"2.1.0"}`, ""},
		{"text", "hello\n", ""},
		{"array", `[{"bomFormat":"CycloneDX"}]`, ""},

		{"CycloneDX", cdx(`,"components":[{"name":"a","components":[{"name":"b"}]},{"name":"c"}]`), "sbom CycloneDX 1.6 json components=3"},
		{"CycloneDX without components", cdx(``), "sbom CycloneDX 1.6 json components=0"},
		{"tools of 1.4", cdx(`,"metadata":{"tools":[{"vendor":"v","name":"t","version":"1"}]},"components":[]`), "sbom CycloneDX 1.6 json by t 1 components=0"},
		{"tools of 1.5", cdx(`,"metadata":{"tools":{"components":[{"name":"t","version":"2"}]}},"components":[]`), "sbom CycloneDX 1.6 json by t 2 components=0"},
		{"CycloneDX VEX", cdx(`,"vulnerabilities":[{"id":"CVE-1","analysis":{"state":"not_affected"}},{"id":"CVE-2","analysis":{"state":"made_up"}},{"id":"CVE-3"}]`), "vex CycloneDX 1.6 json none=1 not_affected=1 other=1"},
		{"both", cdx(`,"components":[],"vulnerabilities":[{"analysis":{"state":"exploitable"}}]`), "sbom CycloneDX 1.6 json components=0; vex CycloneDX 1.6 json exploitable=1"},
		{"byte order mark", "\xef\xbb\xbf" + cdx(``), "sbom CycloneDX 1.6 json components=0"},
		{"white space", "\r\n\t " + cdx(``), "sbom CycloneDX 1.6 json components=0"},
		{"a mark within a string", `{"readme":"set \"bomFormat\" to \"CycloneDX\"","bomFormat":1,"x":"CycloneDX"}`, ""},
		{"another case of a key", `{"BomFormat":"CycloneDX","x":"\"bomFormat\""}`, ""},
		{"another format of that key", `{"bomFormat":"cyclonedx","x":"CycloneDX"}`, ""},

		{"SPDX 2.3", `{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","creationInfo":{"creators":["Tool: go-list-sbom-v1.2","Person: x"]},"packages":[{},{}],"relationships":[{}]}`, "sbom SPDX 2.3 json by go-list-sbom v1.2 files=0 packages=2 relationships=1"},
		{"SPDX 2.1", `{"spdxVersion":"SPDX-2.1","SPDXID":"SPDXRef-DOCUMENT"}`, ""},
		{"a tool without a version", `{"spdxVersion":"SPDX-2.2","SPDXID":"SPDXRef-DOCUMENT","creationInfo":{"creators":["Tool: a-b"]}}`, "sbom SPDX 2.2 json by a-b  files=0 packages=0 relationships=0"},
		{"tag-value", "# a comment\nSPDXVersion: SPDX-2.3\nCreator: Tool: x-1\nPackageName: a\nPackageComment: <text>one\nPackageName: not one\n</text>\nPackageName: b\nRelationship: a DESCRIBES b\n", "sbom SPDX 2.3 tag-value by x 1 files=0 packages=2 relationships=1"},
		{"tag-value after text", "# a\nhello\nSPDXVersion: SPDX-2.3\n", ""},

		{"SARIF", sarifHead + `{"tool":{"driver":{"name":"s","version":"1","rules":[{"id":"R","defaultConfiguration":{"level":"error"}}]}},"results":[{"ruleId":"R"},{"ruleId":"Q"},{"level":"note"},{"kind":"pass"},{"level":"error","suppressions":[{"kind":"inSource"}]},{"ruleIndex":0},{"ruleIndex":-1},{"level":"new"}]}]}`, "sarif SARIF 2.1.0 json by s 1 error=2 none=1 note=1 other=1 suppressed=1 warning=2"},
		{"SARIF of a failed tool", sarifHead + `{"tool":{"driver":{"name":"s"}},"invocations":[{"executionSuccessful":false}],"results":[]}]}`, "sarif SARIF 2.1.0 json by s  failed"},
		{"SARIF 2.0.0", strings.Replace(sarifHead, "2.1.0", "2.0.0", 1) + `{"tool":{"driver":{"name":"s"}}}]}`, ""},

		{"OpenVEX", `{"@context":"https://openvex.dev/ns/v0.2.0","@id":"x","tooling":"vexctl","statements":[{"status":"fixed"},{"status":"fixed"},{"status":"affected"}]}`, "vex OpenVEX 0.2.0 json by vexctl  affected=1 fixed=2"},
		{"another context", `{"@context":"https://example.invalid/?openvex.dev/ns","statements":[]}`, ""},
		{"a longer name", `{"@context":"https://openvex.dev/nsx","statements":[]}`, ""},

		{"grype", `{"matches":[{"vulnerability":{"id":"CVE-1","severity":"High"}},{"vulnerability":{"severity":"Critical"}}],"ignoredMatches":[{}],"descriptor":{"name":"grype","version":"0.80"}}`, "vuln grype 0.80 json by grype 0.80 critical=1 high=1 suppressed=1"},
		{"trivy", `{"SchemaVersion":2,"ArtifactName":"a","ArtifactType":"filesystem","Results":[{"Vulnerabilities":[{"Severity":"LOW"},{"Severity":"new"}],"Secrets":[{}]}]}`, "vuln trivy 2 json by trivy  low=1 other=1 secrets=1"},

		{"XML", `<?xml version="1.0" encoding="UTF-8"?><bom xmlns="http://cyclonedx.org/schema/bom/1.5" version="1"><metadata><tools><tool><vendor>v</vendor><name>t</name><version>3</version></tool></tools><component><name>not listed</name></component></metadata><components><component><name>a</name><components><component/></components></component></components></bom>`, "sbom CycloneDX 1.5 xml by t 3 components=2"},
		{"other XML", `<?xml version="1.0"?><a><bom xmlns="http://cyclonedx.org/schema/bom/1.5"/></a>`, ""},
		{"XML that ends early", `<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components>`, "error: it is not valid XML"},

		{"a key twice", cdx(`,"bomFormat":"CycloneDX"`), "error: an object in it has a key twice"},
		{"a key twice, escaped", cdx(`,"x":{"a":1,"\u0061":2}`), "error: an object in it has a key twice"},
		{"deep", cdx(`,"x":` + deep(99)), "sbom CycloneDX 1.6 json components=0"},
		{"too deep", cdx(`,"x":` + deep(100)), "error: it is nested deeper than 100 levels"},
		{"a bomb", cdx(`,"x":` + deep(100_000)), "error: " + errBroken.Error()},
		{"a huge number", cdx(`,"x":1e999`), "error: it has a number that no reader can hold"},
		{"a long number", cdx(`,"x":1` + strings.Repeat("0", 300)), "sbom CycloneDX 1.6 json components=0"},
		{"NUL", cdx(`,"x":"` + "\x00" + `"`), "error: " + errBroken.Error()},
		{"invalid UTF-8", cdx(`,"x":"` + "\xff" + `"`), "error: it is not valid UTF-8"},
		{"two documents", cdx(``) + cdx(``), "error: " + errBroken.Error()},
		{"cut short", strings.TrimSuffix(cdx(``), "}"), "error: " + errBroken.Error()},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := line(Recognise([]byte(test.in))); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestWordsAreBounded: what a document calls itself is shown, so it is short
// and printable.
func TestWordsAreBounded(t *testing.T) {
	docs, err := Recognise([]byte(`{"bomFormat":"CycloneDX","specVersion":"\u001b[31m` + strings.Repeat("é", 1000) + `"}`))
	if err != nil || len(docs) != 1 || len(docs[0].Version) > maxWord || strings.ContainsRune(docs[0].Version, 27) {
		t.Errorf("got %+v, %v", docs, err)
	}
}

func FuzzRecognise(f *testing.F) {
	for _, seed := range []string{
		`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{}],"vulnerabilities":[{"analysis":{"state":"fixed"}}]}`,
		`{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","packages":[]}`,
		sarifHead + `{"tool":{"driver":{"name":"s"}},"results":[{"ruleIndex":7}]}]}`,
		`{"@context":"https://openvex.dev/ns","statements":[null]}`,
		`{"matches":[1],"descriptor":{"name":"grype"}}`,
		`{"SchemaVersion":2,"ArtifactName":"","ArtifactType":"x","Results":[{}]}`,
		`<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><metadata><tools><tool><name>x</name></tool></tools></metadata></bom>`,
		"SPDXVersion: SPDX-2.3\nPackageName: x\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		docs, err := Recognise(data)
		if err != nil && docs != nil {
			t.Error("documents and an error")
		}
		if len(docs) > 2 {
			t.Errorf("%d documents", len(docs))
		}
		for _, d := range docs {
			if !Candidate(data) || d.Kind == "" || d.Format == "" || d.Encoding == "" || len(d.Counts) > 20 || len(d.Tools) > maxTools {
				t.Errorf("%+v", d)
			}
			if d.JSON != nil && sound(d.JSON) != nil {
				t.Error("what is inlined is not sound")
			}
		}
	})
}

// soundByTokens is what sound must answer, by encoding/json's own tokens.
func soundByTokens(data []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var value func(depth int) bool
	value = func(depth int) bool {
		token, err := dec.Token()
		number, isNumber := token.(json.Number)
		open, isDelim := token.(json.Delim)
		switch {
		case err != nil:
			return false
		case isNumber:
			_, err := number.Float64()
			return err == nil
		case !isDelim:
			return true
		case depth == maxDepth:
			return false
		}
		keys := map[string]bool{}
		for dec.More() {
			if open == '{' {
				key, err := dec.Token()
				name, _ := key.(string)
				if err != nil || keys[name] {
					return false
				}
				keys[name] = true
			}
			if !value(depth + 1) {
				return false
			}
		}
		_, err = dec.Token()
		return err == nil
	}
	return utf8.Valid(data) && value(0)
}

func FuzzCheckJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a":1,"b":[{"a":-1.5e3},"a\\",{}],"":"\"","a\u0062":null,"ab":true}`, `{"a":{"b":1},"b":{"b":1}}`, `{"a":1e999}`,
		`{"x":[[],[{"a":1,"a":2}]]}`, `{"a":"{\"","a":1}`, ` { "a" : 1 , "b" : "x" } `, `{"a":"b","b":"a"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, ok := asObject(data); ok && (CheckJSON(data) == nil) != soundByTokens(data) {
			t.Errorf("%q: %v, by tokens %t", data, CheckJSON(data), soundByTokens(data))
		}
	})
}
