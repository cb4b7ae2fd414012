package actionref

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

const (
	// maxAliased bounds the steps, jobs and images walked through aliases, in
	// one file. Without aliases the file's length is the bound.
	maxAliased = 100_000
	// maxUses bounds the references that are kept of one file. The runner reads
	// no more parts than that (maxNodes), so a file beyond it is refused anyway.
	maxUses = maxNodes
	// maxDepth bounds how deep mappings and lists nest. It is the depth that
	// the runner grants (TemplateMemory in ActionManifestManager).
	maxDepth = 100
)

// entry is one key of a mapping with its value, aliases followed.
type entry struct {
	key   string
	keyAt *yaml.Node
	value *yaml.Node
	why   string // how it got there, if not by standing there
}

// entries calls do for each entry of a mapping, and for those that a merge key
// would bring in: the runner refuses merge keys, other readers follow them.
func (f *finder) entries(m *yaml.Node, do func(entry)) {
	f.mapping(m, "", 0, do)
}

func (f *finder) mapping(m *yaml.Node, why string, depth int, do func(entry)) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		key := m.Content[i]
		f.follow(m.Content[i+1], func(value *yaml.Node) {
			if !isMerge(key) {
				do(entry{f.key(key), key, value, why})
				return
			}
			if depth > maxDepth {
				return
			}
			f.merged(value, func(n *yaml.Node) { f.mapping(n, "reached through <<", depth+1, do) })
		})
	}
}

// merged calls do for the mapping, or the list of mappings, of a merge key.
func (f *finder) merged(value *yaml.Node, do func(*yaml.Node)) {
	switch value.Kind {
	case yaml.MappingNode:
		do(value)
	case yaml.SequenceNode:
		for _, item := range value.Content {
			f.follow(item, func(n *yaml.Node) {
				if n.Kind == yaml.MappingNode {
					do(n)
				}
			})
		}
	}
}

const cyclic = "the alias stands inside its own anchor"

// follow calls do for the node that an alias stands for, or for the node
// itself. An alias within its own anchor, and aliases that multiply, end here.
func (f *finder) follow(n *yaml.Node, do func(*yaml.Node)) {
	if n.Kind != yaml.AliasNode {
		if len(f.through) > 0 {
			f.aliased++
		}
		if f.aliased > maxAliased {
			f.tooMany(n)
			return
		}
		do(n)
		return
	}
	target, outermost := f.meaning(n), f.replaying == nil
	if f.through[target] {
		f.problemAt(n, cyclic)
		return
	}
	if f.aliased++; f.aliased > maxAliased {
		f.tooMany(n)
		return
	}
	if outermost {
		f.replaying = n
	}
	f.through[target] = true
	do(target)
	delete(f.through, target)
	if outermost {
		f.replaying = nil
	}
}

func (f *finder) tooMany(n *yaml.Node) {
	if !f.cut {
		f.cut = true
		if f.replaying != nil {
			n = f.replaying
		}
		f.problemAt(n, "aliases multiply the file beyond %d parts: the rest is not counted", maxAliased)
	}
}

// isMerge reports whether a key is the merge key of YAML 1.1.
func isMerge(key *yaml.Node) bool { return key.Tag == "!!merge" }

// absent reports whether a value asks for nothing.
func absent(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && (strings.Trim(n.Value, white) == "" || n.Tag == "!!null" && n.Style&yaml.TaggedStyle == 0)
}

// jobs walks the jobs of a workflow.
func (f *finder) jobs(jobs entry) {
	if jobs.value.Kind != yaml.MappingNode {
		f.problemAt(jobs.value, "jobs must be a mapping")
		return
	}
	f.entries(jobs.value, func(job entry) {
		if job.value.Kind != yaml.MappingNode {
			f.problemAt(job.value, "a job must be a mapping")
			return
		}
		f.spelled(job)
		f.job = job.key
		f.entries(job.value, f.jobKey)
		f.job = ""
	})
}

func (f *finder) jobKey(e entry) {
	e = f.spelled(e, "uses", "steps", "container", "services")
	switch e.key {
	case "uses":
		f.use(e, InJob)
	case "steps":
		f.steps(e, 0)
	case "container":
		f.container(e)
	case "services":
		f.services(e)
	}
}

// spelled returns an entry under the known key that it is meant for. The runner
// compares keys exactly and refuses what it does not know, so one that differs
// in case or white space alone is a problem; what it holds is reported beside
// that. An expression can be no key where the runner takes none.
func (f *finder) spelled(e entry, known ...string) entry {
	if slices.Contains(known, e.key) {
		return e
	}
	if strings.Contains(e.key, "${{") {
		f.problemAt(e.keyAt, "an expression cannot be a key here")
	}
	for _, k := range known {
		if strings.EqualFold(strings.TrimSpace(e.key), k) {
			f.problemAt(e.keyAt, "unknown key %q: keys are compared exactly", e.key)
			e.key = k
			break
		}
	}
	return e
}

// steps walks a list of steps, of a job, an action or a parallel step.
func (f *finder) steps(e entry, depth int) {
	switch {
	case depth > maxDepth:
		f.problemAt(e.value, "steps nest deeper than %d", maxDepth)
	case e.value.Kind == yaml.SequenceNode:
		for _, item := range e.value.Content {
			f.follow(item, func(step *yaml.Node) { f.step(step, e.why, depth) })
		}
	case e.value.Kind == yaml.MappingNode:
		f.problemAt(e.value, "steps must be a list")
		f.step(e.value, e.why, depth)
	case !absent(e.value):
		f.problemAt(e.value, "steps must be a list")
	}
}

func (f *finder) step(step *yaml.Node, why string, depth int) {
	if step.Kind == yaml.SequenceNode { // refused by the runner, and yet no hiding place
		f.problemAt(step, "a step must be a mapping")
		f.steps(entry{value: step, why: why}, depth+1)
		return
	}
	if step.Kind != yaml.MappingNode {
		f.problemAt(step, "a step must be a mapping")
		return
	}
	line, _ := f.lines.place(f.lines.offset(step.Line, step.Column))
	this, group := Step{Job: f.job, Line: line}, false
	f.entries(step, func(e entry) {
		if e.why == "" {
			e.why = why
		}
		e = f.spelled(e, "uses", "parallel", "run")
		switch e.key {
		case "id":
			this.ID = e.value.Value
		case "uses":
			this.Uses = e.value.Value
			f.use(e, InStep)
		case "parallel":
			group = true
			f.steps(e, depth+1)
		case "run":
			f.script(e.value)
		}
	})
	if !group && len(f.file.Steps) < maxUses { // as for references, whose problem says so
		f.file.Steps = append(f.file.Steps, this)
	}
}

// container reads a job's container or a service: the image alone, or a
// mapping that names it. An empty image means no container.
func (f *finder) container(e entry) {
	switch e.value.Kind {
	case yaml.MappingNode:
		f.entries(e.value, func(inner entry) {
			if f.decidedKey(inner) {
				return
			}
			if inner = f.spelled(inner, "image"); inner.key == "image" && !absent(inner.value) {
				f.use(inner, InContainer)
			}
		})
	case yaml.ScalarNode:
		if !absent(e.value) {
			f.use(e, InContainer)
		}
	default:
		f.problemAt(e.value, "a container must be an image or a mapping")
	}
}

// decidedKey records a key that an expression decides, which the runner allows
// in containers and services: it can become the image, or insert one.
func (f *finder) decidedKey(e entry) bool {
	if !strings.Contains(e.key, "${{") {
		return false
	}
	f.use(entry{key: e.key, keyAt: e.keyAt, value: f.meaning(e.keyAt), why: e.why}, InContainer)
	return true
}

func (f *finder) services(e entry) {
	switch {
	case e.value.Kind == yaml.MappingNode:
		f.entries(e.value, func(service entry) {
			f.decidedKey(service)
			f.container(service)
		})
	case e.value.Kind == yaml.ScalarNode && strings.Contains(e.value.Value, "${{"):
		f.use(e, InContainer) // the whole mapping is an expression: dynamic
	case !absent(e.value):
		f.problemAt(e.value, "services must be a mapping")
	}
}

// runs reads the runs of an action.
func (f *finder) runs(runs entry) {
	if runs.value.Kind != yaml.MappingNode {
		f.problemAt(runs.value, "runs must be a mapping")
		return
	}
	f.entries(runs.value, func(e entry) {
		e = f.spelled(e, "using", "steps", "image")
		switch e.key {
		case "using":
			f.file.Using = e.value.Value
		case "steps":
			f.steps(e, 0)
		case "image":
			// Anything else is a Dockerfile of the action itself, under the
			// action's own pin (ActionManifestManager.ConvertRuns).
			text := strings.TrimSpace(e.value.Value)
			if e.value.Kind != yaml.ScalarNode || hasPrefixFold(text, dockerScheme) || strings.Contains(text, "${{") {
				f.use(e, InRunsImage)
			}
		}
	})
}

// use records one reference, or counts it again.
func (f *finder) use(e entry, place Place) {
	if e.value.Kind != yaml.ScalarNode {
		f.problemAt(e.value, "%s must be text", e.key)
		return
	}
	at := spot{e.value, place}
	if i, ok := f.index[at]; ok {
		f.file.Uses[i].Count++
		return
	}
	if len(f.file.Uses) == maxUses {
		if !f.full {
			f.full = true
			f.problemAt(e.value, "more than %d references: this and the following are not listed", maxUses)
		}
		return
	}
	u := Use{Ref: Parse(e.value.Value, place), Place: place, Job: f.job, Count: 1, Why: e.why}
	if u.Value = u.Ref.Text(); e.value.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		u.Value = e.value.Value
	}
	where := f.locate(e)
	u.Line, u.Col = f.lines.place(where.start)
	u.Span, u.Exact = where.literal, f.lines.exact(where.literal)
	u.version, u.tail = f.comment(where)
	u.Comment = string(f.src[u.version.Start:u.version.End])
	f.index[at] = len(f.file.Uses)
	f.file.Uses = append(f.file.Uses, u)
}
