package attest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// The names that make a document one of ours, and those of the two relatives
// whose evidence is read as well.
const (
	// StatementType is in-toto's Statement v1
	// (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md).
	StatementType = "https://in-toto.io/Statement/v1"
	// StatementTypeV01 is what Witness still writes.
	StatementTypeV01 = "https://in-toto.io/Statement/v0.1"
	// PayloadType is the DSSE payload type of every in-toto statement.
	PayloadType = "application/vnd.in-toto+json"

	// CollectionType is the predicate type of our own evidence.
	CollectionType = "https://github.com/org/cilock-action/attestation-collection/v0.1"
	// WitnessCollectionType is Witness' collection, the shape of ours too.
	WitnessCollectionType = "https://witness.testifysec.com/attestation-collection/v0.1"
	// AflockCollectionType is the collection that CI/lock writes.
	AflockCollectionType = "https://aflock.ai/attestation-collection/v0.1"
)

// MaxSubjects is the most subjects that sigstore-go accepts in a statement
// (v1.3.0, measured: 1,025 are refused as "too many subjects").
const MaxSubjects = 1024

// MaxDigests is the most digests that sigstore-go accepts of one subject
// (v1.3.0, measured).
const MaxDigests = 32

// Statement is an in-toto statement: Predicate is said about Subject.
type Statement struct {
	Type          string          `json:"_type"`
	Subject       []Subject       `json:"subject"`
	PredicateType string          `json:"predicateType"`
	Predicate     json.RawMessage `json:"predicate"`
}

// Subject is an artifact by name and digests. The digest is what counts: a
// name is a label.
type Subject struct {
	Name   string    `json:"name"`
	Digest DigestSet `json:"digest"`
}

// DigestSet maps a hash name to lower-case hex. Only the names that Witness
// knows are written: sha256, sha1, gitoid:sha256, gitoid:sha1.
type DigestSet map[string]string

// SHA256 is the digest set of a SHA-256 in hex.
func SHA256(hex string) DigestSet { return DigestSet{"sha256": hex} }

// Collection is the predicate of a step: one attestation for each fact.
type Collection struct {
	Name         string        `json:"name"`
	Attestations []Attestation `json:"attestations"`
}

// Attestation is one typed body and when it was taken.
type Attestation struct {
	Type      string          `json:"type"`
	Body      json.RawMessage `json:"attestation"`
	StartTime time.Time       `json:"starttime"`
	EndTime   time.Time       `json:"endtime"`
}

// Find returns the first attestation of a type.
func (c Collection) Find(typ string) (Attestation, bool) {
	for _, a := range c.Attestations {
		if a.Type == typ {
			return a, true
		}
	}
	return Attestation{}, false
}

// Decode reads the body of the first attestation of a type into v. It reports
// whether there was one.
func (c Collection) Decode(typ string, v any) (bool, error) {
	a, ok := c.Find(typ)
	if !ok {
		return false, nil
	}
	err := json.Unmarshal(a.Body, v)
	if err == nil && hasFields(v) {
		err = distinctFields(a.Body)
	}
	if err != nil {
		return true, fmt.Errorf("read attestation %s: %w", typ, err)
	}
	return true, nil
}

// IsCollection reports whether the predicate is a collection that this package
// can read.
func (s Statement) IsCollection() bool {
	switch s.PredicateType {
	case CollectionType, WitnessCollectionType, AflockCollectionType:
		return true
	}
	return false
}

// TellsBuild reports whether the statement is about how its subjects were made:
// provenance, or the evidence of a step.
func (s Statement) TellsBuild() bool {
	switch s.PredicateType {
	case "https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v0.2":
		return true
	}
	return s.IsCollection()
}

// MayRepeat are the only types of which a collection may have several: one for
// each reference of the workflow. Our own action, too, may be named by more than
// one, if a workflow uses another folder of it as well.
func MayRepeat(typ string) bool {
	return typ == TypeGitHubAction || typ == TypeActionLocal || typ == TypeActionSelf
}

// Collection reads the predicate. A collection with no name, with no
// attestations or with two of one type is refused: in each of these cases a
// verifier could look at one thing and a policy at another.
func (s Statement) Collection() (Collection, error) {
	if !s.IsCollection() {
		return Collection{}, fmt.Errorf("predicate type %q is not an attestation collection", s.PredicateType)
	}
	c, err := readCollection(s.Predicate)
	if err != nil {
		return Collection{}, fmt.Errorf("read collection: %w", err)
	}
	if c.Name == "" {
		return Collection{}, fmt.Errorf("collection has no name")
	}
	if len(c.Attestations) == 0 {
		return Collection{}, fmt.Errorf("collection %q has no attestations", c.Name)
	}
	seen := map[string]bool{}
	for _, a := range c.Attestations {
		if a.Type == "" {
			return Collection{}, fmt.Errorf("collection %q has an attestation without a type", c.Name)
		}
		if seen[a.Type] && !MayRepeat(a.Type) {
			return Collection{}, fmt.Errorf("collection %q has two attestations of type %s", c.Name, a.Type)
		}
		seen[a.Type] = true
	}
	return c, nil
}

// readCollection splits a predicate. The bodies are parts of it, not copies.
func readCollection(predicate []byte) (c Collection, err error) {
	fields, err := objectFields(predicate)
	if err != nil {
		return c, err
	}
	if err := read(fields, "name", &c.Name); err != nil {
		return c, err
	}
	if fields["attestations"] == nil {
		return c, nil
	}
	items, err := arrayItems(fields["attestations"])
	for i, item := range items {
		var a Attestation
		if err := a.read(item); err != nil {
			return c, fmt.Errorf("attestation %d: %w", i, err)
		}
		c.Attestations = append(c.Attestations, a)
	}
	return c, err
}

// UnmarshalJSON refuses an attestation that has a field twice.
func (a *Attestation) UnmarshalJSON(data []byte) error {
	return a.read(bytes.Clone(data)) // data belongs to the decoder
}

// read is UnmarshalJSON, with a body that is a part of data.
func (a *Attestation) read(data []byte) error {
	fields, err := objectFields(data)
	if err != nil {
		return err
	}
	a.Body = fields["attestation"]
	return errors.Join(read(fields, "type", &a.Type), read(fields, "starttime", &a.StartTime), read(fields, "endtime", &a.EndTime))
}

// Marshal is the payload that gets signed: compact JSON without HTML escapes.
func (s Statement) Marshal() ([]byte, error) {
	if len(s.Subject) == 0 {
		return nil, fmt.Errorf("statement has no subject")
	}
	if len(s.Subject) > MaxSubjects {
		return nil, fmt.Errorf("statement has %d subjects, at most %d are verifiable", len(s.Subject), MaxSubjects)
	}
	for _, subject := range s.Subject {
		if n := len(subject.Digest); n == 0 || n > MaxDigests {
			return nil, fmt.Errorf("subject %s has %d digests, 1 to %d are verifiable", quote(subject.Name), n, MaxDigests)
		}
	}
	return Encode(s)
}

// parseStatement reads a verified payload. Both statement versions that the
// field writes are accepted, since their fields are the same. The predicate is
// a part of payload, not a copy.
func parseStatement(payload []byte) (Statement, error) {
	var s Statement
	if err := s.read(payload); err != nil {
		return Statement{}, fmt.Errorf("read statement: %w", err)
	}
	if s.Type != StatementType && s.Type != StatementTypeV01 {
		return Statement{}, fmt.Errorf("statement type is %q, expected %s", s.Type, StatementType)
	}
	if s.PredicateType == "" {
		return Statement{}, fmt.Errorf("statement has no predicate type")
	}
	if len(s.Subject) == 0 {
		return Statement{}, fmt.Errorf("statement has no subject")
	}
	return s, nil
}

func (s *Statement) read(payload []byte) error {
	if err := wellFormed(payload); err != nil {
		return err
	}
	fields, err := objectFields(payload)
	if err != nil {
		return err
	}
	s.Predicate = fields["predicate"]
	if err := errors.Join(read(fields, "_type", &s.Type), read(fields, "predicateType", &s.PredicateType)); err != nil {
		return err
	}
	if fields["subject"] == nil {
		return nil
	}
	items, err := arrayItems(fields["subject"])
	if err != nil {
		return fmt.Errorf("subject: %w", err)
	}
	if len(items) > MaxSubjects {
		return fmt.Errorf("%d subjects, at most %d are read", len(items), MaxSubjects)
	}
	for i, item := range items {
		var one Subject
		fields, err := objectFields(item)
		if err == nil {
			err = errors.Join(read(fields, "name", &one.Name), read(fields, "digest", &one.Digest))
		}
		if err == nil && len(one.Digest) > MaxDigests {
			err = fmt.Errorf("%d digests, at most %d are read", len(one.Digest), MaxDigests)
		}
		if err != nil {
			return fmt.Errorf("subject %d: %w", i, err)
		}
		s.Subject = append(s.Subject, one)
	}
	return nil
}

// read reads one field of an object into v. A field that is not there leaves v
// as it is.
func read(fields map[string]json.RawMessage, name string, v any) error {
	value, ok := fields[name]
	if !ok {
		return nil
	}
	if err := json.Unmarshal(value, v); err != nil {
		return fmt.Errorf("field %s: %w", name, err)
	}
	return nil
}

// Encode is json.Marshal without HTML escapes: a secret then stands in the
// text as it does in the value, and redaction finds it.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// ParseDigest reads NAME@sha256:HEX (64 lower-case digits): an artifact by name
// and digest. ok is false for every other text, which then is a path.
func ParseDigest(s string) (name, sha256Hex string, ok bool) {
	m := regexp.MustCompile(`^(.+)@sha256:([0-9a-f]{64})$`).FindStringSubmatch(s)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}
