package secretscan

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"github.com/org/cilock-action/pkg/secretscan/internal/decode"
	"github.com/org/cilock-action/pkg/secretscan/internal/rules"
)

const (
	// DefaultDepth is how many layers of encoding are undone if nothing else is asked for, MaxDepth the most.
	DefaultDepth = 3
	MaxDepth     = 8
	// NoDecoding as a depth scans text as it is.
	NoDecoding = -1
	// MinDigestKey is the shortest digest key, in bytes. FIPS 140-3 has no HMAC with less than 14.
	MinDigestKey = 16

	maxSourceFindings = 1000   // of one source
	maxFindings       = 20_000 // of all
	maxGaps           = 500    // different ones
)

// ScanOptions of NewScanner; the zero value is the usual choice.
type ScanOptions struct {
	Rules     []byte     // more rules, in Gitleaks' TOML
	Depth     int        // layers of encoding, at most 8; 0 is DefaultDepth. Archives that hold text as it is are none
	Values    *Values    // the step's own secrets, or nil
	DigestKey []byte     // of the findings' digests, 16 bytes or more; nil: random, and kept nowhere
	Limits    Limits     // of decoding
	Allow     *AllowList // findings that are known, or nil
}

// A Scanner finds secrets in any number of sources, and adds up what it found. Its methods may be called at once.
type Scanner struct {
	rules  ruleEngine
	decode decoder
	depth  int
	values *Values
	key    []byte
	limits Limits
	sizes  windowSizes
	bounds bounds
	allow  *AllowList

	ownRules bool     // there are rules of a user
	infos    sync.Map // rules.Info by rule, made fit to be shown

	proof sync.Once // of the canary
	trees sync.Pool // of *redactTree

	mu       sync.Mutex // guards all below
	findings map[findingKey]*Finding
	bytes    int64
	sources  int
	allowed  int
	gaps     map[string]int
	canary   bool
	masks    []string // that streams announced
	closed   bool     // no more of them
}

type findingKey struct{ digest, source string }

// Format prints nothing of what a scanner knows.
func (s *Scanner) Format(f fmt.State, _ rune) { fmt.Fprint(f, "secretscan.Scanner") }

// NewScanner makes a Scanner. An error is about the options: rules that are none, a depth beyond 8, a short key.
func NewScanner(o ScanOptions) (*Scanner, error) {
	switch {
	case o.Depth < NoDecoding || o.Depth > MaxDepth:
		return nil, fmt.Errorf("make a scanner: depth is %d, expected 1 to %d, 0 for the default or %d for none", o.Depth, MaxDepth, NoDecoding)
	case o.DigestKey != nil && len(o.DigestKey) < MinDigestKey:
		return nil, fmt.Errorf("make a scanner: the digest key has %d bytes, expected %d or more", len(o.DigestKey), MinDigestKey)
	}
	set, err := rules.Load(o.Rules)
	if err != nil {
		return nil, rulesError(err, o.Values)
	}
	s := &Scanner{
		rules: set, decode: decode.Children, depth: o.Depth, values: o.Values, key: slices.Clone(o.DigestKey), limits: o.Limits, sizes: usualWindows(),
		bounds: usualBounds(o.Limits), allow: o.Allow, ownRules: o.Rules != nil, findings: map[findingKey]*Finding{}, gaps: map[string]int{},
	}
	switch o.Depth {
	case 0:
		s.depth = DefaultDepth
	case NoDecoding:
		s.depth = 0
	}
	if s.key == nil {
		s.key = make([]byte, sha256.Size)
		rand.Read(s.key) // never fails, from Go 1.24 on
	}
	for _, limit := range o.Values.Limits() {
		s.gap("values", limit)
	}
	return s, nil
}

// Scan reads a source to its end. Its memory is bounded whatever the source is, archives included: see window. An error is one of r, or of
// ctx; what was read before it is scanned, and it is a gap too. source is how findings name it.
func (s *Scanner) Scan(ctx context.Context, source string, r io.Reader) error {
	return s.add(ctx, s.newSource(source, false), r)
}

// ScanStream is Scan for what a step prints, where GitHub's runner reads "::add-mask::VALUE": an announced value becomes one
// that is looked for, and the announcement itself is no finding. If r can seek, this holds for the whole stream; else from
// about 1 MiB before the announcement.
func (s *Scanner) ScanStream(ctx context.Context, source string, r io.Reader) error {
	src := s.newSource(source, true)
	if err := src.readAhead(r); err != nil {
		s.gap(src.shown, "not scanned: it cannot be read twice")
		return fmt.Errorf("scan %s: %w", src.shown, err)
	}
	return s.add(ctx, src, r)
}

func (s *Scanner) add(ctx context.Context, src *source, r io.Reader) error {
	err := src.scan(ctx, r)
	s.merge(src)
	if err != nil {
		s.gap(src.shown, "read to byte "+fmt.Sprint(src.read)+" only")
		return fmt.Errorf("scan %s: %w", src.shown, err)
	}
	return nil
}

// merge adds what was found in a source.
func (s *Scanner) merge(src *source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sources++
	s.bytes += src.read
	for gap, n := range src.gaps {
		s.addGap(src.shown+": "+gap, n)
	}
	for _, f := range src.tally.findings {
		key := findingKey{f.Digest, f.Source}
		known := s.findings[key]
		switch {
		case s.allow.allows(f):
			s.allowed++
		case known != nil:
			known.Count += f.Count
		case len(s.findings) >= maxFindings:
			s.addGap(src.shown+": findings beyond the "+fmt.Sprint(maxFindings)+" that are kept of all sources", 1)
		default:
			s.findings[key] = f
		}
	}
}

// gap notes that something of a source was not looked at.
func (s *Scanner) gap(source, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addGap(source+": "+what, 1)
}

// announce keeps a mask for RedactFound.
func (s *Scanner) announce(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed && len(value) >= minMask && len(s.masks) < maxMasks && !slices.Contains(s.masks, value) {
		s.masks = append(s.masks, value)
	}
}

// CloseMasks has RedactFound do the same from now on, whatever streams still announce: what is redacted twice must come out
// alike.
func (s *Scanner) CloseMasks() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

// Gap notes that the caller could not give a source to the scanner, such as a file that it may not read. what says why; it
// holds no secret.
func (s *Scanner) Gap(source, what string) { s.gap(s.shown(source), what) }

func (s *Scanner) addGap(text string, n int) {
	if _, known := s.gaps[text]; !known && len(s.gaps) >= maxGaps {
		text = "gaps beyond the " + fmt.Sprint(maxGaps) + " that are kept"
	}
	s.gaps[text] += n
}

// Result returns what was found in the sources that were scanned to their end. The first call scans the canary.
func (s *Scanner) Result() Result {
	s.proof.Do(func() {
		found := s.findCanary()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.canary = found
		if !found {
			gap := "canary: a secret that was planted was not found"
			if s.ownRules {
				gap += ": your rules may drop or replace github-pat, which finds it"
			}
			s.addGap(gap, 1)
		}
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	r := Result{ScannedBytes: s.bytes, Sources: s.sources, Canary: s.canary, Allowed: s.allowed, Incomplete: len(s.gaps) > 0}
	for _, f := range s.findings {
		copied := *f
		copied.EncodingPath = slices.Clone(f.EncodingPath)
		r.Findings = append(r.Findings, copied)
	}
	sortFindings(r.Findings)
	for _, text := range slices.Sorted(maps.Keys(s.gaps)) {
		if n := s.gaps[text]; n > 1 {
			text += fmt.Sprintf(" (%d times)", n)
		}
		r.Gaps = append(r.Gaps, text)
	}
	return r
}

// digest is what stands for a secret.
func (s *Scanner) digest(secret []byte) [sha256.Size]byte {
	h := hmac.New(sha256.New, s.key)
	h.Write(secret)
	return [sha256.Size]byte(h.Sum(nil))
}
