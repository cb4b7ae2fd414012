package filetree

import (
	"fmt"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// maxPattern bounds one glob, in bytes.
const maxPattern = 4096

// Globs choose paths. The zero value chooses all.
type Globs struct{ include, exclude []glob }

type glob struct {
	pattern string
	base    bool // matched against the last segment only
}

// ParseGlobs checks the patterns, so that a mistake is found before a step
// runs. No include pattern means all files; exclude wins over include.
//
// Patterns are those of doublestar: "*" stays within one path segment, "**"
// does not, and {a,b}, [a-z] and ? work as usual. A pattern without a slash is
// matched against the last segment at any depth, as in .gitignore, so "*" is
// everything and "*.tar.gz" is found in every directory; "./*.tar.gz" is found
// at the top only.
func ParseGlobs(include, exclude []string) (Globs, error) {
	var g Globs
	for _, list := range []struct {
		from []string
		to   *[]glob
	}{{include, &g.include}, {exclude, &g.exclude}} {
		for _, p := range list.from {
			clean := strings.TrimPrefix(p, "./")
			if clean == "" || len(clean) > maxPattern || !doublestar.ValidatePattern(clean) {
				return Globs{}, fmt.Errorf("parse product glob %.80q: not a valid pattern", p)
			}
			*list.to = append(*list.to, glob{clean, !strings.Contains(p, "/")})
		}
	}
	return g, nil
}

// Match reports whether the file with a recorded name is chosen. What is
// matched is the path on disk, with slashes.
func (g Globs) Match(name string) bool {
	if p, err := PathOf(name); err == nil {
		name = p
	}
	return (len(g.include) == 0 || matchAny(g.include, name)) && !matchAny(g.exclude, name)
}

func matchAny(globs []glob, name string) bool {
	base := path.Base(name)
	for _, g := range globs {
		target := name
		if g.base {
			target = base
		}
		if doublestar.MatchUnvalidated(g.pattern, target) {
			return true
		}
	}
	return false
}
