package attest

// TypeLockfile is what the package managers' lock files said before the step.
const TypeLockfile = "https://github.com/org/cilock-action/lockfile/v0.1"

// Lockfile is the body of TypeLockfile. A file that could not be read whole is a
// gap and stands in neither list, so that a rule over them speaks of files that
// were understood; whether all were is what completeness says.
type Lockfile struct {
	Files     []LockFile      `json:"files"`   // sorted by path
	Entries   []LockedPackage `json:"entries"` // by file, then by name
	NotListed int             `json:"notlisted,omitempty"`
}

// LockFile is one file. Its counts are of all its entries, listed or not.
type LockFile struct {
	Path   string    `json:"path"` // relative to the working directory
	Kind   string    `json:"kind"` // npm, go, pip
	Digest DigestSet `json:"digest"`
	// Entries counts the distinct packages.
	Entries int `json:"entries"`
	// Unhashed counts those that the package manager takes as they come: without
	// a hash, and neither a link nor bundled in a package that has one.
	Unhashed int `json:"unhashed"`

	LockfileVersion int `json:"lockfileversion,omitempty"` // npm: 1, 2 or 3
	// Mode is "hashes" if pip refuses whatever has no hash in this file.
	Mode       string   `json:"mode,omitempty"`
	Registries []string `json:"registries,omitempty"` // pip: of each index and place of archives that it names, as in LockedPackage
	Includes   []string `json:"includes,omitempty"`   // pip: further files (-r, -c), which are not followed
}

// LockedPackage is one entry of a lock file.
type LockedPackage struct {
	File    string `json:"file"`
	Name    string `json:"name"`    // empty if the file gives none
	Version string `json:"version"` // empty if the file leaves it open
	// Registry is where the package is from: scheme://host[:port] in lower case,
	// without credentials (https://registry.npmjs.org, git+ssh://github.com); or
	// git, a repository of a hosting service by a short name; file, an archive or
	// a folder of this machine; link, a folder of this machine in an npm file;
	// bundle, within the npm package above it; other, an address that is not
	// understood. Empty: the file does not say, as go.sum never does.
	Registry string `json:"registry"`
	// Hash is the strongest that the package manager checks, as written
	// (sha512-…, h1:…, sha256:…). Absent: it checks none.
	Hash   string   `json:"hash,omitempty"`
	Hashes []string `json:"hashes,omitempty"` // all of them, if there are several
	Commit string   `json:"commit,omitempty"` // of a repository, if the entry is pinned to one
	Dev    bool     `json:"dev,omitempty"`    // npm: for development only
	// GoModOnly: only the module's go.mod is read, for the choice of versions.
	GoModOnly bool `json:"gomodonly,omitempty"`
}
