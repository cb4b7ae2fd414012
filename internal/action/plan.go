package action

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/refs"
	"github.com/org/cilock-action/internal/tracerd"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/pkg/secretscan"
)

// Plan is everything that is decided before the step runs. After MakePlan no
// stage reads the environment.
type Plan struct {
	Name       string     // of the step
	Command    []string   // argv
	Dir        string     // absolute, symlinks resolved: working directory, and root of materials and products
	Env        []string   // the step's environment
	OwnEnv     []string   // our own, for the collectors that describe it
	Collectors []string   // optional collectors that are on: see optionalCollectors
	Named      bool       // the caller named them
	Trace      string     // how the step is watched: auto, ebpf, ptrace or off
	Resolve    string     // how far action references are followed: off, local or online
	Refs       refs.World // where to
	closeRefs  func()
	Include    []string // product globs; empty: all
	Exclude    []string

	Outfile  string // absolute path of the bundle; the other documents stand beside it
	Page     string // absolute path of the HTML report; empty: none
	SARIF    string // absolute path of the findings for code scanning; empty: they are not written
	Root     string // of the repository, for their places
	Subjects []subjectRef
	FailOn   verdict.FailOn
	Signing  Signing
	Redactor *secretscan.Redactor
	Secrets  *secretScan // nil: off
	Judge    Judge
	Wrap     *wrapped // the action to wrap; nil: a command
	PassOIDC bool     // what is wrapped keeps the job's OIDC variables
	early    []os.Signal
	Scratch  string // private folder for spools and the step's output files
	InAction bool
}

// The documents of a run beside the bundle.
const (
	EnvelopeSuffix   = attest.EnvelopeSuffix // the same step for Witness
	ProvenanceSuffix = ".slsa.json"          // SLSA provenance for what the step made
	PublicKeySuffix  = ".pub"                // the ephemeral key's public half
	TraceSuffix      = attest.TraceSuffix    // the trace, where it is too large for the statement
	SARIFSuffix      = ".sarif"              // the findings for code scanning, inside the action
)

// outputs are the paths that the run writes: never materials, never products.
func (p Plan) outputs() []string {
	written := []string{p.Outfile, p.Outfile + EnvelopeSuffix, p.Outfile + ProvenanceSuffix, p.Outfile + TraceSuffix}
	if p.Signing.Key.Ephemeral() {
		written = append(written, p.Outfile+PublicKeySuffix)
	}
	if p.Page != "" {
		written = append(written, p.Page)
	}
	if p.SARIF != "" {
		written = append(written, p.SARIF)
	}
	return written
}

// on reports whether an optional collector is on.
func (p Plan) on(name string) bool {
	for _, c := range p.Collectors {
		if c == name {
			return true
		}
	}
	return false
}

// Close removes the scratch folder and ends what the plan opened.
func (p Plan) Close() {
	p.Wrap.close()
	os.RemoveAll(p.Scratch)
	if p.closeRefs != nil {
		p.closeRefs()
	}
}

// MakePlan turns inputs into a plan or refuses them. Every error is misuse
// (exit code 2): nothing has run yet, so nothing is lost.
func MakePlan(in Inputs, d Deps) (Plan, error) {
	if in.Wrap.Ref == "" && (len(in.Command) == 0 || in.Command[0] == "") {
		return Plan{}, verdict.Misuse("no command to wrap: give it after --, as in `cilock run --step build -- make`")
	}
	p := Plan{
		Command: in.Command, OwnEnv: d.Environ, Include: in.Include, Exclude: in.Exclude,
		InAction: in.InAction,
	}
	p.Redactor = NewRedactor(in.secretEnviron(d))
	for _, set := range []func(*Plan, Inputs, Deps) error{
		planName, planDir, planCollectors, planTrace, planPolicy, planSecrets, planGlobs, planVerdict, planSigning, planOutfile, planPage, planSARIF, planScratch, planEnv, planSubjects, planRefs, planWrap,
	} {
		if err := set(&p, in, d); err != nil {
			p.Close()
			return Plan{}, err
		}
	}
	return p, nil
}

// secretEnviron is where secrets are looked for by their names: our environment,
// and what a wrapped action is given.
func (in Inputs) secretEnviron(d Deps) []string {
	return append(slices.Clone(d.Environ), in.Wrap.variables()...)
}

func planName(p *Plan, in Inputs, _ Deps) error {
	p.Name = in.Step
	switch {
	case p.Name != "":
	case in.Wrap.Ref != "":
		p.Name = in.Wrap.nameOf()
	default:
		p.Name = filepath.Base(in.Command[0])
	}
	if len(p.Name) > 256 || !utf8.ValidString(p.Name) || strings.ContainsFunc(p.Name, unicode.IsControl) {
		return verdict.Misuse("step name %q: expected at most 256 bytes of printable text", p.Name)
	}
	p.Name = p.Redactor.RedactString(p.Name) // it stands in evidence, titles and file names
	return nil
}

// planDir resolves the working directory. An action runs in the workspace, wherever
// it is called from.
func planDir(p *Plan, in Inputs, d Deps) error {
	if workspace := d.Getenv("GITHUB_WORKSPACE"); in.WorkingDir == "" && in.Wrap.Ref != "" && workspace != "" {
		in.WorkingDir = workspace
	}
	dir, err := filepath.Abs(in.WorkingDir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return verdict.Misuse("working directory %q: %w", in.WorkingDir, Advised(err))
	}
	info, err := os.Stat(dir)
	if err != nil {
		return verdict.Misuse("working directory %q: %w", in.WorkingDir, Advised(err))
	}
	if !info.IsDir() {
		return verdict.Misuse("working directory %q is not a directory", in.WorkingDir)
	}
	p.Dir = dir
	return nil
}

// optionalCollectors are those that a caller can choose from.
func optionalCollectors() []string {
	return []string{"environment", "git", "github", "github-action", lockfileName, reviewName, secretscanName}
}

// planCollectors accepts Witness' spelling. command-run, material and product
// are always on: evidence without them is about nothing. So is what is derived
// from them.
func planCollectors(p *Plan, in Inputs, _ Deps) error {
	names := in.Attestations
	p.Named = names != nil
	if names == nil {
		names = optionalCollectors()
	}
	for _, name := range names {
		switch name {
		case "command-run", "material", "product", "trace", "sbom", "sarif", "vex", "vuln", "slsa":
		case "lockfiles":
			p.Collectors = append(p.Collectors, lockfileName)
		default:
			if !slices.Contains(optionalCollectors(), name) {
				return verdict.Misuse("attestation %q is not known, expected %s, separated by spaces", name, strings.Join(optionalCollectors(), ", "))
			}
			p.Collectors = append(p.Collectors, name)
		}
	}
	return nil
}

func planTrace(p *Plan, in Inputs, _ Deps) error {
	switch in.Trace {
	case "":
		p.Trace = tracerd.Auto
	case traceOff, tracerd.Auto, tracerd.EBPF, tracerd.Ptrace:
		p.Trace = in.Trace
	default:
		return verdict.Misuse("trace is %q, expected auto, ebpf, ptrace or off", in.Trace)
	}
	return nil
}

func planVerdict(p *Plan, in Inputs, _ Deps) (err error) {
	p.FailOn, err = verdict.ParseFailOn(in.FailOn)
	return err
}

// keyFromEnv in front of a name says that the key is in that variable.
const keyFromEnv = "env://"

// maxKeyFile is far above any key: a wrong path is not read into memory.
const maxKeyFile = 64 << 10

// ReadKey reads a key from a path, from env://NAME, or takes the PEM text
// itself. name describes the source and never holds the text.
func ReadKey(from string, getenv func(string) string) (text []byte, name string, err error) {
	if isPEM(from) {
		return []byte(from), "(given as text)", nil
	}
	if variable, ok := strings.CutPrefix(from, keyFromEnv); ok {
		value := getenv(variable)
		if value == "" {
			if variableName(variable) {
				return nil, "", verdict.Misuse("key %s: the variable %s is empty or not set", from, variable)
			}
			return nil, "", verdict.Misuse("key %s: the variable is empty or not set", keyName(from))
		}
		return []byte(value), from, nil
	}
	f, err := filetree.OpenRegular(from)
	if err != nil {
		if path := new(fs.PathError); errors.As(err, &path) {
			err = path.Err // without the path
		}
		return nil, "", verdict.Misuse("read key %s: %w", keyName(from), Advised(err))
	}
	defer f.Close()
	text, err = io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, "", verdict.Misuse("read key %s: %w", keyName(from), err)
	}
	return text, from, nil
}

// variableName reports whether a text looks like the name of a variable beyond
// doubt: capitals, and too short for a key's text in base32 or hex.
func variableName(s string) bool {
	for i, r := range s {
		if r != '_' && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 40
}

// isPEM tells a key's text from the name of a place that holds it.
// Text may come before its frame: openssl pkcs12 writes bag attributes there.
func isPEM(s string) bool { return strings.Contains(s, "-----BEGIN ") }

// keyName is what an error calls a key that could not be read: its path, if
// it is one beyond doubt. Who gives a key where its path belongs (in base64,
// in hex, without its frame) must not see it in a log.
func keyName(from string) string {
	_, err := os.Lstat(from)
	if err == nil || len(from) <= 256 && strings.Contains(filepath.Base(from), ".") && !strings.ContainsAny(from, "\n\r") {
		return from
	}
	return fmt.Sprintf("(a value of %d bytes that is no file, not shown since it may be a key itself)", len(from))
}

func planScratch(p *Plan, _ Inputs, d Deps) error {
	dir, err := os.MkdirTemp(d.TempDir, "cilock-")
	if err == nil {
		dir, err = filepath.Abs(dir) // the step and git run elsewhere
	}
	if err != nil {
		return verdict.Misuse("make a temporary folder: %w", err)
	}
	p.Scratch = dir
	return nil
}

// stepFiles are the file commands that the step gets for itself inside the
// action. A step that shares ours could set our verdict, or leave an open
// heredoc that swallows it.
func (p Plan) stepFiles() map[string]string {
	if !p.InAction {
		return nil
	}
	return map[string]string{
		"GITHUB_OUTPUT": filepath.Join(p.Scratch, "output"),
		"GITHUB_STATE":  filepath.Join(p.Scratch, "state"),
	}
}

func planEnv(p *Plan, in Inputs, d Deps) error {
	env := in.Env
	if env == nil {
		env = d.Environ
	}
	p.Env, p.PassOIDC = stepEnv(env, in.Signing.Key, in.PassOIDC), in.PassOIDC
	if in.Wrap.Ref != "" {
		p.Env = withoutInputs(p.Env)
	}
	for name, path := range p.stepFiles() {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			return verdict.Misuse("make the step's %s: %w", name, err)
		}
		p.Env = withEnv(p.Env, name, path)
	}
	return nil
}

func planSubjects(p *Plan, in Inputs, _ Deps) error {
	for _, s := range in.Subjects {
		ref, err := parseSubject(s)
		if exists(absolute(p.Dir, s)) {
			ref, err = subjectRef{name: s, path: s}, nil // a file may be called NAME@sha256:HEX
		}
		if err != nil {
			return verdict.Misuse("subject %q: %w", s, err)
		}
		p.Subjects = append(p.Subjects, ref)
	}
	if len(p.Subjects) > attest.MaxSubjects {
		return verdict.Misuse("%d subjects, at most %d fit in one statement", len(p.Subjects), attest.MaxSubjects)
	}
	return nil
}

// planGlobs refuses a malformed pattern: it would silently match nothing.
func planGlobs(p *Plan, _ Inputs, _ Deps) error {
	if _, err := filetree.ParseGlobs(p.Include, p.Exclude); err != nil {
		return verdict.Misuse("product globs: %w", err)
	}
	return nil
}
