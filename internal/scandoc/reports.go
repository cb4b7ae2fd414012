package scandoc

import (
	"encoding/json"
	"strconv"
	"strings"
)

// readSARIF reads a SARIF 2.1.0 log
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/). Counts are by level, and
// "suppressed" for results that somebody has decided to accept, which then are
// in no level.
func readSARIF(o object) ([]Document, error) {
	runs, ok := o.list("runs")
	if o.text("version") != "2.1.0" || !ok {
		return nil, nil
	}
	d := Document{Kind: SARIF, Format: "SARIF", Version: "2.1.0", Counts: map[string]int{}}
	for _, raw := range runs {
		run, _ := asObject(raw)
		driver := run.object("tool").object("driver")
		if driver.text("name") == "" { // required by 3.19.8
			return nil, nil
		}
		version := driver.text("version")
		if version == "" {
			version = driver.text("semanticVersion")
		}
		d.Tools = addTool(d.Tools, driver.text("name"), version)
		levels := ruleLevels(driver)
		for _, result := range run.objects("results") {
			d.Counts[levels.of(result)]++
		}
		for _, call := range run.objects("invocations") {
			if string(call["executionSuccessful"]) == "false" {
				d.Failed = true
			}
		}
	}
	return []Document{d}, nil
}

// levels are the rules of a run with the level that their results have if they
// name none.
type levels struct {
	byID    map[string]string
	byIndex []string
}

func ruleLevels(driver object) (l levels) {
	l.byID = map[string]string{}
	for _, rule := range driver.objects("rules") {
		level := rule.object("defaultConfiguration").text("level")
		l.byIndex = append(l.byIndex, level)
		l.byID[rule.text("id")] = level
	}
	return l
}

// of is the level of a result: 3.27.10 of the specification.
func (l levels) of(result object) string {
	if items, ok := result.list("suppressions"); ok && len(items) > 0 {
		return "suppressed"
	}
	level := result.text("level")
	switch kind := result.text("kind"); {
	case level != "":
	case kind != "" && kind != "fail":
		level = "none"
	default:
		level = l.byID[result.text("ruleId")]
		if i, err := strconv.Atoi(string(result["ruleIndex"])); err == nil && i >= 0 && i < len(l.byIndex) {
			level = l.byIndex[i]
		}
	}
	if level == "" {
		level = "warning"
	}
	return known(level, "error", "warning", "note", "none")
}

// readOpenVEX reads an OpenVEX document
// (https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md).
func readOpenVEX(o object) ([]Document, error) {
	context := o.text("@context")
	version, ok := strings.CutPrefix(context, "https://openvex.dev/ns")
	statements, listed := o.list("statements")
	if !ok || version != "" && version[0] != '/' || !listed {
		return nil, nil
	}
	d := Document{Kind: VEX, Format: "OpenVEX", Version: strings.TrimPrefix(strings.TrimPrefix(version, "/"), "v"), Counts: map[string]int{}}
	d.Tools = addTool(d.Tools, o.text("tooling"), "")
	for _, raw := range statements {
		s, _ := asObject(raw)
		d.Counts[known(s.text("status"), "not_affected", "affected", "fixed", "under_investigation")]++
	}
	return []Document{d}, nil
}

// severity is the word for a severity. The order of the list is that of weight.
func severity(s string) string {
	return known(s, "critical", "high", "medium", "low", "negligible", "unknown")
}

// readGrype reads grype's JSON (anchore/grype, presenter/models). Matches that
// its configuration ignores count as "suppressed".
func readGrype(o object) ([]Document, error) {
	matches, ok := o.list("matches")
	by := o.object("descriptor")
	if !ok || by.text("name") != "grype" {
		return nil, nil
	}
	d := Document{Kind: Vuln, Format: "grype", Version: by.text("version"), Counts: map[string]int{}}
	d.Tools = addTool(d.Tools, "grype", by.text("version"))
	for _, raw := range matches {
		match, _ := asObject(raw)
		d.Counts[severity(match.object("vulnerability").text("severity"))]++
	}
	if ignored, _ := o.list("ignoredMatches"); len(ignored) > 0 {
		d.Counts["suppressed"] = len(ignored)
	}
	return []Document{d}, nil
}

// readTrivy reads trivy's JSON (aquasecurity/trivy, pkg/types, Report), of
// schema version 2. Counted are vulnerabilities; misconfigurations and secrets
// that were found beside them have counts of their own.
func readTrivy(o object) ([]Document, error) {
	var artifact string
	if string(o["SchemaVersion"]) != "2" || json.Unmarshal(o["ArtifactName"], &artifact) != nil || o.text("ArtifactType") == "" {
		return nil, nil
	}
	version := o.object("Trivy").text("Version")
	d := Document{Kind: Vuln, Format: "trivy", Version: "2", Counts: map[string]int{}}
	d.Tools = addTool(d.Tools, "trivy", version)
	for _, result := range o.objects("Results") {
		for _, v := range result.objects("Vulnerabilities") {
			d.Counts[severity(v.text("Severity"))]++
		}
		for key, name := range map[string]string{"Misconfigurations": "misconfigurations", "Secrets": "secrets"} {
			if items, _ := result.list(key); len(items) > 0 {
				d.Counts[name] += len(items)
			}
		}
	}
	return []Document{d}, nil
}
