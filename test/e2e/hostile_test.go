package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/act"
)

const failing = `
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@3f1c9a7be0d25486af77c41be83d90265cb1e8d4
      - id: bad
        uses: ` + uses + `
        with:
          step: bad
          command: |
            echo half > out.txt
            printf 'no line feed'
            exit 41
          key: ${{ secrets.KEY }}
          binary-path: ${{ env.CILOCK }}
      - id: skipped
        run: touch "$KEEP/skipped"
      - id: verify
        if: always()
        uses: ` + uses + `
        with:
          mode: verify
          bundle: ${{ steps.bad.outputs.bundle-path }}
          subjects: out.txt
          key: ${{ env.PUBLIC_KEY }}
          binary-path: ${{ env.CILOCK }}
      - id: keep
        if: always()
        env:
          BUNDLE: ${{ steps.bad.outputs.bundle-path }}
          SAID: ${{ steps.bad.outputs.verdict }} ${{ steps.bad.outputs.exit-code }} ${{ steps.verify.outputs.verdict }}
        run: |
          cp "$BUNDLE" "$KEEP/evidence.json"
          echo "said $SAID"
`

// TestFailingCommand: the step fails with the command's own code, and there is
// evidence of it.
func TestFailingCommand(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	r, keep := workflow(t, k, failing)
	if r.StepResult("bad") != "failure" || !exited(r, "bad", 41) || r.StepResult("verify") != "success" || r.JobResult("build") != "failure" {
		t.Errorf("the steps ended in %q and %q, the job in %q", r.StepResult("bad"), r.StepResult("verify"), r.JobResult("build"))
	}
	if !strings.Contains(r.Output("keep"), "said warn 41 warn\n") {
		t.Errorf("the next step got %q", r.Output("keep"))
	}
	if _, err := os.Lstat(filepath.Join(keep, "skipped")); err == nil {
		t.Error("the job went on after a failed step")
	}
	run := section[attest.CommandRun](t, k.evidence(t, filepath.Join(keep, "evidence.json")), attest.TypeCommandRun)
	if run.ExitCode != 41 {
		t.Errorf("the evidence says exit code %d", run.ExitCode)
	}
}

const hostile = `
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@3f1c9a7be0d25486af77c41be83d90265cb1e8d4
      - id: outputs
        uses: ` + uses + `
        with:
          step: outputs
          command: |
            echo 'verdict=perfect' >> "$GITHUB_OUTPUT"
            echo 'evidence-path=/etc/passwd' >> "$GITHUB_OUTPUT"
            printf 'swallow<<NEVER\n' >> "$GITHUB_OUTPUT"
          key: ${{ secrets.KEY }}
          binary-path: ${{ env.CILOCK }}
      - id: names
        if: always()
        uses: ` + uses + `
        with:
          step: names
          command: |
            echo '::error title=Mine::printed by the command'
            echo 1 > '::error::stolen'
            echo 2 > "$(printf 'line\n::error::stolen')"
            echo 3 > '##[error]stolen'
            echo 4 > "$(printf 'carriage\r::set-output name=verdict::stolen')"
          key: ${{ secrets.KEY }}
          binary-path: ${{ env.CILOCK }}
      - id: after
        if: always()
        env:
          FIRST: ${{ steps.outputs.outputs.verdict }} ${{ steps.outputs.outputs.exit-code }} ${{ steps.outputs.outputs.action-outputs }}
          SECOND: ${{ steps.names.outputs.verdict }} ${{ steps.names.outputs.exit-code }}
          EVIDENCE: ${{ steps.outputs.outputs.evidence-path }}
          NAMES: ${{ steps.names.outputs.evidence-path }}
        run: |
          echo "first $FIRST, second $SECOND"
          cp "$EVIDENCE" "$KEEP/outputs.json"
          cp "$NAMES" "$KEEP/names.json"
`

// TestHostileCommand: what a command writes and the names that it gives to
// files change none of our outputs and are no commands of ours. What it prints
// is its own affair, as in a plain run step.
func TestHostileCommand(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	r, keep := workflow(t, k, hostile)
	// The runner, too, fails a step whose output file it cannot read.
	if r.StepResult("outputs") != "failure" || !exited(r, "outputs", 1) {
		t.Errorf("a broken output file ended in %q: %+v", r.StepResult("outputs"), r.Annotations())
	}
	if r.StepResult("names") != "success" {
		t.Errorf("hostile names ended in %q", r.StepResult("names"))
	}
	if got := r.Output("after"); got != "first pass 0 , second pass 0\n" {
		t.Errorf("the next step got %q", got)
	}
	var ours []act.Annotation
	for _, a := range r.Annotations() {
		if strings.HasPrefix(a.StepID, "names") {
			ours = append(ours, a)
		}
	}
	if len(ours) != 1 || ours[0].Title != "Mine" || ours[0].Message != "printed by the command" {
		t.Errorf("the annotations are %+v, want the command's one", ours)
	}
	k.evidence(t, filepath.Join(keep, "outputs.json"))
	products := section[map[string]attest.Product](t, k.evidence(t, filepath.Join(keep, "names.json")), attest.TypeProduct)
	for _, name := range []string{"::error::stolen", "line\n::error::stolen", "##[error]stolen", "carriage\r::set-output name=verdict::stolen"} {
		if products[name].Digest["sha256"] == "" {
			t.Errorf("the product %q is not recorded: %v", name, products)
		}
	}
}

const ownCheckout = `
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - id: build
        uses: ./
        with:
          step: own
          command: wc -l < go.mod > count.txt
          key: ${{ secrets.KEY }}
      - id: verify
        uses: ./
        with:
          mode: verify
          bundle: ${{ steps.build.outputs.bundle-path }}
          subjects: count.txt
          key: ${{ env.PUBLIC_KEY }}
          binary-path: ${{ env.CILOCK }}
      - id: keep
        env:
          BUNDLE: ${{ steps.build.outputs.bundle-path }}
        run: |
          cp "$BUNDLE" "$KEEP/evidence.json"
          git status --porcelain
`

// TestOwnCheckout uses the action from our own checkout, built from source as
// a workflow of ours does.
func TestOwnCheckout(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	r, keep := workflow(t, k, ownCheckout, func(w *act.Workflow) {
		addSource(t, w.Files)
		w.Env["GOOS"], w.Env["GOARCH"], w.Env["GO111MODULE"] = "plan9", "mips", "off" // what the job builds for
	})
	if r.StepResult("build") != "success" || r.StepResult("verify") != "success" || r.JobResult("build") != "success" {
		t.Fatalf("the steps ended in %q and %q", r.StepResult("build"), r.StepResult("verify"))
	}
	if got := r.Output("keep"); got != "?? count.txt\n" {
		t.Errorf("the build left something in the checkout: %q", got)
	}
	products := section[map[string]attest.Product](t, k.evidence(t, filepath.Join(keep, "evidence.json")), attest.TypeProduct)
	if len(products) != 1 || products["count.txt"].Digest["sha256"] == "" {
		t.Errorf("products are %v", products)
	}
}

// addSource adds what the action is built from.
func addSource(t *testing.T, files map[string]string) {
	t.Helper()
	root := os.DirFS("../..")
	for _, top := range []string{"action.yml", "install.sh", "release.txt", "go.mod", "go.sum", "cmd", "internal", "pkg", "policies"} {
		err := fs.WalkDir(root, top, func(name string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			text, err := fs.ReadFile(root, name)
			files[name] = string(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
