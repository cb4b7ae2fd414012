package wrap

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/act"
	"github.com/org/cilock-action/test/runner"
)

// The step behind the action tells what came of it. It runs before the post
// stage, as later steps do.
const actWorkflow = `
name: wrap
on: pull_request
jobs:
  subject:
    runs-on: ubuntu-latest
    env: %s
    steps:
      - uses: actions/checkout@3f1c9a7be0d25486af77c41be83d90265cb1e8d4
      - id: subject
        uses: %s
        with: %s
      - if: always()
        env:
          OUTPUTS: ${{ toJSON(steps.subject.outputs) }}
        run: |
          printf %%s "$OUTPUTS" > "$KEEP/outputs.json"
          env -0 > "$KEEP/env"
`

// underAct runs a fixture with the real act.
func (k *kit) underAct(t *testing.T, c useCase) *result {
	t.Helper()
	return k.inAct(t, k.pinned(c.uses), c.inputs, k.folders)
}

// actionUnderAct runs a fixture with our own action under act. act's server is
// GitHub itself, so the fixtures are in folders.
func (k *kit) actionUnderAct(t *testing.T, c useCase) *result {
	t.Helper()
	must(t, buildCilock())
	folders := maps.Clone(k.folders)
	folders[ourAction] = ourFolder(t)
	var dirs strings.Builder
	for _, name := range slices.Sorted(maps.Keys(k.folders)) {
		repository, _, _ := strings.Cut(name, "@")
		dirs.WriteString(repository + "=" + k.folders[name] + "\n")
	}
	evidence := filepath.Join(t.TempDir(), "evidence.json")
	res := k.inAct(t, ourAction, map[string]string{
		"action-ref": k.pinned(c.uses), "action-inputs": jsonText(t, c.inputs), "action-dir": dirs.String(), "key": string(newKey(t)), "outfile": evidence,
		"binary-path": filepath.Join(kitFolder, "cilock"),
	}, folders)
	res.ours(t)
	k.checkEvidence(t, c, evidence)
	return res
}

func (k *kit) inAct(t *testing.T, uses string, inputs, actions map[string]string) *result {
	t.Helper()
	keep := t.TempDir()
	w := act.Workflow{
		Files:   map[string]string{".github/workflows/ci.yml": fmt.Sprintf(actWorkflow, jsonText(t, jobEnv), uses, jsonText(t, inputs))},
		Actions: actions, Event: "pull_request", EventJSON: eventJSON,
		Env: map[string]string{"KEEP": keep, "OBSERVED": filepath.Join(keep, "observed")},
	}
	must(t, filepath.WalkDir(k.workspace, addTo(t, w.Files, k.workspace)))
	if inputs == nil {
		w.Files[".github/workflows/ci.yml"] = strings.ReplaceAll(w.Files[".github/workflows/ci.yml"], "with: null", "")
	}
	r := act.Run(t, w)

	res := &result{seen: readFile(t, filepath.Join(keep, "observed")), outcome: r.JobResult("subject"), summary: r.Summary("subject"), env: map[string]string{}}
	if text := readFile(t, filepath.Join(keep, "outputs.json")); len(text) > 0 {
		must(t, json.Unmarshal(text, &res.outputs))
	}
	for kv := range strings.SplitSeq(string(readFile(t, filepath.Join(keep, "env"))), "\x00") {
		name, value, _ := strings.Cut(kv, "=")
		res.env[name] = value
	}
	maps.DeleteFunc(res.env, func(name, value string) bool { return jobEnv[name] == value })
	res.workspace = res.env["GITHUB_WORKSPACE"]
	for _, dir := range filepath.SplitList(res.env["PATH"]) {
		if strings.HasPrefix(dir, res.workspace+string(filepath.Separator)) {
			res.path = append(res.path, dir)
		}
	}
	for _, e := range r.Log {
		if slices.Contains(e.StepID, "subject") && e.Command != "" {
			properties := map[string]string{}
			for name, v := range e.Properties {
				properties[strings.ToLower(name)] = v
			}
			res.commands = append(res.commands, runner.Command{Name: e.Command, Properties: properties, Data: e.Arg})
		}
	}
	return res
}
