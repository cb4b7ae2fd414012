package actionref

import (
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// runnerReader is a model of the runner's YAML reader (YamlObjectReader of
// actions/runner v2.336.0): it knows no nodes, only the events of the file,
// and goes back to where an anchor's name stood last for each alias.
type runnerReader struct {
	events  []runnerEvent
	next    int // event that was not read yet
	current runnerEvent
	anchors map[string]int
	replay  []runnerReplay
	read    int
}

type runnerEvent struct {
	kind   byte // s a [ ] { }
	anchor string
	text   string // of a scalar, or the name of an alias
}

type runnerReplay struct{ index, depth int }

func runnerEvents(n *yaml.Node) []runnerEvent {
	var inside []runnerEvent
	for _, c := range n.Content {
		inside = append(inside, runnerEvents(c)...)
	}
	switch n.Kind {
	case yaml.AliasNode:
		return []runnerEvent{{'a', "", n.Value}}
	case yaml.ScalarNode:
		return []runnerEvent{{'s', n.Anchor, n.Value}}
	case yaml.SequenceNode:
		return append(append([]runnerEvent{{'[', n.Anchor, ""}}, inside...), runnerEvent{']', "", ""})
	case yaml.MappingNode:
		return append(append([]runnerEvent{{'{', n.Anchor, ""}}, inside...), runnerEvent{'}', "", ""})
	}
	return inside
}

// move reads the next event; ok is false where the runner gives up.
func (r *runnerReader) move() (ok bool) {
	if n := len(r.replay); n > 0 {
		top, done := &r.replay[n-1], false
		switch r.current.kind {
		case 's':
			done = top.depth == 0
		case '[', '{':
			top.depth++
		case ']', '}':
			top.depth--
			done = top.depth == 0
		}
		if done {
			r.replay = r.replay[:n-1]
		}
	}
	if n := len(r.replay); n > 0 {
		r.replay[n-1].index++
		r.current = r.events[r.replay[n-1].index]
	} else if r.next < len(r.events) {
		r.current = r.events[r.next]
		if r.current.anchor != "" {
			r.anchors[r.current.anchor] = r.next
		}
		r.next++
	} else {
		return false
	}
	if r.current.kind == 'a' {
		at := r.anchors[r.current.text]
		r.current = r.events[at]
		r.replay = append(r.replay, runnerReplay{index: at})
	}
	r.read++
	return r.read <= maxNodes
}

// value reads the value at the current event and moves behind it.
func (r *runnerReader) value() (v any, ok bool) {
	switch r.current.kind {
	case 's':
		v = literal(r.current.text)
		r.move()
		return v, r.read <= maxNodes
	case '[':
		list := []any{}
		ok = r.move()
		for ok && r.current.kind != ']' {
			if v, ok = r.value(); ok {
				list = append(list, v)
			}
		}
		r.move()
		return list, ok
	}
	m := map[string]any{}
	ok = r.move()
	for ok && r.current.kind != '}' {
		var key any
		if key, ok = r.value(); !ok {
			break
		}
		v, ok = r.value()
		m[fmt.Sprint(key)] = v
	}
	r.move()
	return m, ok
}

// checkModel counts the references of a file without problems as the model of
// the runner's reader sees them.
func checkModel(t *testing.T, src []byte, file File) {
	t.Helper()
	if len(file.Problems) > 0 {
		return
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil || len(doc.Content) != 1 {
		t.Fatalf("Find has no problem with what cannot be read: %v", err)
	}
	r := runnerReader{events: runnerEvents(doc.Content[0]), anchors: map[string]int{}}
	r.move()
	v, ok := r.value()
	if !ok {
		return // only redefined names reach the bound unnoticed
	}
	root, _ := v.(map[string]any)
	want, got := map[string]int{}, map[string]int{}
	if jobs, ok := root["jobs"].(map[string]any); ok {
		for _, job := range jobs {
			m, _ := job.(map[string]any)
			modelUses(m, want)
			modelSteps(m["steps"], want)
		}
	}
	if runs, ok := root["runs"].(map[string]any); ok {
		modelSteps(runs["steps"], want)
	}
	for _, u := range file.Uses {
		if u.Place == InStep || u.Place == InJob {
			got[literal(u.Ref.Text())] += u.Count
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("found %v, the runner's reader finds %v", got, want)
	}
}

func modelUses(m map[string]any, n map[string]int) {
	if text, ok := m["uses"].(string); ok {
		n[literal(strings.Trim(text, white))]++
	}
}

func modelSteps(steps any, n map[string]int) {
	list, _ := steps.([]any)
	for _, step := range list {
		m, _ := step.(map[string]any)
		modelUses(m, n)
		modelSteps(m["parallel"], n)
	}
}

// TestModel: the model agrees on every case, and on what names that are
// defined twice mean within what is read again.
func TestModel(t *testing.T) {
	for steps, problems := range map[string]int{
		"- uses: &r a/b@v1\n- &s { uses: *r }\n- run: x\n  env: { d: &r a/c@v2 }\n- *s\n- uses: *r\n":                                               0,
		"- &in { uses: a/b@v1 }\n- &out { parallel: [ *in, *in ] }\n- &in { uses: a/c@v2 }\n- *out\n- &more { parallel: [ *out, *in ] }\n- *more\n": 0,
		"- &out { uses: a/b@v1 }\n- &out { parallel: [ *out ] }\n":                                                                                  1,
		"- &k uses: a/b@v1\n- { *k : a/c@v1 }\n- { name: &k uses }\n- { *k : a/d@v1 }\n":                                                            0,
	} {
		src := []byte(step(steps))
		f := Find(src)
		checkFile(t, src, f)
		checkModel(t, src, f)
		if len(f.Problems) != problems || len(f.Uses) == 0 {
			t.Errorf("%s%d uses, problems %v", src, len(f.Uses), f.Problems)
		}
	}
}
