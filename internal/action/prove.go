package action

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/pkg/trace"
)

// ProveInputs is what `prove` was asked for: one of Product, Material and Line.
type ProveInputs struct {
	Bundle   string
	Product  string // path as recorded
	Material string
	Line     string // number of a line of the trace, from 1
	Trace    string // path of the sidecar; empty: beside the bundle
	Outfile  string // empty: standard output
}

// Prove writes the inclusion proof for one file or line. It believes nothing:
// the proof is worth what the root is that `verify` finds signed.
func Prove(in ProveInputs, d Deps) (int, error) {
	if in.Outfile != "" {
		if err := MayReplace("outfile", in.Outfile, "inclusion proof", `{"type":"`+attest.ProofType); err != nil {
			return verdict.ExitMisuse, err
		}
	}
	p, err := prove(in)
	if err != nil {
		return verdict.ExitMisuse, verdict.Misuse("%w", err)
	}
	data, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return verdict.ExitIO, fmt.Errorf("encode the proof: %w", err)
	}
	data = append(data, '\n')
	if in.Outfile != "" {
		if err := filetree.Replace(in.Outfile, data, 0o644, nil); err != nil {
			return verdict.ExitIO, fmt.Errorf("write the proof %s: %w", in.Outfile, err)
		}
		return tellProof(in, p, d)
	}
	// The runner reads `##[` anywhere in a line as a command.
	text := strings.ReplaceAll(string(data), "##[", "##\\u005b")
	if _, err := io.WriteString(d.Stdout, text); err != nil {
		return verdict.ExitIO, fmt.Errorf("write the proof: %w", err)
	}
	return verdict.ExitOK, nil
}

// tellProof says what was proved, and the command that believes it.
func tellProof(in ProveInputs, p *attest.Proof, d Deps) (int, error) {
	subject := "--skip-subject-unsafe"
	if in.Product != "" {
		subject = ShellQuote(in.Product)
	}
	redact := NewRedactor(d.Environ).RedactString
	for _, line := range []string{
		fmt.Sprintf("proof: %s, of %s", in.Outfile, p.Subject()),
		fmt.Sprintf("next: cilock verify --key PUBLIC_KEY.pem --bundle %s --proof %s %s", ShellQuote(in.Bundle), ShellQuote(in.Outfile), subject),
	} {
		if err := d.Sink.Line(redact("cilock: " + line)); err != nil {
			return verdict.ExitIO, err
		}
	}
	return verdict.ExitOK, nil
}

func prove(in ProveInputs) (*attest.Proof, error) {
	asked := 0
	for _, s := range []string{in.Product, in.Material, in.Line} {
		if s != "" {
			asked++
		}
	}
	switch {
	case in.Bundle == "":
		return nil, fmt.Errorf("no evidence to prove from: give --bundle FILE")
	case asked != 1:
		return nil, fmt.Errorf("give one of --product PATH, --material PATH and --line NUMBER")
	}
	data, err := readInput(in.Bundle, attest.MaxBundleSize)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", in.Bundle, err)
	}
	b, err := attest.ParseBundle(data)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", in.Bundle, err)
	}
	switch {
	case in.Product != "":
		return b.ProveFile(attest.ProductsTree, recordedPath(in.Product))
	case in.Material != "":
		return b.ProveFile(attest.MaterialsTree, recordedPath(in.Material))
	}
	number, err := strconv.Atoi(in.Line)
	if err != nil || number < 1 {
		return nil, fmt.Errorf("line is %q, expected a number from 1", in.Line)
	}
	return proveLine(b, in, number)
}

// recordedPath is how the evidence has a path of the working directory.
func recordedPath(path string) string { return filepath.ToSlash(filepath.Clean(path)) }

func proveLine(b *attest.Bundle, in ProveInputs, number int) (*attest.Proof, error) {
	path := in.Trace
	if path == "" {
		path = attest.TracePath(in.Bundle)
	}
	f, err := filetree.OpenRegular(path)
	if err != nil {
		if os.IsNotExist(err) {
			return nil, fmt.Errorf("prove a line: %w: a trace without a file of its own is in the bundle, whole", err)
		}
		return nil, fmt.Errorf("prove a line: %w", err)
	}
	defer f.Close()
	plain, err := trace.Decompress(f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	defer plain.Close()
	return b.ProveLine(plain, number)
}
