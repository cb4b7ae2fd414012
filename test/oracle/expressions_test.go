package oracle

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/org/cilock-action/internal/runner/expr"
)

// outcome is what an evaluator makes of an expression.
type outcome struct {
	Kind  string `json:"kind"`
	Text  string `json:"text"`
	JSON  string `json:"json"`
	Error string `json:"error"` // parse or evaluate
}

// TestExpressions compares with GitHub's own evaluator in TypeScript,
// @actions/expressions. Where they differ, the table says why the runner, which
// is C#, is on our side.
func TestExpressions(t *testing.T) {
	dir := expressionsOracle(t)
	all := expressionCases(t)
	input, err := json.Marshal(map[string]any{"contexts": oracleContexts, "expressions": all})
	if err != nil {
		t.Fatal(err)
	}
	var theirs []outcome
	if err := json.Unmarshal(ask(t, dir, dir, "evaluate.mjs", input), &theirs); err != nil || len(theirs) != len(all) {
		t.Fatalf("%d answers for %d expressions: %v", len(theirs), len(all), err)
	}
	scope, env := oracleWorld(t)
	differ, failed := 0, 0
	for i, text := range all {
		ours := evaluateOurs(text, scope, env)
		if ours.Error != "" {
			failed++
		}
		why, known := expressionDisagrees[text]
		switch same := ours == theirs[i]; {
		case !same && !known:
			t.Errorf("%s\n\tours:   %+v\n\ttheirs: %+v", text, ours, theirs[i])
		case same && known:
			t.Errorf("%s: they agree now; the table says %q", text, why)
		case known:
			differ++
		}
	}
	for text := range expressionDisagrees {
		if !slices.Contains(all, text) {
			t.Errorf("the table is about %s, which is no case", text)
		}
	}
	t.Logf("%d expressions, %d of them errors for us; %d differences, all in the table", len(all), failed, differ)
	if len(all) < 400 {
		t.Error("too few expressions")
	}
}

// oracleWorld has the contexts of the cases.
func oracleWorld(t *testing.T) (expr.Scope, expr.Environment) {
	t.Helper()
	scope, env := expr.Scope{}, expr.Environment{Contexts: map[string]expr.Value{}}
	for name, text := range oracleContexts {
		v, err := expr.FromJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		scope.Contexts, env.Contexts[name] = append(scope.Contexts, name), v
	}
	return scope, env
}

func evaluateOurs(text string, scope expr.Scope, env expr.Environment) outcome {
	e, err := expr.Parse(text, scope)
	if err != nil {
		return outcome{Error: "parse"}
	}
	v, err := e.Eval(env)
	if err != nil {
		return outcome{Error: "evaluate"}
	}
	o := outcome{Kind: "null", Text: expr.Text(v)}
	switch v.(type) {
	case bool:
		o.Kind = "boolean"
	case float64:
		o.Kind = "number"
	case string:
		o.Kind = "string"
	case *expr.Array:
		o.Kind, o.JSON = "array", expr.ToJSON(v)
	case *expr.Object:
		o.Kind, o.JSON = "object", expr.ToJSON(v)
	}
	return o
}

// expressionsOracle installs the packages that the lock file names.
func expressionsOracle(t *testing.T) string {
	t.Helper()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, err)
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("expressions")); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"); err != nil {
		missing(t, err)
	}
	return dir
}

// ask runs one of the oracle's scripts in a folder, and returns what it answers
// to input: the last line that it prints.
func ask(t *testing.T, oracle, dir, script string, input []byte) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", fmt.Sprintf("%s/%s", oracle, script))
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, stderr.Bytes())
	}
	return out[bytes.LastIndexByte(out, '\n')+1:]
}
