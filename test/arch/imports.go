package arch

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// friends are the imports that are allowed beside those of the layers.
func friends() map[string][]string {
	return map[string][]string{
		"internal/step":     {"internal/frozen"},                                                          // the step is started frozen
		"internal/runner":   {"internal/filetree", "internal/sink", "internal/gitcmd"},                    // it opens files, writes file commands, reads local repositories
		"internal/tracerd":  {"internal/frozen"},                                                          // it prepares the frozen process
		"internal/verify":   {"internal/verdict", "internal/filetree", "internal/policy"},                 // its answer is a verdict; it opens files, and asks the policy
		"internal/report":   {"internal/verdict", "internal/verify", "internal/sink"},                     // it shows what verify said; hidden characters are spelled out
		"internal/policy":   {"internal/verdict"},                                                         // its answer is findings
		"internal/refs":     {"internal/verdict", "internal/filetree", "internal/sink", "internal/sarif"}, // as verify; and it annotates at positions
		"internal/sarif":    {"internal/filetree", "internal/sink"},                                       // where a file is in the repository; JSON that can be shown
		"pkg/trace/bpf":     {"pkg/trace/netname"},                                                        // it reads the packets that the kernel copies
		"internal/gitcmd":   {"internal/filetree", "internal/sink"},                                       // it opens files; what git says is made harmless
		"internal/lockfile": {"internal/scandoc"},                                                         // it asks whether all readers see the same in a JSON text
	}
}

// mayImport says whether a file in folder from may import our own folder to:
//
//	cmd              everything but test
//	pkg/cilock       internal/action
//	pkg/x            its parents, its friends, and folders named internal below itself
//	internal/action  internal, pkg, policies
//	internal/x       itself, its friends, pkg, policies
//	policies         nothing
//	test             everything but cmd
//
// A folder that is not in the table may import nothing of ours.
func mayImport(from, to string) bool {
	switch {
	case within(to, "cmd"):
		return within(from, "cmd")
	case within(from, "test"):
		return true
	case within(to, "test"):
		return false
	case within(from, "cmd"):
		return true
	case within(from, "pkg/cilock"):
		return to == "internal/action" || within(from, to)
	case within(from, "pkg"):
		return within(from, to) || within(to, path.Join(from, "internal")) || slices.Contains(friends()[from], to)
	case within(from, "internal"):
		return within(to, "pkg") || within(to, "policies") || unit(from) == "internal/action" && within(to, "internal") ||
			unit(from) == unit(to) || slices.Contains(friends()[unit(from)], unit(to))
	}
	return false
}

// layers enforces the import table. Test files are free of it: a test may put
// together what the product keeps apart.
func layers(files []*File) []Violation {
	var found []Violation
	for _, f := range files {
		if f.Test {
			continue
		}
		if !known(f.Dir) {
			found = append(found, Violation{"layers", f.Path, 0, "the layout has no Go package in " + f.Dir})
		}
		for _, spec := range f.AST.Imports {
			to, ours := strings.CutPrefix(unquote(spec.Path.Value), Module)
			if !ours || to != "" && to[0] != '/' {
				continue
			}
			if to = strings.TrimPrefix(to, "/"); to == "" {
				to = "."
			}
			if !mayImport(f.Dir, to) {
				found = append(found, f.at("layers", spec, "%s may not import %s", f.Dir, to))
			}
		}
	}
	return found
}

// known reports whether the layout has packages in a folder.
func known(dir string) bool {
	if dir == "policies" {
		return true
	}
	top, _, below := strings.Cut(dir, "/")
	return below && slices.Contains([]string{"cmd", "internal", "pkg", "test"}, top)
}

// home is where a dependency may be imported: in these folders and below them,
// in test files and below test.
type home struct {
	prefix string // of the import path, up to a slash or the end
	dirs   []string
}

// dependencyHomes lists every dependency that is heavy, or whose types must not
// spread. Where two prefixes match the longer one counts.
func dependencyHomes() []home {
	return []home{
		{"github.com/sigstore", []string{"pkg/attest"}},
		{"github.com/in-toto", []string{"pkg/attest"}},
		{"github.com/in-toto/go-witness", nil}, // an independent verifier, for tests alone
		{"github.com/sethvargo/go-githubactions", []string{"internal/sink"}},
		{"github.com/creack/pty", []string{"internal/step"}},
		{"github.com/bmatcuk/doublestar", []string{"internal/filetree", "internal/action"}}, // add whoever needs globs
		{"github.com/open-policy-agent", []string{"internal/policy"}},
		{"github.com/cilium/ebpf", []string{"pkg/trace"}},
		{"github.com/google/go-github", []string{"pkg/actionref/ghresolve"}},
		{"github.com/zricethezav/gitleaks", []string{"pkg/secretscan"}},
		{"github.com/gitleaks", []string{"pkg/secretscan"}},
		{"github.com/rogpeppe/go-internal", nil}, // script tests
	}
}

// homes keeps each heavy dependency in its one home.
func homes(files []*File) []Violation {
	var found []Violation
	for _, f := range files {
		if f.Test || within(f.Dir, "test") {
			continue
		}
		for _, spec := range f.AST.Imports {
			var best home
			for _, h := range dependencyHomes() {
				if within(unquote(spec.Path.Value), h.prefix) && len(h.prefix) > len(best.prefix) {
					best = h
				}
			}
			in := func(dir string) bool { return within(f.Dir, dir) }
			if best.prefix != "" && !slices.ContainsFunc(best.dirs, in) {
				where := strings.Join(append(slices.Clone(best.dirs), "tests"), ", ")
				found = append(found, f.at("homes", spec, "%s belongs in %s", best.prefix, where))
			}
		}
	}
	return found
}

func unquote(literal string) string {
	text, err := strconv.Unquote(literal)
	if err != nil {
		return literal // the parser has refused it already
	}
	return text
}
