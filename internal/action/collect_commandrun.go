package action

import (
	"context"

	"github.com/org/cilock-action/pkg/attest"
)

// commandRunCollector records the command and how it ended. What it printed is
// recorded by size and digest only.
type commandRunCollector struct{ plan Plan }

func (commandRunCollector) Name() string { return "command-run" }

func (c commandRunCollector) Start(_ context.Context, t Target) (Stop, error) {
	return func(_ context.Context, s Step) (Section, error) {
		sec := Section{Type: attest.TypeCommandRun, Phase: Execute}
		if !s.Started && s.ExitCode == 0 {
			return sec, nil // the gate or a cancel was first: there is no exit code to record
		}
		sec.Body = c.body(t.Plan.Command, s)
		sec.Gaps, sec.Limits = s.Gaps, append(s.Limits, c.plan.Redactor.Limits()...)
		if c.plan.PassOIDC {
			sec.Limits = append(sec.Limits, "the step had the job's OIDC variables (pass-oidc): it could sign as the job")
		}
		for _, o := range s.Outputs {
			if !o.Complete {
				sec.Limits = append(sec.Limits, o.Name+" was still held open by another process and was not read to its end")
			}
			if o.SpoolError != "" {
				sec.Gaps = append(sec.Gaps, o.Name+" could not be kept: "+o.SpoolError)
			}
			switch {
			case o.ReaderGone:
				sec.Limits = append(sec.Limits, o.Name+" was closed by its reader: "+o.WriteError)
			case o.WriteError != "":
				sec.Gaps = append(sec.Gaps, o.Name+" could not be passed on: "+o.WriteError)
			}
		}
		return sec, nil
	}, nil
}

func (c commandRunCollector) body(argv []string, s Step) attest.CommandRun {
	run := attest.CommandRun{Cmd: c.plan.redactArgs(argv), ExitCode: s.ExitCode, Signal: s.Signal}
	for i, arg := range run.Cmd {
		run.Cmd[i] = recordedText(arg) // JSON would make one of all arguments that are not UTF-8
	}
	for _, o := range s.Outputs {
		run.Outputs = append(run.Outputs, attest.OutputStream{
			Name: o.Name, Size: o.Size, Digest: attest.SHA256(o.SHA256), Truncated: o.Truncated, Complete: o.Complete,
		})
	}
	for _, v := range s.Survivors {
		run.Survivors = append(run.Survivors, attest.Survivor{ProcessID: v.PID, Comm: v.Command})
	}
	return run
}
