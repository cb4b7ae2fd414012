package secretscan

import (
	"path"
	"strings"
)

// exampleFolders are where programs keep keys that open nothing, by the names of
// folders. What rules find below them is of tier low; a value of the step itself
// stays high anywhere.
var exampleFolders = map[string]bool{
	"test": true, "tests": true, "testdata": true, "testonly": true, "testing": true, "__tests__": true, "fixture": true, "fixtures": true,
	"spec": true, "specs": true, "mock": true, "mocks": true, "example": true, "examples": true, "sample": true, "samples": true,
	"doc": true, "docs": true,
}

// examplePath reports whether a file is a test, an example or documentation by
// its name.
func examplePath(name string) bool {
	folder, file := path.Split(strings.ToLower(strings.ReplaceAll(name, "\\", "/")))
	for part := range strings.SplitSeq(folder, "/") {
		if exampleFolders[part] {
			return true
		}
	}
	stem := strings.TrimSuffix(file, path.Ext(file))
	switch path.Ext(file) {
	case ".md", ".rst", ".adoc", ".pod", ".html":
		return true
	}
	switch stem {
	case "readme", "changelog", "pkg-info", "metadata": // the last two are Python's, and hold the first
		return true
	}
	return strings.HasSuffix(stem, "_test") || strings.HasSuffix(stem, ".test") || strings.HasSuffix(stem, ".spec") || strings.HasPrefix(stem, "test_")
}
