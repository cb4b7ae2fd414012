package lockfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of one file. One that is beyond them is an error.
const (
	MaxSize    = 32 << 20 // bytes
	MaxEntries = 200_000
	maxText    = 1024 // bytes of a name, a version, a hash, an address
)

// Kind is the package manager that a file is of.
type Kind string

// The kinds.
const (
	NPM Kind = "npm"
	Go  Kind = "go"
	Pip Kind = "pip"
)

// KindOf says by its name which package manager reads a file; empty for none.
func KindOf(base string) Kind {
	switch {
	case base == "package-lock.json" || base == "npm-shrinkwrap.json":
		return NPM
	case base == "go.sum" || base == "go.work.sum":
		return Go
	case strings.HasPrefix(base, "requirements") && strings.HasSuffix(base, ".txt"):
		return Pip
	}
	return ""
}

// File is what one lock file says.
type File struct {
	Version    int      // npm: lockfileVersion
	HashMode   bool     // pip: it installs only what has a hash
	Registries []string // pip: of each index and place of archives that it names
	Includes   []string // pip: further files that it names (-r, -c), as written, without credentials
	Entries    []Entry  // distinct, by name, version, registry and hashes
}

// Entry is one package. Two that differ in nothing are one.
type Entry struct {
	Name     string // empty: the file gives none
	Version  string // empty: the file leaves it open
	Registry string // see below
	Commit   string // hex, of a git repository
	// Hashes are those that the package manager checks, as written, strongest
	// first. For a Go module that of its files comes before that of its go.mod.
	Hashes    []string
	Dev       bool // npm: for development only
	GoModOnly bool // go: the module's go.mod is read, its code is not
}

// What stands in Registry where it is no scheme://host[:port]. It never holds
// credentials. Empty means that the file does not say: the package manager asks
// the registry that it is configured with.
const (
	Git    = "git"    // a repository of a hosting service, by a short name
	Local  = "file"   // an archive, or with pip a folder, of this machine
	Link   = "link"   // npm: a folder of this machine, such as a workspace
	Bundle = "bundle" // npm: within the archive of the package above it
	Other  = "other"  // an address that is not understood
)

// Unhashed reports whether the package manager takes what it gets for this entry
// as it comes. A link has nothing to hash, and what is bundled has its
// package's hash.
func (e Entry) Unhashed() bool {
	return len(e.Hashes) == 0 && e.Registry != Link && e.Registry != Bundle
}

// Parse reads a file of a kind. The error says what is wrong and quotes nothing
// of the file but names, in short.
func Parse(kind Kind, data []byte) (File, error) {
	switch {
	case len(data) > MaxSize:
		return File{}, fmt.Errorf("it is larger than %d MiB", MaxSize>>20)
	case !utf8.Valid(data):
		return File{}, errors.New("it is not valid UTF-8")
	}
	var f File
	var err error
	switch kind {
	case NPM:
		f, err = parseNPM(data)
	case Go:
		f, err = parseGoSum(data)
	case Pip:
		f, err = parsePip(data)
	default:
		err = fmt.Errorf("%q is no kind of lock file", kind)
	}
	if err == nil {
		err = f.bounded()
	}
	if err != nil {
		return File{}, err
	}
	slices.SortFunc(f.Entries, compare)
	f.Entries = slices.CompactFunc(f.Entries, func(a, b Entry) bool { return compare(a, b) == 0 })
	return f, nil
}

// bounded refuses texts that are longer than any real one.
func (f File) bounded() error {
	if len(f.Entries) > MaxEntries {
		return errTooMany()
	}
	for _, e := range f.Entries {
		for _, text := range append([]string{e.Name, e.Version, e.Registry, e.Commit}, e.Hashes...) {
			if len(text) > maxText {
				return fmt.Errorf("it has a text of more than %d bytes: %s", maxText, quote(text))
			}
		}
	}
	for _, text := range append(slices.Clone(f.Registries), f.Includes...) {
		if len(text) > maxText {
			return fmt.Errorf("it has an address of more than %d bytes", maxText)
		}
	}
	return nil
}

func errTooMany() error { return fmt.Errorf("it has more than %d entries", MaxEntries) }

func compare(a, b Entry) int {
	flag := func(x, y bool) int {
		switch {
		case x == y:
			return 0
		case y:
			return -1
		}
		return 1
	}
	for _, order := range []int{
		strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version), strings.Compare(a.Registry, b.Registry),
		strings.Compare(a.Commit, b.Commit), slices.Compare(a.Hashes, b.Hashes), flag(a.Dev, b.Dev), flag(a.GoModOnly, b.GoModOnly),
	} {
		if order != 0 {
			return order
		}
	}
	return 0
}

// quote makes a name of the file fit into an error: short, in one line, and
// without the credentials that a URL in its place could have.
func quote(s string) string {
	const most = 80
	if strings.Contains(s, "://") || strings.Contains(s, "@") && strings.Contains(s, ":") {
		return "(an address)"
	}
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}
