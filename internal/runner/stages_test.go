//go:build unix

package runner

import (
	"maps"
	"strings"
	"testing"
)

// TestOrder: all pre, then main, then post the other way round, through actions
// inside actions; each use has a state of its own.
func TestOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
-- acme/outer@v1/action.yml --
runs:
  using: composite
  steps:
    - {uses: acme/say@v1, with: {name: a}}
    - {uses: Acme/Inner@v1}
    - {run: echo script, shell: bash}
    - {uses: acme/say@v1, with: {name: d}}
-- Acme/Inner@v1/action.yml --
runs:
  using: composite
  steps:
    - {uses: acme/say@v1, with: {name: b}}
    - {uses: acme/say@v1, with: {name: never}, if: 1 == 2}
    - {uses: acme/say@v1, with: {name: c}}
`+sayer("acme/say@v1"))
	w.wants(0,
		"a:pre:-", "b:pre:-", "never:pre:-", "c:pre:-", "d:pre:-",
		"a:main:r", "b:main:r", "c:main:r", "script", "d:main:r",
		"d:post:ra", "c:post:ra", "never:post:r", "b:post:ra", "a:post:ra")
}

// TestConditionsOfPreAndPost see the job, which changes between the stages alone.
func TestConditionsOfPreAndPost(t *testing.T) {
	t.Parallel()
	stages := "-- %/main.js --\n-- %/pre.js --\nconsole.log('%:pre'); process.exit(NUMBER)\n-- %/post.js --\nconsole.log('%:post')\n"
	action := func(name, keys, code string) string {
		ref := "acme/" + name + "@v1"
		return "-- " + ref + "/action.yml --\nruns: {using: node20, main: main.js, pre: pre.js, post: post.js, " + keys + "}\n" +
			strings.NewReplacer("%/", ref+"/", "%:", name+":", "NUMBER", code).Replace(stages)
	}
	w := newWorld(t, `
-- acme/outer@v1/action.yml --
runs:
  using: composite
  steps:
    - uses: acme/one@v1
    - uses: acme/two@v1
    - uses: acme/three@v1
    - {run: echo not, shell: bash, if: always()}
`+action("one", "post-if: failure()", "3")+action("two", "pre-if: success(), post-if: success()", "0")+action("three", "pre-if: failure()", "0"))
	w.wants(3, "one:pre", "two:pre", "one:post")
}

// TestPostOfAFailure: a failing main is the job's failure to post.
func TestPostOfAFailure(t *testing.T) {
	t.Parallel()
	action := func(name, when string) string {
		ref := "acme/" + name + "@v1"
		return "-- " + ref + "/action.yml --\nruns: {using: node20, main: main.js, post: post.js, post-if: " + when + "}\n-- " + ref + "/main.js --\n-- " + ref + "/post.js --\nconsole.log('" + name + "')\n"
	}
	w := newWorld(t, `
-- acme/outer@v1/action.yml --
runs: {using: composite, steps: [{uses: acme/bad@v1}, {uses: acme/good@v1}, {run: exit 3, shell: sh}]}
`+action("bad", "failure()")+action("good", "success()"))
	w.wants(3, "bad")
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
-- acme/outer@v1/action.yml --
inputs: {given: {default: x}}
outputs:
  declared: {value: "${{ steps.in.outputs.one }}"}
  multi: {value: "${{ steps.in.outputs.multi }}"}
  empty: {value: "${{ steps.none.outputs.x }}"}
  github: {value: "${{ github.action_repository }}@${{ github.action_ref }}"}
runs:
  using: composite
  steps:
    - {id: in, uses: acme/inner@v1}
    - {run: 'echo other=1 >> "$GITHUB_OUTPUT"', shell: sh}
-- acme/inner@v1/action.yml --
outputs:
  one: {value: "${{ steps.a.outputs.x }}-${{ steps.a.outputs.y }}-${{ steps.a.outputs.z }}"}
  multi: {value: "${{ steps.a.outputs.multi }}"}
runs:
  using: composite
  steps:
    - id: a
      shell: bash
      run: |
        echo "::set-output name=x::command"
        echo "##[set-output name=z]old"
        echo y=file >> "$GITHUB_OUTPUT"
        printf 'undeclared=1\nmulti<<E\na\n\n=b<<E\nE\n' >> "$GITHUB_OUTPUT"
`)
	w.wants(0)
	want := map[string]string{"declared": "command-file-old", "multi": "a\n\n=b<<E", "empty": "", "github": "acme/outer@v1"}
	if got := w.pairs("GITHUB_OUTPUT"); !maps.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestOutputsThatFail: all are set or none.
func TestOutputsThatFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
-- acme/x@v1/action.yml --
outputs:
  a: {value: fine}
  b: {value: "${{ fromJSON(steps.a.outputs.x) }}"}
runs: {using: composite, steps: [{id: a, run: 'echo x={ >> "$GITHUB_OUTPUT"', shell: sh}]}
`)
	w.wants(1)
	if got := w.pairs("GITHUB_OUTPUT"); len(got) > 0 {
		t.Errorf("got %q", got)
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		action string
		code   int
	}{
		"script":            {"{using: composite, steps: [{run: exit 3, shell: bash}, {run: exit 4, shell: bash, if: always()}]}", 3},
		"signal":            {"{using: composite, steps: [{run: kill -TERM $$, shell: bash}]}", 128 + 15},
		"node":              {"{using: node20, main: main.js}", 5},
		"pipe":              {"{using: composite, steps: [{run: 'false | true', shell: bash}]}", 1},
		"sh":                {"{using: composite, steps: [{run: 'false | true', shell: sh}]}", 0},
		"no program":        {"{using: composite, steps: [{run: x, shell: 'no-such-shell {0}'}]}", 127},
		"no folder":         {"{using: composite, steps: [{run: x, shell: sh, working-directory: none}]}", 1},
		"ignored":           {"{using: composite, steps: [{run: exit 3, shell: sh, continue-on-error: true}]}", 0},
		"a bad file":        {"{using: composite, steps: [{run: 'echo bad > \"$GITHUB_ENV\"', shell: sh}]}", 1},
		"a bad command":     {"{using: composite, steps: [{run: 'echo ::set-env name=x::y', shell: sh}]}", 1},
		"shell of an input": {"{using: composite, steps: [{run: exit 6, shell: '${{ matrix.none || ''bash'' }}'}]}", 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "-- acme/x@v1/action.yml --\nruns: "+test.action+"\n-- acme/x@v1/main.js --\nprocess.exitCode = 5\n")
			w.wants(test.code)
		})
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
-- acme/x@v1/action.yml --
runs:
  using: composite
  steps:
    - {id: soft, run: 'echo x=1 >> "$GITHUB_OUTPUT"; exit 3', shell: bash, continue-on-error: "${{ 1 == 1 }}"}
    - {run: "echo ${{ steps.soft.outcome }}-${{ steps.soft.conclusion }}-${{ steps.SOFT.outputs.X }}", shell: bash}
    - {id: off, run: echo off, shell: bash, if: failure()}
    - {run: "echo ${{ steps.off.outcome }}-${{ job.status }}", shell: bash}
    - {id: hard, run: exit 4, shell: bash}
    - {run: echo not, shell: bash}
    - {run: "echo ${{ steps.hard.conclusion }}-${{ github.action_status }}-${{ job.status }}", shell: bash, env: {S: "${{ github.action_status }}"}, if: failure() && !cancelled()}
    - {run: 'echo env-$S', shell: bash, env: {S: "${{ github.action_status }}"}, if: always()}
    - {run: echo not, shell: bash, if: "always() && fromJSON('{')"}
    - {run: echo not, shell: bash, if: always()}
`)
	w.wants(4, "failure-success-1", "skipped-success", "failure-failure-success", "env-failure")
}

// TestEnvironmentIsCarried from step to step, and to the later steps of the job.
func TestEnvironmentIsCarried(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
-- acme/x@v1/action.yml --
runs:
  using: composite
  steps:
    - shell: bash
      run: |
        mkdir -p "$RUNNER_TEMP/tools"; printf '#!/bin/sh\necho tool\n' > "$RUNNER_TEMP/tools/tool"; chmod +x "$RUNNER_TEMP/tools/tool"
        echo "$RUNNER_TEMP/tools" >> "$GITHUB_PATH"; echo /other >> "$GITHUB_PATH"; echo "$RUNNER_TEMP/tools" >> "$GITHUB_PATH"
        printf 'A=1\nB<<E\nx\ny\nE\nNODE_OPTIONS=--bad\nSTEP=file\nGITHUB_SHA=forged\n' >> "$GITHUB_ENV"
        echo "# summary" >> "$GITHUB_STEP_SUMMARY"
    - run: 'tool; echo $A-${{ env.A }}-${#B}-$NODE_OPTIONS-$STEP-$GITHUB_SHA'
      shell: bash
      env: {STEP: own}
    - uses: acme/node@v1
      env: {PATH: /nowhere}
    - {run: 'echo $STEP-${{ env.STEP }}', shell: bash, env: {PATH: /nowhere}}
-- acme/node@v1/action.yml --
runs: {using: node20, main: main.js}
-- acme/node@v1/main.js --
console.log("node-" + process.env.A + "-" + process.env.STEP);
`)
	w.environ = append(w.environ, "GITHUB_SHA=real")
	w.wants(0, "tool", "1-1-3--own-real", "node-1-file", "file-file")
	if got, want := w.pairs("GITHUB_ENV"), map[string]string{"A": "1", "B": "x\ny", "STEP": "file"}; !maps.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := w.read("GITHUB_PATH"), "/other\n"+w.prog.Temp+"/tools\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := w.read("GITHUB_STEP_SUMMARY"); !strings.Contains(got, "# summary") {
		t.Errorf("the summary is %q", got)
	}
}

// TestNames: what a step sees of itself and of the action around it.
func TestNames(t *testing.T) {
	t.Parallel()
	show := "echo $GITHUB_ACTION,$GITHUB_ACTION_REPOSITORY,$GITHUB_ACTION_REF,${GITHUB_ACTION_PATH##*/},$E,${{ github.action_repository }},$INPUT_A,${{ inputs.a }}"
	w := newWorld(t, `
-- acme/outer.js@v1/action.yml --
inputs: {a: {default: "${{ github.repository }}"}}
runs:
  using: composite
  steps:
    - {id: mine, shell: bash, run: '`+show+`', env: {E: "${{ github.action_ref }}"}}
    - {uses: acme/inner@v2, with: {a: 2, undeclared: 3}}
    - {uses: acme/node@v3, with: {a b-c.d: x}}
-- acme/inner@v2/action.yml --
inputs: {a: {}}
runs: {using: composite, steps: [{shell: bash, run: '`+show+`', env: {E: "${{ github.action_ref }}"}}]}
-- acme/node@v3/action.yml --
runs: {using: node20, main: main.js}
-- acme/node@v3/main.js --
const e = process.env;
console.log([e.GITHUB_ACTION, e.GITHUB_ACTION_REPOSITORY, e.GITHUB_ACTION_REF, e.GITHUB_ACTION_PATH.split("/").pop(), e["INPUT_A_B-C.D"], e.NODE_ICU_DATA].join(","));
`)
	w.environ = append(w.environ, "NODE_ICU_DATA=/nowhere", "GITHUB_ACTION=ours")
	w.wants(0, "__acme_outer_js,,,outer.js@v1,v1,,,acme/consumer", "__acme_outer_js,,,inner@v2,v1,,,2", "__acme_outer_js,acme/node,v3,outer.js@v1,x,")
	if log := w.stderr.String(); !strings.Contains(log, "input undeclared is none") {
		t.Error("the input that is not declared is not named")
	}
}
