// FIPS 140-3 mode is the default however this was built; GODEBUG can still turn
// it off, and `doctor` says which it is. See ARCHITECTURE.md, Cryptography.
//go:debug fips140=on

// Command action is cilock: the notary for pipeline steps. This file is the
// composition root: it hands the real world to the verbs and turns their
// answer into an exit code.
package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/policy"
	"github.com/org/cilock-action/internal/runner"
	"github.com/org/cilock-action/internal/sink"
	"github.com/org/cilock-action/internal/step"
	"github.com/org/cilock-action/internal/tracerd"
	"github.com/org/cilock-action/internal/verdict"
)

func main() {
	if len(os.Args) < 2 || os.Args[1] != runner.Verb { // the driver is watched as a step is: a tracer of the same user looks into it
		harden()
	}
	beFrugal()
	code, err := dispatch(os.Args[1:])
	if err != nil {
		printError(err)
	}
	os.Exit(code)
}

// beFrugal has the garbage collector run for the first time at about 16 MB, which
// most runs never reach, and from then on when the heap has grown by half and not
// by all of itself: a start costs a fifth less, and large records a fifth less
// memory (docs/performance.md). GOGC goes before.
func beFrugal() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(400) // of the runtime's least heap, 4 MB
	runtime.AddCleanup(&struct{ _ [64]byte }{}, func(percent int) { debug.SetGCPercent(percent) }, 50)
}

// verb is one word after the program's name. One without run belongs to a
// feature that is not built.
type verb struct {
	name string
	out  *os.File // where its facts are printed
	run  func(ctx context.Context, args []string, d action.Deps) (int, error)
	does string
}

func verbs() []verb {
	return []verb{
		{"run", os.Stderr, runVerb, "wrap a command: run [flags] -- COMMAND [ARG...]"},
		{"wrap", os.Stderr, wrapVerb, "wrap another action: wrap [flags] OWNER/REPO[/PATH]@SHA"},
		{"verify", os.Stdout, verifyVerb, "verify evidence: verify (--key PUB | --verify-repo OWNER/REPO --trusted-root FILE | --policy FILE --policy-key PUB) --bundle FILE SUBJECT..."},
		{"report", os.Stderr, reportVerb, "make one HTML file of evidence, for reading offline: report --bundle FILE... --out FILE.html [flags of verify]"},
		{"prove", os.Stdout, proveVerb, "prove one file or line of a trace by itself: prove --bundle FILE --product PATH"},
		{"attest", os.Stderr, attestVerb, "sign a statement: attest --type TYPE [--predicate FILE] SUBJECT...; attest --log-later BUNDLE; attest --countersign BUNDLE"},
		{"refs", os.Stdout, refsVerb, "judge action references: refs [flags] [PATH...]"},
		{"trace", os.Stderr, traceVerb, "record what a command does: trace [flags] -- COMMAND [ARG...]; trace replay FILE"},
		{"trusted-root", os.Stderr, trustedRootVerb, "fetch what verify trusts, through TUF: trusted-root [--tuf-mirror URL --tuf-root FILE] [--signing-config FILE]"},
		{"scan", os.Stdout, scanVerb, "find secrets in files, however they are encoded: scan [flags] PATH... (- is standard input)"},
		{"doctor", os.Stdout, doctorVerb, "tell what this machine can do, and what each gap would cost: doctor [--online] [--format json]"},
		{"version", os.Stdout, versionVerb, "tell the version, commit and cryptographic module of this program"},
		{"action", os.Stderr, actionVerb, "what action.yml calls"},
		{"policy", os.Stderr, policyVerb, "author policies: policy build P.yaml -o P.json; policy sign P.json -o FILE; policy check FILE; policy test PATH..."},
	}
}

func dispatch(args []string) (int, error) {
	if len(args) == 0 {
		return verdict.ExitMisuse, verdict.Misuse("no verb: `cilock help` lists them")
	}
	name := args[0]
	switch {
	case name == tracerd.Verb && len(args) == 1:
		return tracerVerb()
	case name == policy.Verb && len(args) == 1:
		return evaluateVerb()
	case name == runner.Verb:
		d, stop := world(os.Stderr)
		defer stop()
		return driverVerb(d), nil
	}
	switch {
	case name == "help" && len(args) == 2:
		args = []string{args[1], "--help"}
		name = args[0]
	case name == "help" || isHelp(name):
		help(os.Stdout, "")
		return 0, nil
	case name == "--version":
		name = "version"
	}
	for _, v := range verbs() {
		switch {
		case v.name != name:
		case v.run == nil:
			return verdict.ExitMisuse, action.NotAvailable("verb " + name)
		case len(args) == 2 && isHelp(args[1]):
			help(os.Stdout, name)
			return 0, nil
		default:
			d, stop := world(v.out)
			defer stop()
			return v.run(context.Background(), args[1:], d)
		}
	}
	return verdict.ExitMisuse, unknownVerb(name)
}

func unknownVerb(name string) error {
	var known []string
	for _, v := range verbs() {
		known = append(known, v.name)
	}
	meant := nearest(name, known)
	if meant != "" {
		meant = "did you mean " + meant + "? "
	}
	return verdict.Misuse("unknown verb %q: %s`cilock help` lists them", name, meant)
}

func isHelp(arg string) bool { return arg == "--help" || arg == "-h" }

// world is the real one. stop puts the signals back.
func world(out *os.File) (d action.Deps, stop func()) {
	signals, stop := step.Signals()
	s := sink.New(sink.Options{Writer: out, Getenv: os.Getenv})
	return action.Deps{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Environ: os.Environ(), Signals: signals, Sink: s,
		TempDir: os.Getenv("RUNNER_TEMP"),
		Now:     func() time.Time { return time.Now().UTC() },
		IDToken: s.IDToken, Tracer: tracerPath(),
	}, stop
}

// tracerPath is this program, for sudo to start: its own /proc/self is another.
func tracerPath() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	return path
}

// printError prints one line, through the redactor and the sink like everything
// else: an error may quote untrusted text, and what was given as an input.
func printError(err error) {
	text := action.ErrorText(err, os.Environ())
	s := sink.New(sink.Options{Writer: os.Stderr, Getenv: os.Getenv})
	s.Line("cilock: " + strings.ReplaceAll(text, "\n", "; "))
	if s.InActions() {
		s.Annotate(sink.Error, sink.Properties{Title: "cilock"}, text)
		s.Flush()
	}
}

// help prints what there is to say of one verb, or of all.
func help(w io.Writer, only string) {
	fmt.Fprintln(w, "cilock: the notary for pipeline steps")
	for _, v := range verbs() {
		if v.run != nil && (only == "" || only == v.name) {
			fmt.Fprintf(w, "\n  cilock %s\n      %s\n", v.name, v.does)
		}
	}
	for _, part := range flagParts() {
		if only == "" || only == part.verb {
			fmt.Fprintf(w, "\nflags of %s%s:\n", part.verb, part.note)
			helpFlags(w, part.flags)
		}
	}
	fmt.Fprintln(w, "\nlists are separated by spaces, or the flag is repeated; globs: ** crosses folders")
	for _, part := range flagParts() {
		if part.verb == cmp.Or(only, "run") {
			fmt.Fprintf(w, "\nexit codes of %s: %s\n", part.verb, part.exits)
		}
	}
}

// flagPart is the flags of one verb, as help shows them.
type flagPart struct {
	verb, note string
	flags      []flagSpec
	exits      string // what its exit codes say
}

func flagParts() []flagPart {
	return []flagPart{
		{"run", "", runFlags(new(action.Inputs)), "the step's own if it is not 0; else 0 nothing that --fail-on names,\n1 evidence could not be written, 2 misuse, 3 verdict fail, or warn where that\nfails, 4 incomplete where that fails, or less than --require-signing asks for"},
		{"wrap", " (and those of run)", wrapFlags(new(action.Inputs), new(string))[:5], "those of run; 3 also for an action that is refused before it starts"},
		{"verify", "", verifyFlags(new(action.VerifyInputs)), "0 nothing that --fail-on names, 1 the answer could not be written,\n2 misuse, 3 verdict fail, or warn where that fails, 4 incomplete where that fails"},
		{"report", "", reportFlags(new(action.ReportInputs)), "0 written, 1 not written, 2 misuse, 3 a file that is no evidence; with flags that\nverify, those of verify, and the report is written all the same"},
		{"prove", "", proveFlags(new(action.ProveInputs)), "0 proved, 1 the proof could not be written, 2 misuse, or nothing to prove"},
		{"attest", "", attestFlags(new(action.AttestInputs)), "0 signed, 1 it could not be signed, written or logged later,\n2 misuse, 4 less than --require-signing asks for, or logged later without a trusted time"},
		{"refs", " (a PATH is a file, or a folder with its workflows and actions; default: here)", refsFlags(new(action.RefsInputs)), "0 nothing that --fail-on names, 1 the answer could not be written,\n2 misuse, 3 an error, or a warning where that fails"},
		{"trace", "", traceFlags(new(action.TraceInputs)), "the command's own if it is not 0; else 0 it was seen, 1 the trace could not\nbe written, 2 misuse, 3 replay of what is no trace, 4 the trace has a gap"},
		{"scan", "", scanFlags(new(action.ScanInputs)), "0 nothing found, 1 the answer could not be written, 2 misuse,\n3 a finding that fails, 4 none, and not everything could be scanned"},
		{"policy", "", policyFlags(new(action.PolicySignInputs)), "0 done, or nothing to say against it, 1 not written, 2 misuse, or a plan with mistakes,\n3 mistakes in a policy, or a test that failed"},
		{"trusted-root", "", rootFlags(new(action.RootInputs)), "0 written, 1 not fetched or not written, 2 misuse"},
		{"doctor", "", doctorFlags(new(action.DoctorInputs)), "0 whatever was found, 1 the answer could not be written, 2 misuse"},
	}
}

func helpFlags(w io.Writer, specs []flagSpec) {
	for _, f := range specs {
		if f.set == nil {
			continue
		}
		name := strings.TrimPrefix(f.short+" "+f.name, " ")
		if len(name) > 26 { // the help has a line of its own, in its column
			fmt.Fprintf(w, "  %s\n", name)
			name = ""
		}
		fmt.Fprintf(w, "  %-26s %s\n", name, f.help)
	}
}
