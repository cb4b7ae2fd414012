package action

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/sink"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/secretscan"
)

// ScanInputs is what `scan` was asked for.
type ScanInputs struct {
	Paths     []string // files and folders; "-" is standard input
	Format    string   // text or json; empty: text
	Depth     string   // layers of encoding, 0 to 8; empty: 3
	Env       []string // more variables that hold secrets
	FailTier  string   // any or high; empty: any
	Config    string   // path of rules
	Allow     string   // path of an allow list
	DigestKey string   // path of a key
}

// Bounds of the files that are given to a scan, in bytes.
const (
	maxScanConfig = 1 << 20
	maxDigestKey  = 4 << 10
	maxGitConfig  = 1 << 20
)

// checkoutConfigs is where actions/checkout leaves its token in its later versions, below RUNNER_TEMP.
const checkoutConfigs = "git-credentials-*.config"

// NewSecretScanner makes a scanner from the inputs and the environment. It looks for the secrets of that, and for the token
// that checkout left in dir.
func NewSecretScanner(in ScanInputs, dir string, d Deps) (*secretscan.Scanner, error) {
	o := secretscan.ScanOptions{}
	var err error
	if o.Depth, err = scanDepth(in.Depth); err != nil {
		return nil, err
	}
	if in.Config != "" {
		if o.Rules, err = readRegular(in.Config, maxScanConfig); err != nil {
			return nil, verdict.Misuse("rules: %w", err)
		}
	}
	if in.Allow != "" {
		text, err := readRegular(in.Allow, maxScanConfig)
		if err == nil {
			o.Allow, err = secretscan.ParseAllowList(text)
		}
		if err != nil {
			return nil, verdict.Misuse("allow list %s: %w", in.Allow, err)
		}
	}
	if in.DigestKey != "" {
		if o.DigestKey, err = readRegular(in.DigestKey, maxDigestKey); err != nil {
			return nil, verdict.Misuse("digest key: %w", err)
		}
		o.DigestKey = bytes.TrimRight(o.DigestKey, "\r\n")
	}
	secrets, public := secretscan.EnvironValues(d.Environ, in.Env)
	o.Values = secretscan.NewValues(append(secrets, checkoutValues(dir, d.TempDir)...), public...)
	s, err := secretscan.NewScanner(o)
	if err != nil {
		return nil, verdict.Misuse("%w", err)
	}
	for _, name := range in.Env {
		if value, set := lookupEnv(d.Environ, name); (!set || value != "") && !o.Values.Has(name) {
			s.Gap("environment", "the value of "+name+" is not looked for: it is not set, short, a path, or of few different characters")
		}
	}
	return s, nil
}

// scanDepth reads a number of layers.
func scanDepth(text string) (int, error) {
	if text == "" {
		return secretscan.DefaultDepth, nil
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil || n < 0 || n > secretscan.MaxDepth:
		return 0, verdict.Misuse("decode layers are %q, expected 0 to %d", text, secretscan.MaxDepth)
	case n == 0:
		return secretscan.NoDecoding, nil
	}
	return n, nil
}

// checkoutValues are the credentials that actions/checkout left for later steps. That there are none is no error.
func checkoutValues(dir, temp string) (list []secretscan.Value) {
	files := []string{filepath.Join(dir, ".git", "config")}
	if temp != "" {
		more, _ := filepath.Glob(filepath.Join(temp, checkoutConfigs)) // an error is one of the pattern
		files = append(files, more...)
	}
	for _, name := range files {
		if text, err := readRegular(name, maxGitConfig); err == nil {
			list = append(list, secretscan.GitConfigValues(text)...)
		}
	}
	return list
}

// CheckScan refuses what cannot be done before anything is read.
func CheckScan(in ScanInputs) error {
	switch in.Format {
	case "", "text", "json":
	case "sarif":
		return NotAvailable("flag --format=sarif")
	default:
		return verdict.Misuse("format is %q, expected text or json", in.Format)
	}
	if err := checkFailTier(in.FailTier); err != nil {
		return err
	}
	if len(in.Paths) == 0 {
		return verdict.Misuse("nothing to scan: give files or folders, or - for standard input")
	}
	seen := map[string]bool{}
	for _, p := range in.Paths {
		if p == "-" && seen[p] {
			return verdict.Misuse("standard input is named twice")
		}
		seen[p] = true
		if p == "-" {
			continue
		}
		switch info, err := os.Stat(p); {
		case errors.Is(err, fs.ErrNotExist):
			return verdict.Misuse("scan %s: there is no such file or folder", p)
		case err == nil && !info.IsDir() && !info.Mode().IsRegular():
			return verdict.Misuse("scan %s: it is neither a file nor a folder; - is standard input", p)
		}
	}
	return nil
}

// checkFailTier refuses what is no choice of findings that fail.
func checkFailTier(tier string) error {
	switch tier {
	case "", "any", "high":
		return nil
	}
	return verdict.Misuse("secretscan-fail-tier is %q, expected any or high", tier)
}

// ScanPaths scans the inputs' paths. What cannot be read is a gap in the scanner's result.
func ScanPaths(ctx context.Context, in ScanInputs, s *secretscan.Scanner, d Deps) {
	jobs, wait := scanWorkers(ctx, s)
	for _, p := range in.Paths {
		info, err := os.Stat(p)
		switch {
		case p == "-":
			// An error is a gap already.
			_ = s.ScanStream(ctx, "-", d.Stdin)
		case err != nil:
			s.Gap(scanName(p), "not scanned: "+scanReason(err))
		case info.IsDir():
			scanFolder(ctx, p, s, jobs)
		default:
			jobs <- scanJob{name: p, open: func() (*os.File, error) { return filetree.OpenRegular(p) }}
		}
	}
	wait()
}

// ScanCode is the exit code of a result.
func ScanCode(r secretscan.Result, failTier string) int {
	switch {
	case r.High() > 0, failTier != "high" && len(r.Findings) > 0:
		return verdict.ExitDenied
	case r.Incomplete:
		return verdict.ExitIncomplete
	}
	return verdict.ExitOK
}

// TellScan prints a result: as one JSON document, or the verdict first and a line a fact.
func TellScan(r secretscan.Result, in ScanInputs, redact func(string) string, d Deps) error {
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Source, f.Member = redact(f.Source), redact(f.Member)
	}
	for i := range r.Gaps {
		r.Gaps[i] = redact(r.Gaps[i])
	}
	if in.Format != "json" {
		for _, line := range scanLines(r, in.FailTier) {
			if err := d.Sink.Line(line); err != nil {
				return err
			}
		}
		return nil
	}
	text, err := sink.Document(scanDocument{
		Findings: append([]secretscan.Finding{}, r.Findings...), ScannedBytes: r.ScannedBytes, Incomplete: r.Incomplete,
		Gaps: append([]string{}, r.Gaps...), Canary: r.Canary, Allowed: r.Allowed,
	})
	if err == nil {
		_, err = d.Stdout.WriteString(text)
	}
	if err != nil {
		return fmt.Errorf("write the findings: %w", err)
	}
	return nil
}

type scanDocument struct {
	Findings     []secretscan.Finding `json:"findings"`
	ScannedBytes int64                `json:"scannedbytes"`
	Incomplete   bool                 `json:"incomplete"`
	Gaps         []string             `json:"gaps"`
	Canary       bool                 `json:"canary"`
	Allowed      int                  `json:"allowed"`
}

// scanLines are the facts for people.
func scanLines(r secretscan.Result, failTier string) []string {
	v := verdict.Pass
	switch ScanCode(r, failTier) {
	case verdict.ExitDenied:
		v = verdict.Fail
	case verdict.ExitIncomplete:
		v = verdict.Incomplete
	}
	lines := []string{
		fmt.Sprintf("verdict: %s", v),
		fmt.Sprintf("scanned: %d bytes of %d sources", r.ScannedBytes, r.Sources),
		fmt.Sprintf("findings: %d, %d of them high", len(r.Findings), r.High()),
	}
	for _, f := range r.Findings {
		lines = append(lines, scanLine(f))
	}
	for _, gap := range r.Gaps {
		lines = append(lines, "gap: "+gap)
	}
	if r.Allowed > 0 {
		lines = append(lines, fmt.Sprintf("allowed: %d findings, by the allow list", r.Allowed))
	}
	if r.Canary {
		lines = append(lines, "canary: found")
	}
	return lines
}

// scanLine is one finding, the place first.
func scanLine(f secretscan.Finding) string {
	var b strings.Builder
	place := f.Source
	if f.Member != "" {
		place += " (" + f.Member + ")"
	}
	about := ""
	if f.LocationApproximate {
		about = "about "
	}
	fmt.Fprintf(&b, "%s:%s%d: %s %s, %d bytes", place, about, f.Line, f.Tier, f.RuleID, f.Length)
	if len(f.EncodingPath) > 0 {
		fmt.Fprintf(&b, ", in %s", strings.Join(f.EncodingPath, " in "))
	}
	if f.Count > 1 {
		fmt.Fprintf(&b, ", %d times", f.Count)
	}
	fmt.Fprintf(&b, ", digest %.16s: %s", f.Digest, f.Description)
	return b.String()
}
