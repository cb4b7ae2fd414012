package lockfile

import (
	"encoding/hex"
	"regexp"
	"strings"
)

// pipSyntax are the forms of a requirement. Source: PEP 508, and pip's
// documentation, "Requirement Specifiers". They are compiled for each file, so
// that a start that reads none does not pay for them.
type pipSyntax struct{ named, pinned, vcs, scheme, archive, hash *regexp.Regexp }

func newPipSyntax() pipSyntax {
	return pipSyntax{
		named:   regexp.MustCompile(`^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(.*)$`),
		pinned:  regexp.MustCompile(`^\(?\s*===?\s*([^\s,;()*]+)\s*\)?$`),
		vcs:     regexp.MustCompile(`^(?i:git|hg|bzr|svn)\+`),
		scheme:  regexp.MustCompile(`^(?i:https?|file|ftp|(?:git|hg|bzr|svn|ssh)(?:\+[a-z]+)?)$`),
		archive: regexp.MustCompile(`(?i)\.(?:whl|zip|tar|tar\.gz|tgz|tar\.bz2|tbz|tar\.xz|txz|tlz|tar\.lz|tar\.lzma)$`),
		// pip looks for it in the whole address (pip/_internal/models/link.py)
		hash: regexp.MustCompile(`[#&](sha512|sha384|sha256|sha224|sha1|md5)=([^&]*)`),
	}
}

// requirement reads one without its options. It always finds an entry: one that
// pip may refuse is of Other.
func (s pipSyntax) requirement(text string) Entry {
	if scheme, _, ok := strings.Cut(text, ":"); ok && s.scheme.MatchString(strip(scheme)) {
		address, _, _ := strings.Cut(text, "; ") // an address may hold a semicolon
		e := s.addressed(strip(address))
		e.Name = eggOf(address)
		return e
	}
	specifier, _, _ := strings.Cut(text, ";")
	m := s.named.FindStringSubmatch(strip(specifier))
	if m == nil {
		return local(text)
	}
	rest := strip(m[2])
	if strings.HasPrefix(rest, "@") {
		e := s.addressed(strip(rest[1:]))
		e.Name = m[1]
		return e
	}
	if strings.ContainsAny(rest, `/\`) || s.archive.MatchString(strip(specifier)) {
		return local(text)
	}
	e := Entry{Name: m[1]}
	switch pinned := s.pinned.FindStringSubmatch(rest); {
	case pinned != nil:
		e.Version = pinned[1]
	case rest != "" && !strings.ContainsAny(rest[:1], "=<>!~("):
		e.Registry = Other // no specifier begins so
	}
	return e
}

// local is a requirement that names a file or a folder.
func local(text string) Entry {
	if strings.ContainsAny(text, `/\.`) {
		return Entry{Registry: Local}
	}
	return Entry{Registry: Other}
}

// addressed is a requirement at an address. A hash in it is checked like one of
// --hash, but for a repository, of which pip has no archive.
func (s pipSyntax) addressed(address string) Entry {
	e := Entry{Registry: registryOf(address)}
	if s.vcs.MatchString(address) {
		e.Commit = commitOf(address)
		return e
	}
	if m := s.hash.FindStringSubmatch(address); m != nil {
		size := map[string]int{"sha512": 64, "sha384": 48, "sha256": 32, "sha224": 28, "sha1": 20, "md5": 16}[m[1]]
		if raw, err := hex.DecodeString(m[2]); err == nil && len(raw) == size {
			e.Hashes = []string{m[1] + ":" + m[2]}
		}
	}
	return e
}

// eggOf is the name that the fragment of an address gives.
func eggOf(address string) string {
	_, fragment, _ := strings.Cut(address, "#")
	for _, part := range strings.Split(fragment, "&") {
		if name, ok := strings.CutPrefix(part, "egg="); ok {
			name, _, _ = strings.Cut(name, "[")
			return strip(name)
		}
	}
	return ""
}
