package action

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/org/cilock-action/internal/runner"
	"github.com/org/cilock-action/internal/verdict"
)

// Inputs is what the caller asked for, from flags or from the action's inputs.
// It is not judged yet: MakePlan does that.
type Inputs struct {
	Step         string     // name of the step in the evidence
	Command      []string   // argv
	Wrap         WrapInputs // or the action to wrap
	WorkingDir   string     // empty: the current directory
	Env          []string   // the step's environment before filtering; nil: our own
	Attestations []string   // optional collectors; nil: all of them
	Outfile      string
	Page         string // path of an HTML report; empty: none
	SARIF        string // file for the findings; empty: none, and inside the action beside the evidence
	Signing      SigningInputs
	Secrets      SecretInputs
	FailOn       string
	PassOIDC     bool
	Include      []string // product globs
	Exclude      []string
	Subjects     []string // paths or NAME@sha256:HEX; empty: the products
	Trace        string   // auto, ebpf, ptrace or off; empty: auto
	Resolve      string   // how far action references are followed: off, local or online; empty: local
	Deny         string   // path of a deny-list for them
	Policy       PolicyInputs
	TrustedRoot  string // path, for keyless functionaries of the policy
	// InAction: called by action.yml. The step then gets output and summary
	// files of its own, so that it cannot write our outputs, and ours are set.
	InAction bool
}

// VerifyInputs is what `verify` was asked for.
type VerifyInputs struct {
	Subjects  []string
	Bundles   []string
	Key       string
	FailOn    string
	Proofs    []string
	NoSubject bool   // --skip-subject-unsafe
	Format    string // text or json
	Policy    PolicyInputs
	Summary   string // path for a verification summary; empty: none
	// SummaryKey is the private key that signs the summary; empty: nobody signs it.
	SummaryKey string
	InAction   bool // called by action.yml: outputs are set, findings annotated
	TrustInputs
}

// RefsInputs is what `refs` was asked for.
type RefsInputs struct {
	Paths    []string // files and folders; empty: the current folder
	Resolve  string   // off, local or online; empty: local
	Deny     string   // path of a deny-list
	Fix      bool     // pin in place
	FailOn   string   // error or warning
	Format   string   // text, github, json or sarif; empty: by where it runs
	InAction bool     // called by action.yml: the verdict is set as output
}

// Call is one use of the action: its mode and the inputs of that mode.
type Call struct {
	Mode   string
	Run    Inputs
	Verify VerifyInputs
	Refs   RefsInputs
	Attest AttestInputs
	Scan   ScanInputs
	Shell  string
	Script string
	given  []string // names of the inputs that ask for something, in the table's order
}

// InputPrefix marks the variables by which action.yml hands its inputs over.
// action.yml sets every one of them, so that a variable of the job can not
// stand in for an input that the workflow left out.
const InputPrefix = "CILOCK_INPUT_"

// InputVariable is the variable that carries an input of action.yml.
func InputVariable(input string) string {
	return InputPrefix + strings.ToUpper(strings.ReplaceAll(input, "-", "_"))
}

// input is one input of action.yml. One without set belongs to a feature that
// is not built: any value but off is refused, since silence would be a
// fail-open.
type input struct {
	name string
	set  func(c *Call, value string) error
	off  string // a value that asks for nothing
	std  string // action.yml's default, which says nothing about what the workflow wants
}

// inputs is the whole table of action.yml, in its order.
func inputs() []input {
	return []input{
		{name: "mode", std: "run", set: setMode},
		{name: "step", set: func(c *Call, v string) error { c.Run.Step = v; return nil }},
		{name: "command", set: func(c *Call, v string) error { c.Script = v; return nil }},
		{name: "shell", std: "bash", set: func(c *Call, v string) error { c.Shell = v; return nil }},
		{name: "action-ref", set: func(c *Call, v string) error { c.Run.Wrap.Ref = v; return nil }},
		{name: "action-inputs", set: pairsInput("action-inputs", func(w *WrapInputs) *[]runner.Pair { return &w.Inputs })},
		{name: "action-env", set: pairsInput("action-env", func(w *WrapInputs) *[]runner.Pair { return &w.Env })},
		{name: "action-dir", set: func(c *Call, v string) error { c.Run.Wrap.Dirs = lines(v); return nil }},
		{name: "wrapped-commands", set: func(c *Call, v string) error { c.Run.Wrap.Commands = v; return nil }},
		{name: "pass-oidc", std: "false", set: func(c *Call, v string) (err error) {
			c.Run.PassOIDC, err = boolean("pass-oidc", v)
			return err
		}},
		{name: "workingdir", set: func(c *Call, v string) error { c.Run.WorkingDir = v; return nil }},
		{name: "attestations", set: func(c *Call, v string) error { c.Run.Attestations = List(v); return nil }},
		{name: "trace", std: "auto", set: func(c *Call, v string) error { c.Run.Trace = v; return nil }},
		{name: "policy", set: forPolicy(func(p *PolicyInputs) *string { return &p.Policy })},
		{name: "policy-key", set: forPolicy(func(p *PolicyInputs) *string { return &p.Key })},
		{name: "policy-cert-identity", set: forPolicy(func(p *PolicyInputs) *string { return &p.Identity })},
		{name: "policy-cert-oidc-issuer", set: forPolicy(func(p *PolicyInputs) *string { return &p.Issuer })},
		{name: "fail-on", std: "fail", set: func(c *Call, v string) error { c.Run.FailOn, c.Verify.FailOn, c.Refs.FailOn = v, v, v; return nil }},
		{name: "secretscan-max-decode-layers", set: func(c *Call, v string) error { c.Run.Secrets.Layers, c.Scan.Depth = v, v; return nil }},
		{name: "secretscan-fail-on-detection", set: func(c *Call, v string) (err error) {
			c.Run.Secrets.Fail, err = boolean("secretscan-fail-on-detection", v)
			return err
		}},
		{name: "secretscan-fail-tier", set: func(c *Call, v string) error { c.Run.Secrets.FailTier, c.Scan.FailTier = v, v; return nil }},
		{name: "env", set: func(c *Call, v string) error {
			c.Run.Secrets.Env = List(strings.ReplaceAll(v, ",", " "))
			c.Scan.Env = c.Run.Secrets.Env
			return nil
		}},
		{name: "product-include-glob", set: func(c *Call, v string) error { c.Run.Include = List(v); return nil }},
		{name: "product-exclude-glob", set: func(c *Call, v string) error { c.Run.Exclude = List(v); return nil }},
		{name: "subjects", set: func(c *Call, v string) error {
			c.Run.Subjects, c.Verify.Subjects, c.Attest.Subjects = List(v), List(v), List(v)
			return nil
		}},
		{name: "predicate", set: func(c *Call, v string) error { c.Attest.Predicate = v; return nil }},
		{name: "predicate-type", set: func(c *Call, v string) error { c.Attest.Type = v; return nil }},
		{name: "bundle", set: func(c *Call, v string) error { c.Verify.Bundles, c.Attest.Countersign = List(v), v; return nil }},
		{name: "paths", set: func(c *Call, v string) error { c.Refs.Paths, c.Scan.Paths = List(v), List(v); return nil }},
		{name: "resolve", set: func(c *Call, v string) error { c.Run.Resolve, c.Refs.Resolve = v, v; return nil }},
		{name: "deny-list", set: func(c *Call, v string) error { c.Run.Deny, c.Refs.Deny = v, v; return nil }},
		{name: "outfile", set: func(c *Call, v string) error { c.Run.Outfile, c.Attest.Outfile = v, v; return nil }},
		{name: "report", set: func(c *Call, v string) error { c.Run.Page = v; return nil }},
		{name: "vsa", set: func(c *Call, v string) error { c.Verify.Summary = v; return nil }},
		{name: "key", set: func(c *Call, v string) error {
			c.Run.Signing.Key, c.Verify.Key, c.Attest.Signing.Key = v, v, v
			return nil
		}},
		{name: "certificate", set: signing(func(s *SigningInputs, t *TrustInputs) (*string, *string) { return &s.Cert, &t.Certificate })},
		{name: "certificate-chain", set: signing(func(s *SigningInputs, t *TrustInputs) (*string, *string) { return &s.CertChain, &t.Chain })},
		{name: "keyless", set: func(c *Call, v string) (err error) {
			c.Verify.Keyless, err = boolean("keyless", v)
			for _, s := range []*SigningInputs{&c.Run.Signing, &c.Attest.Signing} {
				s.Keyless, s.Local = c.Verify.Keyless, !c.Verify.Keyless
			}
			return err
		}},
		{name: "identity-token", set: signing(func(s *SigningInputs, _ *TrustInputs) (*string, *string) { return &s.IdentityToken, nil })},
		{name: "cert-identity", set: func(c *Call, v string) error { c.Verify.Identity = v; return nil }},
		{name: "cert-identity-regexp", set: func(c *Call, v string) error { c.Verify.IdentityPattern = v; return nil }},
		{name: "cert-oidc-issuer", set: func(c *Call, v string) error { c.Verify.Issuer = v; return nil }},
		{name: "verify-repo", set: func(c *Call, v string) error { c.Verify.Repository = v; return nil }},
		{name: "verify-ref", set: func(c *Call, v string) error { c.Verify.Ref = v; return nil }},
		{name: "verify-commit", set: func(c *Call, v string) error { c.Verify.Commit = v; return nil }},
		{name: "runner-environment", set: func(c *Call, v string) error { c.Verify.Runner = v; return nil }},
		{name: "fulcio-url", set: signing(func(s *SigningInputs, t *TrustInputs) (*string, *string) { return &s.FulcioURL, &t.FulcioURL })},
		{name: "rekor-url", set: signing(func(s *SigningInputs, t *TrustInputs) (*string, *string) { return &s.RekorURL, &t.RekorURL })},
		{name: "timestamp-url", set: signing(func(s *SigningInputs, t *TrustInputs) (*string, *string) { return &s.TimestampURL, &t.TimestampURL })},
		{name: "trusted-root", set: func(c *Call, v string) error { c.Verify.TrustedRoot, c.Run.TrustedRoot = v, v; return nil }},
		{name: "signing-config", set: signing(func(s *SigningInputs, _ *TrustInputs) (*string, *string) { return &s.SigningConfig, nil })},
		{name: "binary-path", set: func(*Call, string) error { return nil }}, // used by action.yml's script
		{name: "binary-mirror"},
		{name: "github-token", set: func(*Call, string) error { return nil }}, // read where it is used: it is a secret
		{name: "require-signing", std: "false", set: func(c *Call, v string) (err error) {
			c.Run.Signing.RequireSigning, err = boolean("require-signing", v)
			c.Attest.Signing.RequireSigning = c.Run.Signing.RequireSigning
			return err
		}},
	}
}

// forPolicy sets an input that means the same to run and verify.
func forPolicy(of func(*PolicyInputs) *string) func(*Call, string) error {
	return func(c *Call, v string) error {
		*of(&c.Run.Policy), *of(&c.Verify.Policy) = v, v
		return nil
	}
}

// signing sets an input that means the same to everything that signs, and, where
// of gives a second place, to verify.
func signing(of func(*SigningInputs, *TrustInputs) (*string, *string)) func(*Call, string) error {
	return func(c *Call, v string) error {
		for _, s := range []*SigningInputs{&c.Run.Signing, &c.Attest.Signing} {
			one, other := of(s, &c.Verify.TrustInputs)
			*one = v
			if other != nil {
				*other = v
			}
		}
		return nil
	}
}

// InputNames are the names of all inputs, sorted.
func InputNames() []string {
	var names []string
	for _, in := range inputs() {
		names = append(names, in.name)
	}
	sort.Strings(names)
	return names
}

// ParseInputs reads the inputs of action.yml. Values are trimmed of the white
// space that YAML block scalars add, but for the command.
func ParseInputs(getenv func(string) string) (Call, error) {
	c := Call{Run: Inputs{InAction: true}, Verify: VerifyInputs{InAction: true}, Refs: RefsInputs{InAction: true, Format: "github"}, Attest: AttestInputs{InAction: true}, Scan: ScanInputs{InAction: true}}
	for _, in := range inputs() {
		value := getenv(InputVariable(in.name))
		if in.name != "command" {
			value = strings.TrimSpace(value)
		}
		if value == "" || value == in.off {
			continue
		}
		if in.set == nil {
			return Call{}, NotAvailable("input " + in.name)
		}
		if value != in.std {
			c.given = append(c.given, in.name)
		}
		if err := in.set(&c, value); err != nil {
			return Call{}, err
		}
	}
	return c, c.complete()
}

// ofOneMode are the inputs that mean something to verify alone, or to nothing
// but it. Elsewhere they are refused: whoever gives them counts on them.
func (c *Call) ofOneMode() error {
	verify := []string{"cert-identity", "cert-identity-regexp", "cert-oidc-issuer", "verify-repo", "verify-ref", "verify-commit", "runner-environment", "vsa"}
	sign := []string{"identity-token", "signing-config"}
	for _, name := range c.given {
		mode := cmp.Or(c.Mode, "run")
		switch {
		case name == "policy" && c.Run.Policy.Policy == PolicyNone:
		case strings.HasPrefix(name, "policy") && mode != "verify" && mode != "run", name == "trusted-root" && mode != "verify" && !(mode == "run" && c.Run.Policy.Given()):
			return verdict.Misuse("input %s has a meaning in mode verify only, or beside a policy in mode run", name)
		case name == "report" && mode != "run":
			return verdict.Misuse("input report has a meaning in mode run only: `cilock report` makes one of any evidence")
		case slices.Contains(verify, name) && c.Mode != "verify":
			return verdict.Misuse("input %s has a meaning in mode verify only", name)
		case slices.Contains(sign, name) && (c.Mode == "verify" || c.Mode == "refs"),
			c.Mode == "scan" && !slices.Contains(scanInputNames(), name):
			return verdict.Misuse("input %s has no meaning in mode %s", name, c.Mode)
		}
	}
	return nil
}

// scanInputNames are the inputs that mode scan knows, and those of the action itself.
func scanInputNames() []string {
	return []string{
		"mode", "paths", "secretscan-max-decode-layers", "secretscan-fail-on-detection", "secretscan-fail-tier", "env",
		"binary-path", "github-token",
	}
}

// completeScan fills in the default, and refuses what would be a scan that finds and passes.
func (c *Call) completeScan() error {
	if slices.Contains(c.given, "secretscan-fail-on-detection") && !c.Run.Secrets.Fail {
		return verdict.Misuse("input secretscan-fail-on-detection is false, and mode scan fails on what it finds: continue-on-error lets the job go on")
	}
	if len(c.Scan.Paths) == 0 {
		c.Scan.Paths = []string{"."}
	}
	return nil
}

// complete checks what the runner does not: `required` is not enforced there.
func (c *Call) complete() error {
	if err := c.ofOneMode(); err != nil {
		return err
	}
	if c.Mode != "refs" && c.Mode != "scan" && c.Refs.Paths != nil {
		return verdict.Misuse("input paths has a meaning in modes refs and scan only")
	}
	if c.Mode != "attest" && c.Attest.Predicate+c.Attest.Type != "" {
		return verdict.Misuse("inputs predicate and predicate-type have a meaning in mode attest only")
	}
	switch c.Mode {
	case "", "run":
		c.Mode = "run"
		if err := c.completeWrap(); err != nil || c.Run.Wrap.Ref != "" {
			return err
		}
		if strings.TrimSpace(c.Script) == "" {
			return verdict.Misuse("input command or action-ref is required in mode run: give what to wrap")
		}
		argv, err := shellCommand(c.Shell, c.Script)
		if err != nil {
			return err
		}
		c.Run.Command = argv
	case "verify", "refs", "attest", "scan":
		if c.Script != "" || c.Run.Wrap.Ref != "" {
			return verdict.Misuse("inputs command and action-ref have no meaning in mode %s", c.Mode)
		}
		if c.Mode == "scan" {
			return c.completeScan()
		}
	}
	return nil
}

func setMode(c *Call, v string) error {
	switch v {
	case "run", "verify", "refs", "scan", "attest":
		c.Mode = v
		return nil
	}
	return verdict.Misuse("input mode is %q, expected run, verify, refs, scan or attest", v)
}

// NotAvailable refuses a flag, verb or input whose feature is not built yet.
func NotAvailable(what string) error {
	return verdict.Misuse("%s is not available in this version", what)
}

// List splits on spaces and newlines, as every list input does.
func List(s string) []string { return strings.Fields(s) }

// lines splits on newlines alone: for paths, which may hold spaces.
func lines(s string) (list []string) {
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

func boolean(name, v string) (bool, error) {
	switch v {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, verdict.Misuse("input %s is %q, expected true or false", name, v)
}
