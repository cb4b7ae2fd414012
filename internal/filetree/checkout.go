package filetree

import "path/filepath"

// Checkout is where relative paths start and where the repository does. The
// readers of annotations and SARIF know the latter only.
type Checkout struct {
	Dir  string // the current folder, absolute
	Root string // of the repository, absolute
}

// Relative is a recorded name relative to the repository; one that lies outside
// becomes absolute. A Checkout without folders changes nothing.
func (c Checkout) Relative(file string) string {
	name, err := PathOf(file)
	if err != nil { // redacted, and no name any more
		name = file
	}
	native := filepath.FromSlash(name)
	if c.Dir == "" || c.Root == "" {
		return name
	}
	if !filepath.IsAbs(native) {
		native = filepath.Join(c.Dir, native)
	}
	if rel, err := filepath.Rel(c.Root, native); err == nil && filepath.IsLocal(rel) {
		native = rel
	}
	return filepath.ToSlash(native)
}
