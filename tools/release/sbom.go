package main

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"
)

// document is the part of CycloneDX 1.6 that says what is in a Go binary
// (https://cyclonedx.org/docs/1.6/json). It has no time and no serial number:
// the same binary has the same SBOM.
type document struct {
	Schema      string      `json:"$schema"`
	BOMFormat   string      `json:"bomFormat"`
	SpecVersion string      `json:"specVersion"`
	Version     int         `json:"version"`
	Metadata    metadata    `json:"metadata"`
	Components  []component `json:"components"`
}

type metadata struct {
	Tools     tools     `json:"tools"`
	Component component `json:"component"`
}

type tools struct {
	Components []component `json:"components"`
}

type component struct {
	Ref        string     `json:"bom-ref,omitempty"`
	Type       string     `json:"type"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	PURL       string     `json:"purl,omitempty"`
	Hashes     []digest   `json:"hashes,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type digest struct {
	Alg     string `json:"alg"`
	Content string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// sbom reads out of a binary what Go linked into it: every module, and Go's own
// library, which is where most vulnerabilities of a static binary are.
func sbom(path string, a asset) ([]byte, error) {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read what %s consists of: %w", a.file, err)
	}
	main := component{
		Ref: a.file, Type: "application", Name: info.Main.Path,
		Hashes: []digest{{"SHA-256", fmt.Sprintf("%x", a.sum)}},
	}
	for _, s := range info.Settings {
		main.Properties = append(main.Properties, property{"build:" + s.Key, s.Value})
	}
	version := strings.TrimPrefix(info.GoVersion, "go")
	doc := document{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", BOMFormat: "CycloneDX", SpecVersion: "1.6", Version: 1,
		Metadata: metadata{
			Tools:     tools{[]component{{Type: "application", Name: "github.com/org/cilock-action/tools/release"}}},
			Component: main,
		},
		Components: []component{module("std", version, "")},
	}
	for _, m := range info.Deps {
		doc.Components = append(doc.Components, linked(m))
	}
	text, err := json.MarshalIndent(doc, "", "  ")
	return append(text, '\n'), err
}

// linked is a module as it was linked: what replaces it, where something does.
func linked(m *debug.Module) component {
	if m.Replace != nil {
		m = m.Replace
	}
	return module(m.Path, m.Version, m.Sum)
}

func module(path, version, sum string) component {
	purl := "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B") + "?type=module"
	c := component{Ref: purl, Type: "library", Name: path, Version: version, PURL: purl}
	if sum != "" { // of the module's tree, so no hash of a file
		c.Properties = []property{{"go.sum", sum}}
	}
	return c
}
