package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/org/cilock-action/pkg/attest"
)

// PayloadType is the DSSE payload type of a policy, Witness' own.
const PayloadType = "https://witness.testifysec.com/policy/v0.1"

// Bounds of a policy.
const (
	MaxDocument  = 16 << 20 // bytes
	maxSteps     = 200
	maxModules   = 1000 // of all steps
	maxThreshold = 32
)

// Document is a policy as Witness writes it (policy/policy.go of go-witness), with
// what is ours under the one key x-cilock.
type Document struct {
	Expires              time.Time            `json:"expires"`
	Roots                map[string]Root      `json:"roots,omitempty"`
	TimestampAuthorities map[string]Root      `json:"timestampauthorities,omitempty"`
	PublicKeys           map[string]PublicKey `json:"publickeys,omitempty"`
	Steps                map[string]Step      `json:"steps"`
	Ours                 *Extension           `json:"x-cilock,omitempty"`
}

// Root is a certificate authority, PEM.
type Root struct {
	Certificate   []byte   `json:"certificate"`
	Intermediates [][]byte `json:"intermediates,omitempty"`
}

// PublicKey is a key, PEM, under the SHA-256 of its PEM text.
type PublicKey struct {
	KeyID string `json:"keyid"`
	Key   []byte `json:"key"`
}

// Step is what is asked of the evidence of one step.
type Step struct {
	Name          string        `json:"name"`
	Functionaries []Functionary `json:"functionaries"`
	Attestations  []Attestation `json:"attestations"`
	ArtifactsFrom []string      `json:"artifactsFrom,omitempty"`
}

// Functionary is somebody who may sign a step's evidence: a key (type publickey),
// or whoever a certificate of one of the roots names (type root).
type Functionary struct {
	Type           string          `json:"type"`
	CertConstraint *CertConstraint `json:"certConstraint,omitempty"`
	PublicKeyID    string          `json:"publickeyid,omitempty"`
}

// The types of functionaries.
const (
	FunctionaryKey  = "publickey"
	FunctionaryRoot = "root"
)

// CertConstraint is attest.Constraint, and which roots; * stands for all.
type CertConstraint struct {
	CommonName    string            `json:"commonname"`
	DNSNames      []string          `json:"dnsnames"`
	Emails        []string          `json:"emails"`
	Organizations []string          `json:"organizations"`
	URIs          []string          `json:"uris"`
	Roots         []string          `json:"roots"`
	Extensions    map[string]string `json:"extensions"`
}

// Attestation is a type that must be there, and modules that judge each one.
type Attestation struct {
	Type         string       `json:"type"`
	RegoPolicies []RegoPolicy `json:"regopolicies"`
	Required     *bool        `json:"required,omitempty"` // absent: true
}

// RegoPolicy is one module.
type RegoPolicy struct {
	Module []byte `json:"module"`
	Name   string `json:"name"`
}

// Extension is what Witness does not know.
type Extension struct {
	// Version grows with each policy; --policy-min-version refuses older ones.
	Version int `json:"version"`
	// Steps add to the steps of the same names.
	Steps map[string]StepExtension `json:"steps,omitempty"`
	// Artifacts ask for statements about the artifact that are no step's evidence.
	Artifacts []Artifact `json:"artifacts,omitempty"`
	// DenySHAs are commits of actions that no evidence may name, 40 hex digits.
	DenySHAs []string `json:"denySHAs,omitempty"`
	// Params is what modules see as data.cilock.params.
	Params map[string]json.RawMessage `json:"params,omitempty"`
	// TrustedRoot verifies keyless functionaries; absent: the verifier's.
	TrustedRoot json.RawMessage `json:"trustedRoot,omitempty"`
}

// StepExtension adds to a step.
type StepExtension struct {
	Completeness string     `json:"completeness,omitempty"` // required (default) or allowed
	Threshold    int        `json:"threshold,omitempty"`    // distinct verified signers; 0 is 1
	Keyless      []Identity `json:"keyless,omitempty"`      // functionaries beside the step's own
	// MakesArtifact: the artifact must be named by the evidence of this step, or
	// another one that has it. Without it anywhere, whoever may sign for any step may
	// say which artifact the others are about, if the commit is the same.
	MakesArtifact bool `json:"makesArtifact,omitempty"`
}

// What a step's completeness may be.
const (
	CompletenessRequired = "required"
	CompletenessAllowed  = "allowed"
)

// Artifact asks for a statement of a type about the artifact.
type Artifact struct {
	Type          string        `json:"type"` // predicate type
	Required      *bool         `json:"required,omitempty"`
	Functionaries []Functionary `json:"functionaries,omitempty"`
	Keyless       []Identity    `json:"keyless,omitempty"`
	RegoPolicies  []RegoPolicy  `json:"regopolicies,omitempty"`
}

// Identity is a keyless functionary: what is empty may be anything, but an issuer
// and a name or a repository there must be.
type Identity struct {
	Issuer            string `json:"issuer"`
	Name              string `json:"identity,omitempty"`
	NamePattern       string `json:"identityRegexp,omitempty"` // anchored at both ends
	Repository        string `json:"repository,omitempty"`
	Ref               string `json:"ref,omitempty"`
	Workflow          string `json:"workflow,omitempty"`
	RunnerEnvironment string `json:"runnerEnvironment,omitempty"`
}

// ParseDocument reads a policy. It refuses fields that nobody reads, since
// whoever wrote them counts on them, and everything that Check refuses.
func ParseDocument(text []byte) (*Document, error) {
	if len(text) > MaxDocument {
		return nil, fmt.Errorf("policy has %d bytes, at most %d are read", len(text), MaxDocument)
	}
	d := new(Document)
	if err := attest.Strict(text, d); err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	if mistakes := d.Check(); len(mistakes) > 0 {
		return nil, fmt.Errorf("policy: %w", errors.Join(mistakes...))
	}
	return d, nil
}

// Check returns every mistake in a policy that can be seen without evidence.
// Modules are parsed, and compiled against the schemas of their types.
func (d *Document) Check() (mistakes []error) {
	c := checker{d: d, names: map[string]string{}, patience: newPatience()}
	c.document()
	for _, name := range slices.Sorted(maps.Keys(d.Steps)) {
		c.step(name, d.Steps[name])
	}
	if d.Ours != nil {
		c.extension(*d.Ours)
	}
	if c.obligations == 0 {
		c.add("the policy", "asks for nothing: it has neither a step with attestations nor an artifact's statement")
	}
	return c.mistakes
}

func (c *checker) document() {
	if c.d.Expires.IsZero() {
		c.add("expires", "is missing")
	}
	if n := len(c.d.Steps); n > maxSteps {
		c.add("steps", "are %d, at most %d are read", n, maxSteps)
	}
	for id, key := range c.d.PublicKeys {
		public, err := attest.ParsePublicKey(key.Key)
		switch {
		case err != nil:
			c.add("public key "+id, "%s", err)
		case public.ID() != key.KeyID || id != key.KeyID:
			c.add("public key "+id, "has the ID %s: its name and its keyid must be that", public.ID())
		}
	}
	for _, roots := range []map[string]Root{c.d.Roots, c.d.TimestampAuthorities} {
		for id, root := range roots {
			if _, err := root.chain(); err != nil {
				c.add("root "+id, "%s", err)
			}
		}
	}
}

func (c *checker) step(name string, s Step) {
	where := fmt.Sprintf("step %q", name)
	if s.Name != name || name == "" {
		c.add(where, "has the name %q", s.Name)
	}
	if len(s.Attestations) == 0 {
		c.add(where, "asks for no attestation")
	}
	ours := c.d.Ours.step(name)
	if len(s.Functionaries)+len(ours.Keyless) == 0 {
		c.add(where, "has no functionary: nobody could sign for it")
	}
	c.functionaries(where, s.Functionaries, ours.Keyless)
	c.reachable(where, s.Functionaries, ours)
	seen := map[string]bool{}
	for _, a := range s.Attestations {
		if a.Type == "" || seen[a.Type] {
			c.add(where, "asks for attestation %q twice, or for one without a type", a.Type)
		}
		seen[a.Type] = true
		if required(a.Required) || len(a.RegoPolicies) > 0 {
			c.obligations++
		}
		c.modules(where+", "+ShortType(a.Type), a.Type, a.RegoPolicies)
	}
	for _, from := range s.ArtifactsFrom {
		if _, ok := c.d.Steps[from]; !ok || from == name {
			c.add(where, "takes artifacts from %q, which is no other step", from)
		}
	}
}

func (c *checker) extension(e Extension) {
	if e.Version < 0 {
		c.add("version", "is %d, below 0", e.Version)
	}
	for name, s := range e.Steps {
		where := fmt.Sprintf("x-cilock step %q", name)
		if _, ok := c.d.Steps[name]; !ok {
			c.add(where, "is no step of the policy")
		}
		if !slices.Contains([]string{"", CompletenessRequired, CompletenessAllowed}, s.Completeness) {
			c.add(where, "completeness is %q, expected required or allowed", s.Completeness)
		}
		if s.Threshold < 0 || s.Threshold > maxThreshold {
			c.add(where, "threshold is %d, expected 1 to %d", s.Threshold, maxThreshold)
		}
	}
	for i, a := range e.Artifacts {
		where := fmt.Sprintf("artifact %d, %s", i, a.Type)
		if a.Type == "" || (attest.Statement{PredicateType: a.Type}).IsCollection() {
			c.add(where, "is no type of a statement that is no step's")
		} else if !strings.Contains(a.Type, ":") {
			c.add(where, "type is %q, expected a URI such as %s", a.Type, attest.SLSAProvenanceType)
		}
		if len(a.Functionaries)+len(a.Keyless) == 0 {
			c.add(where, "has no functionary: nobody could sign it")
		}
		c.functionaries(where, a.Functionaries, a.Keyless)
		c.modules(where, "", a.RegoPolicies)
		c.obligations++
	}
	for _, sha := range e.DenySHAs {
		if !commitSHA.MatchString(sha) {
			c.add("denySHAs", "%q is not 40 lower-case hex digits", sha)
		}
	}
	if e.TrustedRoot != nil {
		if _, err := attest.ParseTrustedRoot(e.TrustedRoot); err != nil {
			c.add("trustedRoot", "%s", err)
		}
	}
}

var commitSHA = regexp.MustCompile(`^[0-9a-f]{40}$`)

// reachable refuses a threshold that no evidence can reach. An identity or a
// certificate authority may stand for any number of signers.
func (c *checker) reachable(where string, list []Functionary, ours StepExtension) {
	keys := map[string]bool{}
	for _, f := range list {
		if f.Type != FunctionaryKey {
			return
		}
		keys[f.PublicKeyID] = true
	}
	if len(ours.Keyless) == 0 && len(keys) > 0 && ours.Threshold > len(keys) {
		c.add(where, "needs %d distinct signers, and only %d can sign for it", ours.Threshold, len(keys))
	}
}

func (c *checker) functionaries(where string, list []Functionary, keyless []Identity) {
	for _, f := range list {
		switch f.Type {
		case FunctionaryKey:
			if _, ok := c.d.PublicKeys[f.PublicKeyID]; !ok {
				c.add(where, "functionary has key %q, which is not among the public keys", f.PublicKeyID)
			}
			// An empty constraint is what Witness writes beside a key.
			if k := f.CertConstraint; k != nil && (len(k.Roots) > 0 || k.constraint().Check() == nil) {
				c.add(where, "functionary has a key and a certConstraint, which a key has no certificate for")
			}
		case FunctionaryRoot:
			if f.CertConstraint == nil {
				c.add(where, "functionary of type root has no certConstraint")
				continue
			}
			if err := f.CertConstraint.constraint().Check(); err != nil {
				c.add(where, "functionary: %s", err)
			}
			if _, err := c.d.rootsOf(f.CertConstraint.Roots); err != nil {
				c.add(where, "functionary: %s", err)
			}
		default:
			c.add(where, "functionary has type %q, expected %s or %s", f.Type, FunctionaryKey, FunctionaryRoot)
		}
	}
	for _, id := range keyless {
		if _, err := id.identity(); err != nil {
			c.add(where, "keyless functionary: %s", err)
		}
	}
}

// modules parses and compiles modules. Names are of the whole policy: two of one
// name could hide each other where modules are loaded together.
func (c *checker) modules(where, typ string, list []RegoPolicy) {
	for _, r := range list {
		here := fmt.Sprintf("%s, module %q", where, r.Name)
		other, known := c.names[r.Name]
		switch {
		case r.Name == "" || strings.TrimSpace(r.Name) != r.Name || strings.ContainsFunc(r.Name, func(r rune) bool { return !unicode.IsPrint(r) }):
			c.add(here, "needs a name on one line, in which nothing is hidden")
		case known:
			c.add(here, "has the name of a module of %s", other)
		case len(c.names) == maxModules:
			c.add(here, "is one more than the %d that are read", maxModules)
			return
		}
		c.names[r.Name] = where
		err := c.patience.within(func() error {
			m, err := ParseModule(r.Name, r.Module)
			if err == nil {
				err = m.check(typ)
			}
			return err
		})
		if err != nil {
			c.add(here, "%s", err)
		}
	}
}

func required(r *bool) bool { return r == nil || *r }

// step is what is ours of a step, by default where nothing is said.
func (e *Extension) step(name string) StepExtension {
	if e == nil {
		return StepExtension{}
	}
	return e.Steps[name]
}
