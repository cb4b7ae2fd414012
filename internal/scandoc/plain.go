package scandoc

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// cycloneXML begins the name space of a CycloneDX BOM in XML; the version of
// the format follows.
const cycloneXML = "http://cyclonedx.org/schema/bom/"

// recogniseXML reads a CycloneDX BOM in XML. Nothing of it is inlined: Witness
// has no place for XML.
func recogniseXML(data []byte) ([]Document, error) {
	if !bytes.Contains(data, []byte(cycloneXML)) {
		return nil, nil
	}
	d := Document{Kind: SBOM, Format: "CycloneDX", Encoding: "xml", Counts: map[string]int{"components": 0}}
	dec := xml.NewDecoder(bytes.NewReader(data)) // no entities beside XML's own, no references outside
	var path []string
	var tool Tool
	for {
		token, err := dec.Token()
		switch {
		case errors.Is(err, io.EOF) && d.Version != "":
			return []Document{d}, nil
		case errors.Is(err, io.EOF):
			return nil, nil
		case err != nil && d.Version != "":
			return nil, errors.New("it is not valid XML")
		case err != nil:
			return nil, nil
		}
		switch t := token.(type) {
		case xml.StartElement:
			version, ok := strings.CutPrefix(t.Name.Space, cycloneXML)
			if len(path) == 0 {
				if t.Name.Local != "bom" || !ok {
					return nil, nil
				}
				d.Version = word(version)
			}
			if path = append(path, t.Name.Local); len(path) > maxDepth {
				return nil, fmt.Errorf("it is nested deeper than %d levels", maxDepth)
			}
			if t.Name.Local == "component" && ok && len(path) > 1 && path[1] == "components" {
				d.Counts["components"]++
			}
		case xml.CharData:
			tool.read(path, string(t))
		case xml.EndElement:
			if at(path, "tool") || at(path, "tools", "components", "component") {
				d.Tools, tool = addTool(d.Tools, tool.Name, tool.Version), Tool{}
			}
			path = path[:len(path)-1]
		}
	}
}

// at reports whether path ends with these elements, below the BOM's metadata.
func at(path []string, end ...string) bool {
	if len(path) < 3+len(end)-1 || path[1] != "metadata" || path[2] != "tools" {
		return false
	}
	for i, name := range end {
		if path[len(path)-len(end)+i] != name {
			return false
		}
	}
	return true
}

func (t *Tool) read(path []string, text string) {
	switch {
	case at(path, "tool", "name"), at(path, "component", "name"):
		t.Name = word(text)
	case at(path, "tool", "version"), at(path, "component", "version"):
		t.Version = word(text)
	}
}

// recogniseTagValue reads an SPDX 2 document in its tag-value form: lines of
// "Tag: value", where a value between <text> and </text> may have several.
func recogniseTagValue(data []byte) ([]Document, error) {
	if !bytes.HasPrefix(data, []byte("SPDXVersion:")) && !bytes.Contains(data, []byte("\nSPDXVersion:")) {
		return nil, nil
	}
	d := Document{Kind: SBOM, Format: "SPDX", Encoding: "tag-value", Counts: map[string]int{"packages": 0, "files": 0, "relationships": 0}}
	inText, first := false, true
	for line := range bytes.Lines(data) {
		if inText {
			inText = !bytes.Contains(line, []byte("</text>"))
			continue
		}
		text := strings.TrimSpace(string(line))
		if text == "" || text[0] == '#' {
			continue
		}
		tag, value, _ := strings.Cut(text, ":")
		value = word(value)
		if first { // nothing but comments comes before it
			if first = false; tag != "SPDXVersion" || !spdxVersion.MatchString(value) {
				return nil, nil
			}
			d.Version = strings.TrimPrefix(value, "SPDX-")
		}
		switch tag {
		case "PackageName":
			d.Counts["packages"]++
		case "FileName":
			d.Counts["files"]++
		case "Relationship":
			d.Counts["relationships"]++
		case "Creator":
			d.Tools = addCreator(d.Tools, value)
		}
		if i := strings.Index(text, "<text>"); i >= 0 {
			inText = !strings.Contains(text[i:], "</text>")
		}
	}
	switch {
	case !utf8.Valid(data):
		return nil, errors.New("it is not valid UTF-8")
	case d.Version == "":
		return nil, nil
	}
	return []Document{d}, nil
}
