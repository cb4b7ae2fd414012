package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
)

const mainWorkflow = `
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: ` + checkoutPin + `
      - id: build
        uses: ` + uses + `
        with:
          step: build
          command: |
            printf 'first line\nsecond line\n'
            echo built > out.txt
            echo 'flavour=vanilla' >> "$GITHUB_OUTPUT"
            printf 'poem<<END\nroses\nviolets\nEND\n' >> "$GITHUB_OUTPUT"
            echo 'COLOUR=blue' >> "$GITHUB_ENV"
            mkdir bin
            printf '#!/bin/sh\necho the tool ran\n' > bin/tool
            chmod +x bin/tool
            echo "$PWD/bin" >> "$GITHUB_PATH"
            echo '# from the command' >> "$GITHUB_STEP_SUMMARY"
            echo '::notice title=Mine,file=out.txt,line=1::from the command'
          key: ${{ secrets.KEY }}
          binary-path: ${{ env.CILOCK }}
      - id: later
        env:
          VERDICT: ${{ steps.build.outputs.verdict }}
          EXIT_CODE: ${{ steps.build.outputs.exit-code }}
          EVIDENCE: ${{ steps.build.outputs.evidence-path }}
          BUNDLE: ${{ steps.build.outputs.bundle-path }}
          SENSOR: ${{ steps.build.outputs.sensor }}
          FROM_COMMAND: ${{ steps.build.outputs.action-outputs }}
          FLAVOUR: ${{ fromJSON(steps.build.outputs.action-outputs).flavour }}
        run: |
          echo "verdict=$VERDICT exit=$EXIT_CODE sensor=$SENSOR flavour=$FLAVOUR colour=$COLOUR"
          test "$EVIDENCE" = "$BUNDLE"
          case $EVIDENCE in "$RUNNER_TEMP"/*) echo 'below the temporary folder';; esac
          cp "$EVIDENCE" "$KEEP/evidence.json"
          cp "$EVIDENCE.dsse.json" "$KEEP/evidence.dsse.json"
          printf %s "$FROM_COMMAND" > "$KEEP/outputs.json"
          tool
          git status --porcelain
      - id: verify
        uses: ` + uses + `
        with:
          mode: verify
          bundle: ${{ steps.build.outputs.bundle-path }}
          subjects: out.txt bin/tool
          key: ${{ env.PUBLIC_KEY }}
          binary-path: ${{ env.CILOCK }}
      - id: verified
        env:
          VERDICT: ${{ steps.verify.outputs.verdict }}
        run: echo "verify said [$VERDICT]"
      - id: cli
        env:
          BUNDLE: ${{ steps.build.outputs.bundle-path }}
        run: |
          "$CILOCK" verify --key env://PUBLIC_KEY --bundle "$BUNDLE" out.txt
          echo changed >> out.txt
      - id: tampered
        uses: ` + uses + `
        with:
          mode: verify
          bundle: ${{ steps.build.outputs.bundle-path }}
          subjects: out.txt
          key: ${{ env.PUBLIC_KEY }}
          binary-path: ${{ env.CILOCK }}
`

// TestWorkflow is the main path of a consumer: wrap a command, use what came of
// it, verify it, and be told when the artifact is no longer what was built.
func TestWorkflow(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	r, keep := workflow(t, k, mainWorkflow)

	for step, want := range map[string]string{
		"build": "success", "later": "success", "verify": "success", "cli": "success", "tampered": "failure",
	} {
		if got := r.StepResult(step); got != want {
			t.Errorf("step %s ended in %q, want %q", step, got, want)
		}
	}
	if r.JobResult("build") != "failure" {
		t.Errorf("the job ended in %q in spite of its last step", r.JobResult("build"))
	}
	later := r.Output("later")
	for _, want := range []string{
		"verdict=pass exit=0 sensor=" + sensor() + " flavour=vanilla colour=blue\n", "the tool ran\n", "below the temporary folder\n",
	} {
		if !strings.Contains(later, want) {
			t.Errorf("the next step did not print %q:\n%s", want, later)
		}
	}
	if strings.Contains(later, "cilock") {
		t.Errorf("the checkout is not clean of ours:\n%s", later)
	}
	var outputs map[string]string
	if text, err := os.ReadFile(filepath.Join(keep, "outputs.json")); err != nil || json.Unmarshal(text, &outputs) != nil ||
		len(outputs) != 2 || outputs["flavour"] != "vanilla" || outputs["poem"] != "roses\nviolets" {
		t.Errorf("action-outputs is %q, %v", text, err)
	}
	if !annotated(r, "build", "notice", "from the command") {
		t.Errorf("the command's own annotation is lost: %+v", r.Annotations())
	}
	if got := r.Summary("build"); !strings.Contains(got, "# from the command\n") || !strings.Contains(got, "### cilock: pass&#58; ") {
		t.Errorf("summary is %q", got)
	}
	if got := r.Output("verified"); got != "verify said [pass]\n" {
		t.Errorf("mode verify has no verdict: %q", got)
	}
	for step, want := range map[string]string{"build": "cilock: verdict: pass", "verify": "verdict: pass", "cli": "verdict: pass"} {
		if got := r.Output(step); !strings.Contains(got, want) {
			t.Errorf("step %s did not print %q:\n%s", step, want, got)
		}
	}
	checkMainEvidence(t, k, keep)
}

func checkMainEvidence(t *testing.T, k keys, keep string) {
	t.Helper()
	v := k.evidence(t, filepath.Join(keep, "evidence.json"))
	k.evidence(t, filepath.Join(keep, "evidence.dsse.json"))
	run := section[attest.CommandRun](t, v, attest.TypeCommandRun)
	if run.ExitCode != 0 || run.Cmd[0] != "bash" || !strings.Contains(run.Cmd[len(run.Cmd)-1], "echo built > out.txt") {
		t.Errorf("the evidence is about another command: %q", run.Cmd)
	}
	// A step under act writes to a terminal; what is recorded are the bytes
	// that the command wrote, without a terminal's line endings.
	said := "first line\nsecond line\n::notice title=Mine,file=out.txt,line=1::from the command\n"
	sum := sha256.Sum256([]byte(said))
	if len(run.Outputs) != 1 || run.Outputs[0].Name != "terminal" || run.Outputs[0].Digest["sha256"] != hex.EncodeToString(sum[:]) || run.Outputs[0].Size != int64(len(said)) {
		t.Errorf("the digest of the output is not that of %q: %+v", said, run.Outputs)
	}
	products := section[map[string]attest.Product](t, v, attest.TypeProduct)
	if len(products) != 2 || products["bin/tool"].Digest["sha256"] == "" {
		t.Errorf("products are %v", products)
	}
	if row := collector(t, v, "git"); row.State != attest.StateRan || len(row.Gaps) > 0 {
		t.Errorf("git: %+v", row)
	}
	if row := collector(t, v, "github"); row.State != attest.StateRan || len(row.Gaps) > 0 {
		t.Errorf("github: %+v", row)
	}
}
