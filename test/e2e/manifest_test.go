package e2e

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/internal/action"
	"gopkg.in/yaml.v3"
)

// manifest is action.yml as far as it can disagree with the program.
type manifest struct {
	Inputs map[string]struct {
		Description string
		Default     *string
	}
	Outputs map[string]struct{ Value string }
	Runs    struct {
		Using string
		Steps []struct {
			ID, Shell, Run string
			Env            map[string]string
		}
	}
}

func readManifest(t *testing.T) manifest {
	t.Helper()
	text, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := yaml.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	if m.Runs.Using != "composite" || len(m.Runs.Steps) != 1 {
		t.Fatalf("action.yml is not a composite of one step")
	}
	return m
}

// TestManifestInputs: each input is in both tables, and reaches the program as
// a variable that is set in any case, so that no variable of the job can stand
// in for it.
func TestManifestInputs(t *testing.T) {
	t.Parallel()
	m := readManifest(t)
	if got := slices.Sorted(maps.Keys(m.Inputs)); !slices.Equal(got, action.InputNames()) {
		t.Errorf("action.yml has the inputs\n%q, the program\n%q", got, action.InputNames())
	}
	env := maps.Clone(m.Runs.Steps[0].Env)
	for name := range m.Inputs {
		variable := action.InputVariable(name)
		if env[variable] != "${{ inputs."+name+" }}" {
			t.Errorf("%s is %q", variable, env[variable])
		}
		delete(env, variable)
	}
	for name, expression := range map[string]string{
		"JOB_WORKFLOW_REF": "job.workflow_ref", "JOB_WORKFLOW_SHA": "job.workflow_sha",
		"ACTION_REPOSITORY": "github.action_repository", "ACTION_REF": "github.action_ref",
		"ENV": "inputs.action-ref && toJSON(env) || ''", "JOB": "toJSON(job)", "MATRIX": "toJSON(matrix)", "STRATEGY": "toJSON(strategy)",
	} {
		if got := env[action.ContextPrefix+name]; got != "${{ "+expression+" }}" {
			t.Errorf("%s is %q", name, got)
		}
		delete(env, action.ContextPrefix+name)
	}
	if len(env) > 0 {
		t.Errorf("the step has variables that are no inputs: %q", env)
	}
}

// TestManifestDefaults: whoever gives a command only gets a run, and asks for
// nothing that is not there.
func TestManifestDefaults(t *testing.T) {
	t.Parallel()
	values := map[string]string{}
	for name, in := range readManifest(t).Inputs {
		if in.Default == nil {
			t.Errorf("input %s has no default", name) // the table of the inputs says what none means
			continue
		}
		values[action.InputVariable(name)] = *in.Default
		if strings.HasPrefix(in.Description, "Not available") && *in.Default != "" {
			t.Errorf("input %s is not available and has the default %q", name, *in.Default)
		}
	}
	values[action.InputVariable("command")] = "make"
	call, err := action.ParseInputs(func(name string) string { return values[name] })
	if err != nil {
		t.Fatalf("the defaults are refused: %v", err)
	}
	if call.Mode != "run" || call.Run.Command[len(call.Run.Command)-1] != "make" || call.Run.Signing.RequireSigning || !call.Run.InAction {
		t.Errorf("the defaults ask for %+v", call)
	}
}

// TestManifestSaysWhatIsThere: the descriptions and the program agree on which
// inputs are not available.
func TestManifestSaysWhatIsThere(t *testing.T) {
	t.Parallel()
	for name, in := range readManifest(t).Inputs {
		values := map[string]string{action.InputVariable("command"): "make", action.InputVariable(name): "true"}
		_, err := action.ParseInputs(func(name string) string { return values[name] })
		refused := err != nil && strings.Contains(err.Error(), "input "+name+" is not available")
		if says := strings.Contains(in.Description, "not available in this version") || strings.Contains(in.Description, "Not available in this version"); says != refused {
			if name == "policy" && refused { // "Policies are not available"
				continue
			}
			t.Errorf("input %s: described as %q, refused: %v", name, in.Description, err)
		}
	}
}

// TestManifestScript: nothing of the workflow's becomes part of the script, and
// the program takes the shell's place.
func TestManifestScript(t *testing.T) {
	t.Parallel()
	step := readManifest(t).Runs.Steps[0]
	if strings.Contains(step.Run, "${{") {
		t.Error("an expression is written into the script")
	}
	if want := `exec sh "$GITHUB_ACTION_PATH/install.sh" action`; strings.TrimSpace(step.Run) != want {
		t.Errorf("the script is %q, want %q", step.Run, want)
	}
	if step.Shell != "bash" {
		t.Errorf("the shell is %q", step.Shell)
	}
}

func TestManifestOutputs(t *testing.T) {
	t.Parallel()
	m := readManifest(t)
	names := strings.Fields(`action-outputs bundle-path events-lost events-seen evidence-path exit-code findings-count
		policy-digest report-path sarif-path sensor trace-root verdict`)
	if got := slices.Sorted(maps.Keys(m.Outputs)); !slices.Equal(got, names) {
		t.Errorf("outputs are %q", got)
	}
	for name, o := range m.Outputs {
		if o.Value != "${{ steps."+m.Runs.Steps[0].ID+".outputs."+name+" }}" {
			t.Errorf("output %s is %q", name, o.Value)
		}
	}
}
