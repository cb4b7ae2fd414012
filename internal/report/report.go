// Package report turns evidence into one HTML file that opens without a network,
// years later. It is pure: evidence in, bytes out, and the same bytes for the
// same evidence. Nothing of the page is trusted, and nothing in the evidence is
// trusted by the page: texts are escaped, hidden characters are spelled out, and
// the page's own policy lets no other script run and no request be made.
package report

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/pkg/trace"
)

// Input is what a page is about.
type Input struct {
	Bundles   []Bundle
	Judgement Judgement
	// Command is how a reader verifies the same without this page.
	Command string
}

// Bundle is one piece of evidence as it stands in its file.
type Bundle struct {
	Name string // of the file, without its folder
	Data []byte
	// Trace is what stands beside the bundle and is what the bundle names; nil if
	// there is none. TraceNote says what became of the file.
	Trace     *trace.Summary
	TraceNote string
}

// Judgement is what somebody made of the evidence.
type Judgement struct {
	Verdict verdict.Verdict // empty: nobody has verified anything
	By      string          // who says so, as a sentence
	// Failed says that it is known to be worthless: a signature that does not hold.
	Failed   bool
	Findings []verdict.Finding
	Groups   []Group
}

// Group is a part of the verdict tree.
type Group struct {
	Title  string
	Checks []verdict.Check
}

// ErrNotEvidence is a file that holds nothing that could be shown.
var ErrNotEvidence = errors.New("not evidence")

// Bounds of a page. What is cut is counted where it is missing.
const (
	MaxBundles = 64
	// maxEmbedded bounds the bundles that the page holds whole, in bytes.
	maxEmbedded = 32 << 20
)

// Check refuses what could not be shown at all.
func Check(b Bundle) error {
	parsed, err := attest.ParseBundle(b.Data)
	if err == nil {
		_, err = parsed.Claims()
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotEvidence, err)
	}
	return nil
}

// Render makes the page.
func Render(in Input) ([]byte, error) {
	if len(in.Bundles) > MaxBundles {
		return nil, fmt.Errorf("%d bundles, at most %d are shown", len(in.Bundles), MaxBundles)
	}
	data := newData()
	v := view{Command: in.Command}
	room := maxEmbedded
	var embedded []embedded
	var all []*evidence
	for i, b := range in.Bundles {
		e := readEvidence(b, i+1)
		all = append(all, e)
		if len(b.Data) <= room {
			room -= len(b.Data)
			embedded = append(embedded, newEmbedded(e.id, b))
			e.embedded = true
		}
		v.Bundles = append(v.Bundles, e.view(data))
	}
	v.judge(in.Judgement, all)
	return v.page(data, embedded)
}

// sum is a SHA-256 in hex.
func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}
