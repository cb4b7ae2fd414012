package action

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/secretscan"
)

// ScanInputs is what `scan` was asked for.
type ScanInputs struct {
	Paths     []string // files and folders; "-" is standard input
	Format    string   // text, json or sarif; empty: text
	Depth     string   // layers of encoding, 0 to 8; empty: 3
	Env       []string // more variables that hold secrets
	FailTier  string   // any or high; empty: any
	Config    string   // path of rules
	Allow     string   // path of an allow list
	DigestKey string   // path of a key
	InAction  bool     // called by action.yml: outputs are set, findings annotated
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
		if o.Rules, err = readInput(in.Config, maxScanConfig); err != nil {
			return nil, verdict.Misuse("rules: %w", err)
		}
	}
	if in.Allow != "" {
		text, err := readInput(in.Allow, maxScanConfig)
		if err == nil {
			o.Allow, err = secretscan.ParseAllowList(text)
		}
		if err == nil && in.DigestKey == "" && o.Allow.HasDigests() {
			err = errors.New("it has digests, which are others in each scan: give the key under which they were made, with --digest-key")
		}
		if err != nil {
			return nil, verdict.Misuse("allow list %s: %w", in.Allow, err)
		}
	}
	if in.DigestKey != "" {
		if o.DigestKey, err = readInput(in.DigestKey, maxDigestKey); err != nil {
			return nil, verdict.Misuse("digest key: %w", err)
		}
		o.DigestKey = bytes.TrimRight(o.DigestKey, "\r\n")
	}
	secrets, public := secretscan.EnvironValues(withoutNames(d.Environ), in.Env)
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
	case "", "text", "json", "sarif":
	default:
		return verdict.Misuse("format is %q, expected text, json or sarif", in.Format)
	}
	if err := checkFailTier(in.FailTier); err != nil {
		return err
	}
	if len(in.Paths) == 0 {
		return verdict.Misuse("nothing to scan: give files or folders, or - for standard input")
	}
	seen := map[string]bool{}
	for _, p := range in.Paths {
		if p == "-" && (seen[p] || in.InAction) {
			return verdict.Misuse("standard input is named twice, or where there is none")
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

// ScanPaths scans the inputs' paths. What cannot be read is a gap in the scanner's result; what is no file is in the notes.
func ScanPaths(ctx context.Context, in ScanInputs, s *secretscan.Scanner, d Deps) (notes []string) {
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
			notes = append(notes, scanFolder(ctx, p, s, jobs)...)
		default:
			jobs <- scanJob{name: p, open: func() (*os.File, error) { return filetree.OpenRegular(p) }}
		}
	}
	wait()
	return notes
}
