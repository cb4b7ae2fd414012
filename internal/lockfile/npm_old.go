package lockfile

import (
	"fmt"
	"strings"
)

// npmOld reads dependencies, the form of lockfileVersion 1, in which packages
// stand inside the one below which they are installed.
type npmOld []Entry

func (n *npmOld) add(dependencies object, within bool) error {
	for name, raw := range dependencies {
		p, err := objectOf(raw)
		if err == nil {
			err = n.one(name, p, within)
		}
		if err != nil {
			return fmt.Errorf("dependency %s: %w", quote(name), err)
		}
	}
	return nil
}

func (n *npmOld) one(name string, p object, within bool) error {
	text, err := p.texts("version", "resolved", "integrity", "from")
	if err != nil {
		return err
	}
	e := Entry{Name: name, Dev: p.is("dev"), Hashes: integrity(text["integrity"])}
	e.source(text, p.is("bundled") && within)
	if len(*n) == MaxEntries {
		return errTooMany()
	}
	*n = append(*n, e)
	if raw, ok := p["dependencies"]; ok {
		inner, err := objectOf(raw)
		if err != nil {
			return err
		}
		return n.add(inner, true)
	}
	return nil
}

// source reads version, which in this form may be a version, an address, or
// another package's name. resolved counts for a version alone. Source: npm's
// shrinkwrap.js, metaFromLock, and spec-from-lock.js.
func (e *Entry) source(text map[string]string, bundled bool) {
	version, resolved := text["version"], text["resolved"]
	alias, isAlias := strings.CutPrefix(version, "npm:")
	registry := registryOf(version)
	from := strings.TrimPrefix(text["from"], e.Name+"@")
	switch {
	case isAlias: // npm:NAME@VERSION, where NAME may begin with an @
		if at := strings.LastIndexByte(alias, '@'); at > 0 {
			e.Name, e.Version = alias[:at], alias[at+1:]
		} else {
			e.Name = alias
		}
		e.Registry = registryOf(resolved)
	case resolved == "" && len(e.Hashes) == 0 && strings.ContainsAny(from, "/:") && (version == "" || registry == Other):
		e.Registry = registryOf(from)
	case version == "":
		e.Registry = registryOf(resolved)
	case registry == Local && len(e.Hashes) == 0 && !archive(version):
		e.Registry = Link
	case registry != Other:
		e.Registry, e.Commit = registry, ""
		if isGit(registry) {
			e.Commit = commitOf(version)
		}
	case strings.ContainsAny(version, "/:\\"):
		e.Registry = Other
	default:
		e.Version, e.Registry = version, registryOf(resolved)
	}
	if e.Registry == "" && bundled && len(e.Hashes) == 0 {
		e.Registry = Bundle
	}
}

// archive reports whether npm takes a file for a package's archive.
func archive(name string) bool {
	for _, end := range []string{".tgz", ".tar.gz", ".tar"} {
		if strings.HasSuffix(strings.ToLower(name), end) {
			return true
		}
	}
	return false
}

// beside are the entries that have no like in others: by name, registry and
// hashes, since this form has no version for what comes from an address.
func (n npmOld) beside(others []Entry) []Entry {
	key := func(e Entry) string {
		return strings.Join(append([]string{e.Name, e.Registry, e.Commit}, e.Hashes...), "\n")
	}
	known := map[string][]string{}
	for _, e := range others {
		known[key(e)] = append(known[key(e)], e.Version)
	}
	var out []Entry
	for _, e := range n {
		found := false
		for _, version := range known[key(e)] {
			found = found || version == e.Version || e.Version == "" && e.Registry != ""
		}
		if !found {
			out = append(out, e)
		}
	}
	return out
}
