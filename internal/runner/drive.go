package runner

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/org/cilock-action/internal/sink"
)

// Verb is what the program is called with to be the driver: `cilock __action REF`,
// with the Program on standard input.
const Verb = "__action"

// maxProgram bounds the program that is read, in bytes: manifests and contexts.
const maxProgram = 256 << 20

// World is what Serve touches beside the action.
type World struct {
	Stdin          io.Reader // the Program; closed once it is read, if it can be, as it holds the job's token
	Stdout, Stderr io.Writer
	Environ        []string
	Signals        <-chan os.Signal
}

// Serve runs the action that it is told to run and returns its exit code: that of
// the first process that failed it, else 1 if it failed otherwise, else 0.
func Serve(w World) int {
	var p Program
	data, err := io.ReadAll(io.LimitReader(w.Stdin, maxProgram))
	if c, ok := w.Stdin.(io.Closer); ok {
		c.Close()
	}
	if err == nil {
		err = json.Unmarshal(data, &p)
	}
	if err != nil {
		fmt.Fprintln(w.Stderr, "cilock: read what to run:", err)
		return cannotStart
	}
	getenv := func(name string) string { return valueOf(w.Environ, name) }
	c := newChildren(w.Stdout, w.Stderr)
	s := sink.New(sink.Options{Writer: betweenSteps{c}, Getenv: getenv})
	records, err := newRecorder(p.Result)
	if err != nil {
		s.Line("cilock: " + err.Error())
		return cannotStart
	}
	stop := make(chan struct{})
	defer close(stop)
	go passOn(w.Signals, c, stop)
	j, err := newJob(p, w.Environ, c, records, s)
	if err != nil {
		s.Line("cilock: " + err.Error())
		records.add(Record{Step: p.Uses, Stage: stagePre, Outcome: failure, ExitCode: 1, Error: err.Error()})
		return 1
	}
	return j.run()
}

func passOn(signals <-chan os.Signal, c *children, stop <-chan struct{}) {
	for {
		select {
		case s, ok := <-signals:
			if !ok {
				return
			}
			c.signal(s)
		case <-stop:
			return
		}
	}
}

// run is the whole: pre, main and post. Main runs if all pre succeeded; what ran
// is cleaned up in any case.
func (j *job) run() int {
	root := j.prog.Actions[j.prog.Uses]
	outputs := map[string]string{}
	u, err := j.useOf(root, contextName(root), 0, root.Key)
	if err == nil {
		u.env = map[string]string{}
		for _, p := range j.prog.Env {
			u.env[p.Name] = p.Value
		}
		err = j.bind(u, j.prog.Inputs)
	}
	if err == nil {
		err = j.prepareImages(u)
	}
	if err != nil {
		j.say(err.Error())
		j.records.add(Record{Step: root.Key, Uses: root.Key, Stage: stageMain, Outcome: failure, ExitCode: 1, Error: err.Error()})
		j.fail(1)
	} else {
		outputs = j.stages(u)
	}
	j.handOn()
	for _, name := range sortedKeys(outputs) {
		if err := j.sink.PassOutput(name, outputs[name]); err != nil && !missing(err) {
			j.notice("output not set: " + err.Error())
		}
	}
	j.records.add(Record{Done: true, Outcome: j.status, ExitCode: j.exit, Outputs: outputs})
	if j.records.err != nil {
		j.say("the report of the action is not complete: " + j.records.err.Error())
	}
	return j.exit
}

// stages runs the three. What the job's status is to conditions changes between
// them alone: all pre, or all post, of an action are one step to the runner.
func (j *job) stages(u *use) (outputs map[string]string) {
	j.aside(u, stagePre)
	j.seen = j.status
	if u.late = j.children.wasCancelled(); j.status == success && !u.late {
		e := j.main(u)
		outputs = e.outputs
		switch e.outcome {
		case failure:
			j.fail(e.exit)
		case cancelled:
			j.exit = cmp.Or(j.exit, e.exit)
		}
	}
	j.seen = j.status
	j.aside(u, stagePost)
	if j.children.wasCancelled() {
		j.status = cancelled
		if j.exit == 0 {
			j.exit = j.children.cancelCode()
		}
	}
	return outputs
}
