//go:build unix

package templates

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// workflow is what these tests read of a workflow.
type workflow struct {
	On struct {
		Call struct {
			Inputs map[string]struct {
				Description, Type string
				Required          bool
			}
			Secrets map[string]any
		} `yaml:"workflow_call"`
	}
	Permissions map[string]string
	Jobs        map[string]struct {
		Uses        string
		Secrets     any
		Permissions map[string]string
		With        map[string]any
		Steps       []struct {
			Uses, Run string
			With      map[string]any
		}
	}
}

func read(t *testing.T, path string, into any) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = yaml.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return string(text)
}

const starters = "../../workflow-templates"

// permissions are all that the jobs of a template name, and why is in the docs.
var permissions = map[string]map[string]map[string]string{
	"pin-check":       {"check": {"contents": "read"}, "upload": nil}, // the caller's: see the comment there
	"trace-build":     {"build": {"contents": "read"}, "sign": {"id-token": "write"}},
	"gate-release":    {"gate": {"contents": "read"}},
	"verify-artifact": {"verify": {"contents": "read"}},
}

// TestTemplates: each job has the permissions that it needs and no other, above all
// not the one that builds; there are no secrets; no script holds an expression.
func TestTemplates(t *testing.T) {
	var action struct{ Inputs map[string]any }
	read(t, "../../action.yml", &action)
	for _, name := range templates() {
		var w workflow
		read(t, filepath.Join(workflows, name+".yml"), &w)
		if len(w.On.Call.Inputs) == 0 || w.On.Call.Secrets != nil {
			t.Errorf("%s: inputs %v, secrets %v", name, w.On.Call.Inputs, w.On.Call.Secrets)
		}
		for input, is := range w.On.Call.Inputs {
			if is.Type == "" || is.Description == "" {
				t.Errorf("%s: input %s has no type or no description", name, input)
			}
		}
		if len(w.Permissions) != 0 || len(w.Jobs) != len(permissions[name]) {
			t.Errorf("%s: permissions %v, %d jobs", name, w.Permissions, len(w.Jobs))
		}
		for id, job := range w.Jobs {
			if !maps.Equal(job.Permissions, permissions[name][id]) {
				t.Errorf("%s: job %s has the permissions %v, want %v", name, id, job.Permissions, permissions[name][id])
			}
			for _, step := range job.Steps {
				if strings.Contains(step.Run, "${{") {
					t.Errorf("%s: a script holds an expression: %s", name, step.Run)
				}
				if !strings.HasPrefix(step.Uses, "org/cilock-action@") {
					continue
				}
				for input := range step.With {
					if _, ok := action.Inputs[input]; !ok {
						t.Errorf("%s: the action has no input %s", name, input)
					}
				}
				if id == "sign" && step.With["mode"] != "attest" || id == "build" && step.With["keyless"] != false {
					t.Errorf("job %s does something else: %v", id, step.With)
				}
			}
		}
	}
}

// TestSignerTakesNothing: the caller says no more to the job that signs than what
// artifacts are called and how long they live. A program, a runner or the address of
// a service would let it sign anything as this workflow.
func TestSignerTakesNothing(t *testing.T) {
	_, sign, found := strings.Cut(read(t, filepath.Join(workflows, "trace-build.yml"), new(yaml.Node)), "\n  sign:\n")
	if !found {
		t.Fatal("there is no job sign at the end")
	}
	for _, m := range regexp.MustCompile(`\$\{\{ *(.*?) *\}\}`).FindAllStringSubmatch(sign, -1) {
		switch m[1] {
		case "inputs.name", "inputs.retention-days", "needs.build.outputs.handed-over", "runner.temp":
		default:
			t.Errorf("the job that signs reads %s", m[1])
		}
	}
	for _, word := range []string{"run:", "checkout", "env:"} {
		if strings.Contains(strings.ReplaceAll(sign, "no checkout", ""), word) {
			t.Errorf("the job that signs has %s", word)
		}
	}
}

var reference = regexp.MustCompile(`(?m)^ +(?:- )?uses: ([^@\s]+)@(\S+)(.*)$`)

// TestPins: everything is pinned by a full commit SHA and says its version, and all
// references to this repository name one commit: one in the workflows, which is of
// the program that runs, and one in the starters, which has the workflows.
func TestPins(t *testing.T) {
	for dir, names := range map[string][]string{workflows: templates(), starters: templates()} {
		ours := map[string]bool{}
		for _, name := range names {
			text := read(t, filepath.Join(dir, name+".yml"), new(yaml.Node))
			found := reference.FindAllStringSubmatch(text, -1)
			if len(found) != strings.Count(text, " uses:") || len(found) == 0 {
				t.Errorf("%s/%s: %d references were read", dir, name, len(found))
			}
			for _, m := range found {
				if !regexp.MustCompile(`^[0-9a-f]{40}$`).MatchString(m[2]) || !regexp.MustCompile(`^ # (v|before v)\d`).MatchString(m[3]) {
					t.Errorf("%s/%s: %s@%s%s is no pin with its version", dir, name, m[1], m[2], m[3])
				}
				if strings.HasPrefix(m[1], "org/cilock-action") {
					ours[m[2]] = true
				}
			}
		}
		if len(ours) != 1 {
			t.Errorf("%s: references to this repository name the commits %v", dir, slices.Sorted(maps.Keys(ours)))
			continue
		}
		for sha := range ours {
			inHistory(t, dir, sha)
		}
	}
}

// inHistory: the commit is one of this branch, and what is called there is there
// with all inputs that it is given. A clone without history cannot tell.
func inHistory(t *testing.T, dir, sha string) {
	t.Helper()
	git := func(args ...string) (string, error) {
		out, err := exec.Command("git", args...).Output()
		return string(out), err
	}
	if _, err := git("cat-file", "-e", sha+"^{commit}"); err != nil {
		if out, shallow := git("rev-parse", "--is-shallow-repository"); shallow != nil || out == "true\n" {
			t.Logf("%s: commit %s is not in this clone, which has no history", dir, sha)
			return
		}
		t.Errorf("%s: %s is no commit of this repository", dir, sha)
		return
	}
	if _, err := git("merge-base", "--is-ancestor", sha, "HEAD"); err != nil {
		t.Errorf("%s: commit %s is not in the history of HEAD", dir, sha)
	}
	if dir == starters {
		for _, name := range templates() {
			if _, err := git("cat-file", "-e", sha+":.github/workflows/"+name+".yml"); err != nil {
				t.Errorf("commit %s has no workflow %s", sha, name)
			}
		}
		return
	}
	text, err := git("show", sha+":action.yml")
	var action struct{ Inputs map[string]any }
	if err := errors.Join(err, yaml.Unmarshal([]byte(text), &action)); err != nil {
		t.Fatal(err)
	}
	for _, name := range templates() {
		var w workflow
		read(t, filepath.Join(workflows, name+".yml"), &w)
		for _, job := range w.Jobs {
			for _, step := range job.Steps {
				for input := range step.With {
					if _, ok := action.Inputs[input]; !ok && strings.HasPrefix(step.Uses, "org/cilock-action@") {
						t.Errorf("%s gives the input %s, which the action does not have at the pinned commit", name, input)
					}
				}
			}
		}
	}
}

// TestStarters: each template has a workflow to start with, as an organisation's
// .github repository has it, which calls it as it wants to be called and grants
// what it needs.
func TestStarters(t *testing.T) {
	called := map[string]bool{}
	for _, name := range templates() {
		var properties struct {
			Name, Description, IconName string
			Categories                  []string
		}
		text, err := os.ReadFile(filepath.Join(starters, name+".properties.json"))
		if err := errors.Join(err, json.Unmarshal(text, &properties)); err != nil {
			t.Fatal(err)
		}
		if properties.Name == "" || properties.Description == "" || properties.IconName == "" || len(properties.Categories) == 0 {
			t.Errorf("%s: %+v", name, properties)
		}
		var starter workflow
		if text := read(t, filepath.Join(starters, name+".yml"), &starter); !strings.Contains(text, "permissions: {}\n") {
			t.Errorf("%s: the token has rights that no job asks for", name)
		}
		calls(t, "starter "+name, starter, called)
	}
	if len(called) != len(templates()) {
		t.Errorf("the starters call %v", called)
	}
}

// calls checks the jobs that call a template, and notes which.
func calls(t *testing.T, name string, caller workflow, called map[string]bool) {
	t.Helper()
	for id, job := range caller.Jobs {
		path, _, _ := strings.Cut(job.Uses, "@")
		template, ours := strings.CutPrefix(path, "org/cilock-action/.github/workflows/")
		if !ours {
			continue
		}
		template = strings.TrimSuffix(template, ".yml")
		called[template] = true
		var w workflow
		read(t, filepath.Join(workflows, template+".yml"), &w)
		needed := map[string]string{}
		for _, of := range permissions[template] {
			maps.Copy(needed, of)
		}
		if !maps.Equal(job.Permissions, needed) || job.Secrets != nil {
			t.Errorf("%s: job %s grants %v, and %s needs %v", name, id, job.Permissions, template, needed)
		}
		for input := range job.With {
			if _, ok := w.On.Call.Inputs[input]; !ok {
				t.Errorf("%s: %s has no input %s", name, template, input)
			}
		}
		for input, is := range w.On.Call.Inputs {
			if _, given := job.With[input]; is.Required && !given {
				t.Errorf("%s: %s wants the input %s", name, template, input)
			}
		}
	}
}

// documented are the blocks of YAML in docs/templates.md.
func documented(t *testing.T) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/templates.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, m[1])
	}
	return blocks
}

// TestDocs: the lines to copy call each template as it wants to be called.
func TestDocs(t *testing.T) {
	called := map[string]bool{}
	for _, block := range documented(t) {
		if !strings.Contains(block, "uses: ") {
			continue
		}
		if !strings.Contains(block, "jobs:") {
			block = "jobs:\n" + block
		}
		block = regexp.MustCompile(`(?m)^on: .*\n`).ReplaceAllString(block, "") // a word there, and not a mapping
		var w workflow
		if err := yaml.Unmarshal([]byte(block), &w); err != nil {
			t.Fatalf("%v\n%s", err, block)
		}
		calls(t, "docs", w, called)
	}
	if len(called) != len(templates()) {
		t.Errorf("the docs call %v", called)
	}
}

// TestRefs: our own judgement of all of them.
func TestRefs(t *testing.T) {
	if err := buildKit(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(folder, "cilock"), "refs", "--fail-on", "warning", ".github")
	cmd.Dir, cmd.Env = "../..", []string{"HOME=" + t.TempDir()}
	for _, name := range templates() {
		cmd.Args = append(cmd.Args, "workflow-templates/"+name+".yml")
	}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "verdict: pass") {
		t.Errorf("%v\n%s", err, out)
	}
}
