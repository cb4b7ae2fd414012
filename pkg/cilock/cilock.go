// Package cilock wraps a command and returns signed evidence of what it did:
// the whole of cilock as one function.
//
// It reads no environment variables but those by which [os.TempDir] finds the
// folder for its spools: what else it may know is in Options. The package starts the program that uses it a second time, as `PROGRAM __exec`,
// to hold the command's process still until everything that observes it is
// ready; that second start never reaches the program's main.
package cilock

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/org/cilock-action/internal/action"
)

// Options say how to wrap a command. Only Outfile is required.
type Options struct {
	// Step is the step's name in the evidence; the command's name if empty.
	Step string
	// Dir is the working directory, and the root of materials and products.
	Dir string
	// Env is the command's environment, KEY=VALUE, and what redaction learns
	// the secrets from. Nil is an empty environment, not that of the process.
	Env []string
	// Outfile is where the Sigstore bundle is written; the envelope for
	// Witness is beside it, with ".dsse.json" added, and SLSA provenance for
	// what a command that succeeded has made, with ".slsa.json" added.
	Outfile string
	// Key is a PKCS#8 private key in PEM (ECDSA P-256 or Ed25519): the path of
	// its file, env://NAME for a variable of Env, or the text itself. Without
	// it a key is made for the run, its public half goes to Outfile + ".pub",
	// and the evidence names no signer.
	Key string
	// Include and Exclude choose the products, as doublestar globs over paths
	// relative to Dir.
	Include, Exclude []string

	// Tracer is the path of a cilock program, which is started as the tracer of
	// the step, with sudo if need be. Without it the step is not watched.
	Tracer string

	Stdin          *os.File // nil is the null device
	Stdout, Stderr *os.File // nil discards
	// Log gets the facts of the run, one a line; nil discards them.
	Log io.Writer
	// Signals are passed to the command. SIGINT, SIGTERM and SIGHUP cancel it.
	Signals <-chan os.Signal
}

// Result is what became of a step.
type Result struct {
	Verdict  string   // pass, warn, incomplete or fail
	ExitCode int      // of the command: 128+n for a signal, 127 not found
	Started  bool     // the command ran
	Files    []string // the evidence that was written, the bundle first
	Findings []string // why the verdict is not pass
}

// Run wraps a command. The error is not about how the command ended: it is nil
// whenever the evidence was written.
func Run(ctx context.Context, command []string, o Options) (Result, error) {
	log := o.Log
	if log == nil {
		log = io.Discard
	}
	in := action.Inputs{
		Step: o.Step, Command: command, WorkingDir: o.Dir, Outfile: o.Outfile, Signing: action.SigningInputs{Key: o.Key},
		Include: o.Include, Exclude: o.Exclude,
	}
	if o.Tracer == "" {
		in.Trace = "off"
	}
	report, err := action.Run(ctx, in, action.Deps{
		Stdin: o.Stdin, Stdout: o.Stdout, Stderr: o.Stderr, Environ: o.Env, Signals: o.Signals,
		Sink: action.QuietSink(log), TempDir: os.TempDir(), Tracer: o.Tracer,
		Now: func() time.Time { return time.Now().UTC() },
	})
	result := Result{
		Verdict: string(report.Verdict), ExitCode: report.Step.ExitCode, Started: report.Step.Started, Files: report.Files,
	}
	for _, f := range report.Findings {
		result.Findings = append(result.Findings, f.String())
	}
	return result, err
}
