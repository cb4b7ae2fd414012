package wrap

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/dockerstub"
	"github.com/org/cilock-action/test/runner"
)

// result is what one way of running an action tells.
type result struct {
	seen     []byte // the file in OBSERVED
	outcome  string // success or failure
	code     int    // exit code, where there is one process
	outputs  map[string]string
	env      map[string]string // for later steps; only FX_* is compared
	path     []string          // before PATH for later steps
	summary  string
	commands []runner.Command // only annotations are compared
	docker   []dockerstub.Call

	workspace string
}

// observed is a result as it is compared: what, and its value.
type observed map[string]string

// manyOutputs is where outputs are compared by count and digest.
const manyOutputs = 50

// observe makes two results comparable: places are replaced by names.
func (k *kit) observe(t *testing.T, r *result) observed {
	t.Helper()
	names := []string{cmp.Or(r.workspace, "(no workspace)"), "$WORKSPACE", k.server.APIURL(), "https://api.github.com", k.server.URL(), "https://github.com"}
	for _, sha := range k.refs {
		names = append(names, sha, "$SHA")
	}
	plain := strings.NewReplacer(names...)
	o := observed{"outcome": r.outcome, "summary": r.summary}
	for name, v := range r.outputs {
		o["outputs."+name] = v
	}
	if len(r.outputs) > manyOutputs {
		maps.DeleteFunc(o, func(key, _ string) bool { return strings.HasPrefix(key, "outputs.") && !strings.HasSuffix(key, "77") })
		text, err := json.Marshal(r.outputs)
		must(t, err)
		o["outputs"] = fmt.Sprintf("%d, %x", len(r.outputs), sha256.Sum256(text))
	}
	for name, v := range r.env {
		if strings.HasPrefix(name, "FX_") {
			o["env."+name] = v
		}
	}
	for i, dir := range r.path {
		o[fmt.Sprintf("path.%d", i)] = dir
	}
	n := 0
	for _, c := range r.commands {
		if (c.Name == "error" || c.Name == "warning" || c.Name == "notice") && !strings.HasPrefix(c.Properties["title"], "cilock") {
			o[fmt.Sprintf("annotation.%d", n)] = fmt.Sprintf("%s %s: %s", c.Name, jsonText(t, c.Properties), c.Data)
			n++
		}
	}
	o.addSeen(t, r.seen)
	o.addCalls(t, r.docker)
	for key, v := range o {
		o[key] = plain.Replace(v)
	}
	return o
}

// addSeen adds what the steps recorded, each field by itself, and their order.
func (o observed) addSeen(t *testing.T, lines []byte) {
	t.Helper()
	var order []string
	count := map[string]int{}
	for line := range bytes.Lines(lines) {
		var fields map[string]any
		if err := json.Unmarshal(line, &fields); err != nil {
			t.Fatalf("a step recorded %q: %v", line, err)
		}
		at := fields["at"].(string)
		order = append(order, at)
		if count[at]++; count[at] > 1 {
			at = fmt.Sprintf("%s again %d", at, count[at])
		}
		delete(fields, "at")
		for name, v := range fields {
			o.add(t, "seen."+at+"."+name, v)
		}
	}
	o["order"] = strings.Join(order, "; ")
}

func (o observed) add(t *testing.T, key string, v any) {
	t.Helper()
	if m, ok := v.(map[string]any); ok {
		for name, inner := range m {
			o.add(t, key+"."+name, inner)
		}
		return
	}
	if s, ok := v.(string); ok {
		o[key] = s
		return
	}
	o[key] = jsonText(t, v)
}

func jsonText(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	must(t, e.Encode(v))
	return strings.TrimSpace(b.String())
}

// absent is the value of what was not observed.
const absent = "(absent)"

// against lists what differs, each with the expected value and the other.
func (o observed) against(want observed) map[string][2]string {
	list := map[string][2]string{}
	keys := slices.Collect(maps.Keys(o))
	for _, key := range slices.AppendSeq(keys, maps.Keys(want)) {
		a, ok := want[key]
		if !ok {
			a = absent
		}
		b, ok := o[key]
		if !ok {
			b = absent
		}
		if a != b {
			list[key] = [2]string{a, b}
		}
	}
	return list
}

// commandsOf are the commands in what one step printed, less those that it
// stopped.
func commandsOf(out string) []runner.Command {
	var list []runner.Command
	token := ""
	for _, line := range runner.SplitLines(out) {
		c, ok := runner.ParseCommand(line, token)
		switch {
		case !ok || token != "" && !strings.EqualFold(c.Name, token):
		case token != "":
			token = ""
		case c.Name == "stop-commands":
			token = c.Data
		default:
			list = append(list, c)
		}
	}
	return list
}
