//go:build unix

package runner

import (
	"bytes"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// cancels sends what the runner sends: SIGINT when a process says that it is
// ready, SIGTERM when it says that it does not mind.
func cancels(t *testing.T, w *world) {
	taken := make(chan os.Signal, 1)
	signal.Notify(taken, syscall.SIGINT) // a shell's background job ignores it, and so would the action
	t.Cleanup(func() { signal.Stop(taken) })
	w.onLine = func(line string) {
		if _, what, _ := strings.Cut(line, ":"); what == "ready" {
			w.signals <- syscall.SIGINT
		} else if what == "int" {
			w.signals <- syscall.SIGTERM
		}
	}
}

// hangs is a Node action that hangs in one stage until SIGTERM, and has a post.
func hangs(ref, stage string) string {
	out := "-- " + ref + "/action.yml --" + nodeAction
	for _, s := range []string{"pre", "main", "post"} {
		out += "-- " + ref + "/" + s + ".js --\n"
		if s != stage {
			out += "console.log('" + ref[5:6] + ":" + s + "');\n"
			continue
		}
		out += "setInterval(() => {}, 1 << 30);\nprocess.on('SIGINT', () => console.log('" + ref[5:6] + ":int'));\nconsole.log('" + ref[5:6] + ":ready');\n"
	}
	return out
}

func TestCancel(t *testing.T) {
	steps := `
-- acme/x@v1/action.yml --
runs:
  using: composite
  steps:
    - {uses: acme/a@v1}
    - {uses: acme/b@v1}
    - {run: echo no, shell: bash}
    - {run: echo no, shell: bash, if: success() || failure()}
    - {run: "echo always-${{ job.status }}", shell: bash, if: always()}
    - {run: echo cancelled, shell: bash, if: cancelled()}
    - {uses: acme/a@v1}
`
	for stage, want := range map[string]string{
		"pre":  "a:pre b:ready b:int a:pre a:post b:post a:post",
		"main": "a:pre b:pre a:pre a:main b:ready b:int always-cancelled cancelled a:post b:post a:post",
		"post": "a:pre b:pre a:pre a:main b:main no no always-success a:main a:post b:ready b:int a:post",
	} {
		t.Run(stage, func(t *testing.T) {
			w := newWorld(t, steps+hangs("acme/a@v1", "none")+hangs("acme/b@v1", stage))
			cancels(t, w)
			records := w.wants(128+int(syscall.SIGTERM), strings.Fields(want)...)
			if end := records[len(records)-1]; end.Outcome != cancelled {
				t.Errorf("the whole is %s", end.Outcome)
			}
		})
	}
}

// TestCancelledScript: one signal is enough for what does not mind it.
func TestCancelledScript(t *testing.T) {
	w := newWorld(t, `
-- acme/x@v1/action.yml --
runs:
  using: composite
  steps:
    - {id: a, run: "echo :ready; exec sleep 600", shell: bash}
    - {run: "echo ${{ steps.a.outcome }}", shell: bash, if: always()}
`)
	cancels(t, w)
	w.wants(128+int(syscall.SIGINT), ":ready", "cancelled")
}

// TestCancelledAndFine: what ends well when it is asked to stop was cancelled.
func TestCancelledAndFine(t *testing.T) {
	w := newWorld(t, `
-- acme/x@v1/action.yml --
runs: {using: node20, main: main.js}
-- acme/x@v1/main.js --
setInterval(() => {}, 1 << 30);
process.on("SIGINT", () => process.exit(0));
console.log(":ready");
`)
	cancels(t, w)
	records := w.wants(128+int(syscall.SIGINT), ":ready")
	if end := records[len(records)-1]; end.Outcome != cancelled {
		t.Errorf("the whole is %s", end.Outcome)
	}
}

// TestCancelBeforeStart: a signal between the decision that a process runs and its
// start reaches it, and one before the decision does not.
func TestCancelBeforeStart(t *testing.T) {
	cancels(t, &world{})
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip("needs sleep")
	}
	c := newChildren(&bytes.Buffer{}, &bytes.Buffer{})
	c.signal(syscall.SIGINT)
	if code, err := c.run(process{path: sleep, args: []string{"600"}, says: newCommandReader()}); code != 128+int(syscall.SIGINT) || err != nil {
		t.Errorf("exit code %d, %v", code, err)
	}
	if code, err := c.run(process{path: sleep, args: []string{"0"}, says: newCommandReader(), late: true}); code != 0 || err != nil {
		t.Errorf("exit code %d, %v", code, err)
	}
}
