package scandoc

import (
	"bytes"
	"regexp"
	"strings"
)

// readCycloneDX reads a CycloneDX BOM
// (https://cyclonedx.org/docs/1.6/json): a bill of materials if it lists
// components, a VEX document if it judges vulnerabilities. One with neither is
// an empty bill of materials.
func readCycloneDX(o object) ([]Document, error) {
	if o.text("bomFormat") != "CycloneDX" {
		return nil, nil
	}
	base := Document{Format: "CycloneDX", Version: o.text("specVersion"), Tools: cycloneTools(o.object("metadata"))}
	var docs []Document
	_, listed := o.list("components")
	vulnerabilities := o.objects("vulnerabilities")
	if listed || len(vulnerabilities) == 0 {
		bom := base
		bom.Kind, bom.Counts = SBOM, map[string]int{"components": countComponents(o, 0)}
		docs = append(docs, bom)
	}
	if len(vulnerabilities) > 0 {
		vex := base
		vex.Kind, vex.Counts = VEX, map[string]int{}
		for _, v := range vulnerabilities {
			// Of bom-1.6.schema.json, impactAnalysisState.
			state := "none"
			if s := v.object("analysis").text("state"); s != "" {
				state = known(s, "resolved", "resolved_with_pedigree", "exploitable", "in_triage", "false_positive", "not_affected")
			}
			vex.Counts[state]++
		}
		docs = append(docs, vex)
	}
	return docs, nil
}

// countComponents counts components, those within components included. Only
// what may hold some is taken apart.
func countComponents(o object, depth int) int {
	items, _ := o.list("components")
	n := len(items)
	for _, raw := range items {
		if depth > maxDepth || !bytes.Contains(raw, []byte(`"components"`)) {
			continue
		}
		if c, ok := asObject(raw); ok {
			n += countComponents(c, depth+1)
		}
	}
	return n
}

// cycloneTools reads metadata.tools: a list up to version 1.4, an object of
// components since 1.5.
func cycloneTools(metadata object) (tools []Tool) {
	list := metadata.objects("tools")
	if inner := metadata.object("tools"); inner != nil {
		list = append(inner.objects("components"), inner.objects("services")...)
	}
	for _, t := range list {
		tools = addTool(tools, t.text("name"), t.text("version"))
	}
	return tools
}

func addTool(tools []Tool, name, version string) []Tool {
	if name == "" || len(tools) >= maxTools {
		return tools
	}
	for _, t := range tools {
		if t.Name == name && t.Version == version {
			return tools
		}
	}
	return append(tools, Tool{name, version})
}

// spdxVersion are the versions whose shape is read here: 3 is another format.
var spdxVersion = regexp.MustCompile(`^SPDX-2\.[23]$`)

// readSPDX reads an SPDX 2 document in JSON
// (https://spdx.github.io/spdx-spec/v2.3/).
func readSPDX(o object) ([]Document, error) {
	version := o.text("spdxVersion")
	if !spdxVersion.MatchString(version) || o.text("SPDXID") != "SPDXRef-DOCUMENT" {
		return nil, nil
	}
	d := Document{Kind: SBOM, Format: "SPDX", Version: strings.TrimPrefix(version, "SPDX-"), Counts: map[string]int{}}
	for _, key := range []string{"packages", "files", "relationships"} {
		items, _ := o.list(key)
		d.Counts[key] = len(items)
	}
	creators, _ := o.object("creationInfo").list("creators")
	for _, raw := range creators {
		d.Tools = addCreator(d.Tools, object{"creator": raw}.text("creator"))
	}
	return []Document{d}, nil
}

// addCreator adds the tool of "Tool: name-version". The name may have hyphens:
// the version is what follows the last one, if it begins like a version.
func addCreator(tools []Tool, creator string) []Tool {
	name, ok := strings.CutPrefix(creator, "Tool:")
	if !ok {
		return tools
	}
	name, version := strings.TrimSpace(name), ""
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		if rest := strings.TrimPrefix(name[i+1:], "v"); rest != "" && rest[0] >= '0' && rest[0] <= '9' {
			name, version = name[:i], name[i+1:]
		}
	}
	return addTool(tools, name, version)
}
