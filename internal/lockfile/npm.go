package lockfile

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/scandoc"
)

// maxObjects bounds what a file may make us allocate: a package of a real file
// has about three.
const maxObjects = 4 * MaxEntries

// parseNPM reads package-lock.json and npm-shrinkwrap.json, lockfileVersion 1
// to 3. Source: npm's documentation of package-lock.json, and the reader of npm
// 11 (@npmcli/arborist, lib/shrinkwrap.js).
//
// That reader takes the last of two keys of one name, as ECMA-262 has it for
// JSON.parse, and so does encoding/json; other readers take the first or refuse.
// Such a file is an error. So is one with marks of a merge conflict, which npm
// resolves by itself, in a way that depends on its version.
//
// npm from 7 on reads packages, and dependencies only where there are none; npm
// 6 reads dependencies. A file of version 2 has both, and what stands in one of
// them alone is an entry too.
func parseNPM(data []byte) (File, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) // as npm does
	if bytes.Count(data, []byte("{")) > maxObjects {
		return File{}, fmt.Errorf("it has more than %d objects", maxObjects)
	}
	if err := scandoc.CheckJSON(data); err != nil {
		return File{}, err
	}
	top, err := objectOf(data)
	if err != nil {
		return File{}, err
	}
	var f File
	if f.Version, err = npmVersion(top); err != nil {
		return File{}, err
	}
	var packages, dependencies object
	for name, to := range map[string]*object{"packages": &packages, "dependencies": &dependencies} {
		if raw, ok := top[name]; ok {
			if *to, err = objectOf(raw); err != nil {
				return File{}, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	if f.Entries, err = npmPackages(packages); err != nil {
		return File{}, err
	}
	old := npmOld{}
	if err := old.add(dependencies, false); err != nil {
		return File{}, err
	}
	f.Entries = append(f.Entries, old.beside(f.Entries)...)
	return f, nil
}

// npmVersion refuses a version whose meaning is not known. A file of npm before
// 5 has none, and is read as version 1.
func npmVersion(top object) (int, error) {
	raw, ok := top["lockfileVersion"]
	if !ok {
		return 1, nil
	}
	var version int
	if err := json.Unmarshal(raw, &version); err != nil || version < 1 || version > 3 {
		return 0, errors.New("its lockfileVersion is none of 1, 2 and 3")
	}
	return version, nil
}

// npmPackages reads the map of places to packages. The place "" is the project
// itself.
func npmPackages(packages object) ([]Entry, error) {
	var entries []Entry
	for place, raw := range packages {
		if place == "" {
			continue
		}
		e, skip, err := npmPackage(packages, place, raw)
		if err != nil {
			return nil, fmt.Errorf("package %s: %w", quote(place), err)
		}
		if !skip {
			entries = append(entries, e)
		}
	}
	return entries, nil
}

func npmPackage(packages object, place string, raw json.RawMessage) (e Entry, skip bool, err error) {
	p, err := objectOf(raw)
	if err != nil {
		return e, false, err
	}
	text, err := p.texts("name", "version", "resolved", "integrity")
	if err != nil {
		return e, false, err
	}
	at := strings.LastIndex(place, "node_modules/")
	e = Entry{Name: text["name"], Version: text["version"], Dev: p.is("dev"), Hashes: integrity(text["integrity"])}
	if e.Name == "" {
		e.Name = nameOfPlace(place)
	}
	resolved := text["resolved"]
	switch {
	case p.is("link"):
		if _, ok := packages[resolved]; ok {
			return e, true, nil // what it leads to is an entry of its own
		}
		e.Registry = Link
	case resolved != "":
		e.Registry = registryOf(resolved)
	case p.is("inBundle") && len(e.Hashes) == 0 && bundled(packages, place[:max(at, 0)]):
		e.Registry = Bundle
	case at < 0:
		e.Registry = Link
	}
	if isGit(e.Registry) {
		e.Commit = commitOf(resolved)
	}
	return e, false, nil
}

// nameOfPlace is how npm calls a package that has no name of its own: by its
// folder, with the scope above it.
func nameOfPlace(place string) string {
	parts := strings.Split(place, "/")
	last := len(parts) - 1
	if last > 0 && strings.HasPrefix(parts[last-1], "@") {
		return parts[last-1] + "/" + parts[last]
	}
	return parts[last]
}

// bundled reports whether a package above a place says that it bundles others. The
// project itself does not count: what it bundles is fetched like anything else.
func bundled(packages object, above string) bool {
	for above != "" {
		above = strings.TrimSuffix(above, "/")
		if p, err := objectOf(packages[above]); err == nil {
			for _, name := range []string{"bundleDependencies", "bundledDependencies"} {
				if value := string(p[name]); value != "" && value != "[]" && value != "false" && value != "null" {
					return true
				}
			}
		}
		at := strings.LastIndex(above, "node_modules/")
		if at < 0 {
			return false
		}
		above = above[:at]
	}
	return false
}

// integrity splits a value as npm's ssri does: at white space, dropping what is
// no digest of an algorithm that Node has. npm checks those of the strongest
// algorithm alone, which come first here. A value without a digest checks
// nothing.
func integrity(value string) []string {
	sizes := []struct {
		algorithm string
		bytes     int
	}{{"sha512", 64}, {"sha384", 48}, {"sha256", 32}, {"sha224", 28}, {"sha1", 20}, {"md5", 16}}
	var hashes []string
	for _, size := range sizes {
		for _, word := range strings.Fields(value) {
			algorithm, digest, _ := strings.Cut(word, "-")
			digest, _, _ = strings.Cut(digest, "?")
			raw, err := base64.StdEncoding.DecodeString(digest)
			if algorithm == size.algorithm && err == nil && len(raw) == size.bytes && !slices.Contains(hashes, word) {
				hashes = append(hashes, word)
			}
		}
	}
	return hashes
}

// object is a JSON object whose keys are compared exactly, as npm does and
// encoding/json does not.
type object map[string]json.RawMessage

func objectOf(raw []byte) (object, error) {
	var o object
	if err := json.Unmarshal(raw, &o); err != nil || o == nil {
		return nil, errors.New("there is no object where one is expected")
	}
	return o, nil
}

// texts are the strings under keys. null and false, which old versions wrote, are
// as good as nothing.
func (o object) texts(keys ...string) (map[string]string, error) {
	out := map[string]string{}
	for _, key := range keys {
		raw := o[key]
		if len(raw) == 0 || string(raw) == "null" || string(raw) == "false" {
			continue
		}
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, fmt.Errorf("its %s is no text", key)
		}
		out[key] = s
	}
	return out, nil
}

// is reports whether JavaScript takes a field for true.
func (o object) is(key string) bool {
	switch string(o[key]) {
	case "", "false", "null", "0", "-0", `""`:
		return false
	}
	return true
}
