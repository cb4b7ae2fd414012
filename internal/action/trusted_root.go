package action

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// RootInputs is what `trusted-root` was asked for.
type RootInputs struct {
	Mirror        string // URL of a TUF repository; empty: Sigstore's own
	Root          string // path of the root.json to start from; empty: Sigstore's own
	Outfile       string // for the trusted root
	SigningConfig string // path for the signing configuration; empty: it is not written
	Timeout       string // for all of it, as time.ParseDuration reads it
}

// FetchTrustedRoot gets the files that say whom to trust and where to sign, once
// and in a step of its own: verifying and signing read them and ask nobody.
// The lines say what was written.
func FetchTrustedRoot(ctx context.Context, in RootInputs, d Deps) (lines []string, err error) {
	if err := rootPaths(in); err != nil {
		return nil, err
	}
	repository := attest.Repository{URL: in.Mirror}
	if in.Mirror == "" {
		repository.URL = attest.PublicRepository
	}
	if in.Root != "" {
		if repository.Root, err = readInput(in.Root, attest.MaxRootSize); err != nil {
			return nil, verdict.Misuse("read tuf-root: %w", err)
		}
	}
	s := Signing{Within: defaultSigningTimeout}
	if in.Timeout != "" {
		if s.Within, err = duration("timeout", in.Timeout); err != nil {
			return nil, err
		}
	}
	ctx, done := signingContext(ctx, s, false, d)
	defer done()
	got, err := repository.Fetch(ctx)
	if err != nil {
		return nil, fmt.Errorf("fetch the trusted root: %w%s", err, rootAdvice(in, err))
	}
	if in.SigningConfig != "" && got.SigningConfig == nil {
		return nil, fmt.Errorf("fetch the signing configuration: %s publishes none", hostOf(repository.URL))
	}
	if err := filetree.Replace(in.Outfile, got.TrustedRoot, 0o644, nil); err != nil {
		return nil, fmt.Errorf("write the trusted root: %w", err)
	}
	lines = append(lines, fmt.Sprintf("trusted root: %s, from %s", in.Outfile, hostOf(repository.URL)))
	if in.SigningConfig == "" {
		return lines, nil
	}
	if err := filetree.Replace(in.SigningConfig, got.SigningConfig, 0o644, nil); err != nil {
		return nil, fmt.Errorf("write the signing configuration: %w", err)
	}
	return append(lines, "signing configuration: "+in.SigningConfig), nil
}

// rootPaths refuses, before anybody is asked, to write what is read, or twice.
func rootPaths(in RootInputs) error {
	written := map[string]string{}
	for _, one := range [][2]string{{"tuf-root", in.Root}, {"outfile", in.Outfile}, {"signing-config", in.SigningConfig}} {
		name, path := one[0], one[1]
		if path == "" {
			continue
		}
		full, err := filepath.Abs(path)
		if err == nil && name != "tuf-root" {
			err = filetree.Replaceable(full)
		}
		if real, realErr := filepath.EvalSymlinks(full); realErr == nil {
			full = real
		}
		switch {
		case err != nil:
			return verdict.Misuse("%s: %w", name, err)
		case written[full] != "":
			return verdict.Misuse("%s and %s are the same file: %s", written[full], name, path)
		}
		written[full] = name
		if name != "tuf-root" {
			if err := MayReplace(name, path, "JSON document", "{"); err != nil {
				return err
			}
		}
	}
	return nil
}

// rootAdvice is what there is to do about a repository that gave nothing.
func rootAdvice(in RootInputs, err error) string {
	switch {
	case attest.Unreachable(err):
		return fmt.Sprintf("; run it where that host can be reached and copy %s here, or name a mirror with --tuf-mirror URL", in.Outfile)
	case in.Mirror != "" && in.Root == "":
		return "; a private instance needs its own root: --tuf-root 1.root.json, from its operator"
	}
	return ""
}

// hostOf is the host of a URL that was good enough to fetch from.
func hostOf(text string) string {
	if u, err := url.Parse(text); err == nil {
		return u.Host
	}
	return "the repository"
}
