// Package lockfile reads the files in which package managers write down what
// they install: npm's package-lock.json and npm-shrinkwrap.json, Go's go.sum, and
// pip's requirements files. Bytes in, entries out; it opens nothing.
//
// The bytes are hostile. Two rules follow: a file is read as its package manager
// reads it, and one that this package reads in another way than it, or two
// versions of it in two ways, is an error. An entry is never dropped: what is
// not understood stands in it as [Other], or is an error.
package lockfile
