package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/org/cilock-action/pkg/attest"
)

// A Plan is what people write: the YAML that `policy build` makes a document of.
// Types of attestations may be short (command-run), files are relative to it.
type Plan struct {
	Expires              string              `yaml:"expires"` // RFC 3339, or a date, whose end is meant
	Version              int                 `yaml:"version"`
	TrustedRoot          string              `yaml:"trusted-root"`          // file
	TimestampAuthorities []string            `yaml:"timestamp-authorities"` // files
	Steps                map[string]PlanStep `yaml:"steps"`
	Artifacts            []PlanArtifact      `yaml:"artifacts"`
	DenySHAs             []string            `yaml:"deny-shas"`
	Params               map[string]any      `yaml:"params"`
}

// PlanStep is one step.
type PlanStep struct {
	Functionaries []PlanFunctionary `yaml:"functionaries"`
	Threshold     int               `yaml:"threshold"`
	Completeness  string            `yaml:"completeness"`
	Attestations  []PlanAttestation `yaml:"attestations"`
	Packs         []string          `yaml:"packs"`
	ArtifactsFrom []string          `yaml:"artifacts-from"`
	MakesArtifact bool              `yaml:"makes-artifact"`
}

// PlanFunctionary is one of its three fields.
type PlanFunctionary struct {
	Key         string           `yaml:"key"` // file
	Keyless     *PlanKeyless     `yaml:"keyless"`
	Certificate *PlanCertificate `yaml:"certificate"`
}

// PlanKeyless is an Identity.
type PlanKeyless struct {
	Issuer            string `yaml:"issuer"` // default: GitHub Actions
	Identity          string `yaml:"identity"`
	IdentityRegexp    string `yaml:"identity-regexp"`
	Repository        string `yaml:"repository"`
	Ref               string `yaml:"ref"`
	Workflow          string `yaml:"workflow"`
	RunnerEnvironment string `yaml:"runner-environment"`
}

// PlanCertificate is a CertConstraint. Roots are files: a root, and below it its
// intermediates.
type PlanCertificate struct {
	Roots         []string          `yaml:"roots"`
	CommonName    string            `yaml:"common-name"`
	DNSNames      []string          `yaml:"dns-names"`
	Emails        []string          `yaml:"emails"`
	Organizations []string          `yaml:"organizations"`
	URIs          []string          `yaml:"uris"`
	Extensions    map[string]string `yaml:"extensions"`
}

// PlanAttestation is a type with the files of its modules.
type PlanAttestation struct {
	Type     string   `yaml:"type"`
	Rego     []string `yaml:"rego"`
	Required *bool    `yaml:"required"`
}

// PlanArtifact is a statement about the artifact.
type PlanArtifact struct {
	Type          string            `yaml:"type"`
	Functionaries []PlanFunctionary `yaml:"functionaries"`
	Rego          []string          `yaml:"rego"`
	Required      *bool             `yaml:"required"`
}

// Builder makes documents of plans.
type Builder struct {
	// Read reads a file that the plan names.
	Read func(name string) ([]byte, error)
	// Pack finds the rules of a pack.
	Pack func(name string) ([]Rule, error)
}

// Build reads a plan and makes the document, as JSON. It returns every mistake that
// Check finds in it too.
func (b Builder) Build(plan []byte) ([]byte, error) {
	var p Plan
	dec, err := yaml.NewLoader(strings.NewReader(string(plan)), yaml.WithKnownFields())
	if err == nil {
		err = dec.Load(&p)
	}
	if err != nil {
		return nil, fmt.Errorf("read the policy's plan: %w", planError(err))
	}
	var more any
	if err := dec.Load(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("read the policy's plan: it has a second document")
	}
	m := maker{Builder: b, patience: newPatience(), d: &Document{Roots: map[string]Root{}, TimestampAuthorities: map[string]Root{}, PublicKeys: map[string]PublicKey{}, Steps: map[string]Step{}}}
	m.d.Ours = &Extension{Version: p.Version, Steps: map[string]StepExtension{}, DenySHAs: p.DenySHAs}
	if err := m.document(p); err != nil {
		return nil, err
	}
	if mistakes := m.d.Check(); len(mistakes) > 0 {
		return nil, errors.Join(mistakes...)
	}
	text, err := json.MarshalIndent(m.d, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the policy: %w", err)
	}
	if _, err := ParseDocument(text); err != nil { // names that differ in case alone
		return nil, err
	}
	return append(text, '\n'), nil
}

// maker is a document that is being made.
type maker struct {
	Builder
	d        *Document
	patience *patience
}

// document makes all parts, and returns the mistakes of all.
func (m maker) document(p Plan) error {
	var mistakes []error
	note := func(what string, err error) {
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s: %w", what, err))
		}
	}
	var err error
	m.d.Expires, err = expiry(p.Expires)
	note("expires", err)
	for _, file := range p.TimestampAuthorities {
		_, err := m.root(m.d.TimestampAuthorities, file)
		note("timestamp authority", err)
	}
	if p.TrustedRoot != "" {
		m.d.Ours.TrustedRoot, err = m.Read(p.TrustedRoot)
		note("trusted root", err)
	}
	if len(p.Params) > 0 {
		m.d.Ours.Params = map[string]json.RawMessage{}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Params)) {
		m.d.Ours.Params[name], err = json.Marshal(p.Params[name])
		note("param "+name, err)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Steps)) {
		for _, err := range m.step(name, p.Steps[name]) {
			note(fmt.Sprintf("step %q", name), err)
		}
	}
	for _, a := range p.Artifacts {
		for _, err := range m.artifact(a) {
			note("artifact "+a.Type, err)
		}
	}
	return errors.Join(mistakes...)
}

// expiry is a time, or the end of a day in UTC.
func expiry(text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC(), nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, fmt.Errorf("%q: expected a date such as 2027-06-30, or 2027-06-30T12:00:00Z", text)
	}
	return t.AddDate(0, 0, 1), nil
}

func (m maker) step(name string, s PlanStep) (mistakes []error) {
	out := Step{Name: name, ArtifactsFrom: s.ArtifactsFrom, Attestations: []Attestation{}}
	ours := StepExtension{Completeness: s.Completeness, Threshold: s.Threshold, MakesArtifact: s.MakesArtifact}
	if ours.Completeness == "" {
		ours.Completeness = CompletenessRequired
	}
	out.Functionaries, ours.Keyless, mistakes = m.functionaries(s.Functionaries)
	for _, a := range s.Attestations {
		if err := knownType(a.Type); err != nil {
			mistakes = append(mistakes, err)
		}
		modules, wrong := m.modules(name, a.Rego)
		mistakes = append(mistakes, wrong...)
		out.Attestations = append(out.Attestations, Attestation{Type: LongType(a.Type), RegoPolicies: modules, Required: a.Required})
	}
	for _, pack := range s.Packs {
		if err := m.pack(name, &out, pack); err != nil {
			mistakes = append(mistakes, err)
		}
	}
	m.d.Steps[name], m.d.Ours.Steps[name] = out, ours
	return mistakes
}

// pack adds a pack's rules to a step: to the attestations that the step lists, and
// to others only if they are there.
func (m maker) pack(step string, s *Step, name string) error {
	rules, err := m.Pack(name)
	if err != nil {
		return err
	}
	for _, rule := range rules {
		module := RegoPolicy{Name: step + ": " + rule.Name, Module: rule.Source}
		i := slices.IndexFunc(s.Attestations, func(a Attestation) bool { return a.Type == rule.Type })
		if i < 0 {
			required := rule.Required
			s.Attestations = append(s.Attestations, Attestation{Type: rule.Type, RegoPolicies: []RegoPolicy{}, Required: &required})
			i = len(s.Attestations) - 1
		}
		s.Attestations[i].RegoPolicies = append(s.Attestations[i].RegoPolicies, module)
	}
	return nil
}

func (m maker) artifact(a PlanArtifact) []error {
	out := Artifact{Type: a.Type, Required: a.Required}
	var mistakes, wrong []error
	out.Functionaries, out.Keyless, mistakes = m.functionaries(a.Functionaries)
	out.RegoPolicies, wrong = m.modules(a.Type, a.Rego)
	m.d.Ours.Artifacts = append(m.d.Ours.Artifacts, out)
	return append(mistakes, wrong...)
}

// modules reads files. A module's name is the step and the file: one file may
// judge several steps. A parameter that is not set is undefined, and a denial that
// depends on it never comes: rules of packs answer for that themselves, the
// author's own are refused.
func (m maker) modules(of string, files []string) (list []RegoPolicy, mistakes []error) {
	list = []RegoPolicy{}
	for _, file := range files {
		text, err := m.Read(file)
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("module %s: %w", file, err))
			continue
		}
		var params []string
		err = m.patience.within(func() error {
			params = paramsOf(file, text)
			return nil
		})
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("module %s: %w", file, err))
			continue
		}
		for _, param := range params {
			if _, ok := m.d.Ours.Params[param]; !ok {
				mistakes = append(mistakes, fmt.Errorf("module %s: reads params.%s, which the plan does not set; for one that may be absent write object.get(data.cilock.params, %q, DEFAULT)", file, param, param))
			}
		}
		list = append(list, RegoPolicy{Name: of + ": " + path.Clean(file), Module: text})
	}
	return list, mistakes
}

func (m maker) functionaries(list []PlanFunctionary) (out []Functionary, keyless []Identity, mistakes []error) {
	out = []Functionary{}
	for i, f := range list {
		var err error
		switch {
		case f.Key != "" && f.Keyless == nil && f.Certificate == nil:
			one := Functionary{Type: FunctionaryKey}
			one.PublicKeyID, err = m.key(f.Key)
			out = append(out, one)
		case f.Keyless != nil && f.Key == "" && f.Certificate == nil:
			keyless = append(keyless, f.Keyless.identity())
		case f.Certificate != nil && f.Key == "" && f.Keyless == nil:
			one := Functionary{Type: FunctionaryRoot}
			one.CertConstraint, err = m.certificate(*f.Certificate)
			out = append(out, one)
		default:
			err = errors.New("give one of key, keyless and certificate")
		}
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("functionary %d: %w", i+1, err))
		}
	}
	return out, keyless, mistakes
}

func (m maker) key(file string) (id string, err error) {
	text, err := m.Read(file)
	if err != nil {
		return "", fmt.Errorf("key %s: %w", file, err)
	}
	key, err := attest.ParsePublicKey(text)
	if err != nil {
		return "", fmt.Errorf("key %s: %w", file, err)
	}
	m.d.PublicKeys[key.ID()] = PublicKey{KeyID: key.ID(), Key: key.PEM()}
	return key.ID(), nil
}

func (k PlanKeyless) identity() Identity {
	id := Identity{
		Issuer: k.Issuer, Name: k.Identity, NamePattern: k.IdentityRegexp, Repository: k.Repository, Ref: k.Ref,
		Workflow: k.Workflow, RunnerEnvironment: k.RunnerEnvironment,
	}
	if id.Issuer == "" {
		id.Issuer = attest.GitHubIssuer
	}
	return id
}

func (m maker) certificate(c PlanCertificate) (*CertConstraint, error) {
	out := &CertConstraint{
		CommonName: c.CommonName, DNSNames: c.DNSNames, Emails: c.Emails, Organizations: c.Organizations, URIs: c.URIs,
		Extensions: c.Extensions, Roots: []string{},
	}
	for _, file := range c.Roots {
		name, err := m.root(m.d.Roots, file)
		if err != nil {
			return nil, err
		}
		out.Roots = append(out.Roots, name)
	}
	return out, nil
}

// root adds an authority of a file: the last certificate is the root.
func (m maker) root(to map[string]Root, file string) (string, error) {
	text, err := m.Read(file)
	if err != nil {
		return "", fmt.Errorf("root %s: %w", file, err)
	}
	certs, err := attest.ParseCertificates(text)
	if err != nil {
		return "", fmt.Errorf("root %s: %w", file, err)
	}
	last := len(certs) - 1
	r := Root{Certificate: attest.CertificatePEM(certs[last])}
	for _, cert := range certs[:last] {
		r.Intermediates = append(r.Intermediates, attest.CertificatePEM(cert))
	}
	name := attest.CertificateID(certs[last])
	to[name] = r
	return name, nil
}
