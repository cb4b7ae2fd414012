package wrap

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/want from the stand-in; read the differences before you commit them")

// TestFixtures runs every use of a fixture in every way. What differs from what
// is wanted must be in the table of differences, and what is there must differ.
func TestFixtures(t *testing.T) {
	k := newKit(t)
	used := &usedDifferences{}
	t.Run("all", func(t *testing.T) {
		for _, c := range useCases {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				want := k.wanted(t, c)
				ways := map[string]func(*testing.T, useCase) *result{"stand-in": k.inStandIn}
				if c.noAct == "" {
					ways["act"] = k.underAct
				}
				ways["cilock"], ways["action"] = k.ours, k.asAction
				if c.both {
					ways["action under act"] = k.actionUnderAct
				}
				if c.hand != nil {
					ways["hand"] = k.byHand
				}
				for _, way := range slices.Sorted(maps.Keys(ways)) {
					t.Run(way, func(t *testing.T) {
						r := ways[way](t, c)
						if r.code != c.code && (way == "cilock" || strings.HasPrefix(way, "action")) && !used.explains(way, c.name, "code") {
							t.Errorf("%s, %s: exit code %d, wanted %d", way, c.name, r.code, c.code)
						}
						differ := k.observe(t, r).against(want)
						for _, key := range slices.Sorted(maps.Keys(differ)) {
							if !used.explains(way, c.name, key) {
								t.Errorf("%s, %s: %s is\n\t%q, wanted\n\t%q", way, c.name, key, differ[key][1], differ[key][0])
							}
						}
						used.ran(way, c.name)
					})
				}
			})
		}
	})
	used.check(t)
}

// wanted is what GitHub's runner gives, as far as it is known.
func (k *kit) wanted(t *testing.T, c useCase) observed {
	t.Helper()
	path := filepath.Join("testdata", "want", c.name+".json")
	if *update {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		must(t, e.Encode(k.observe(t, k.inStandIn(t, c))))
		must(t, os.WriteFile(path, b.Bytes(), 0o644))
	}
	text, err := os.ReadFile(path)
	must(t, err)
	var want observed
	must(t, json.Unmarshal(text, &want))
	return want
}

// addTo adds the files below root to what a repository consists of.
func addTo(t *testing.T, files map[string]string, root string) fs.WalkDirFunc {
	t.Helper()
	return func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		files[filepath.ToSlash(name)] = string(text)
		return err
	}
}

// usedDifferences remembers which lines of the table were of use.
type usedDifferences struct {
	mu    sync.Mutex
	lines map[int]bool
	cases map[string]bool
}

func (u *usedDifferences) explains(way, name, key string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	for i, d := range differences {
		if d.way == way && d.of(name) && d.key.MatchString(key) {
			if u.lines == nil {
				u.lines = map[int]bool{}
			}
			u.lines[i] = true
			return true
		}
	}
	return false
}

func (u *usedDifferences) ran(way, name string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.cases == nil {
		u.cases = map[string]bool{}
	}
	u.cases[way+" "+name] = true
}

// check fails for a line of the table that no run needed any more.
func (u *usedDifferences) check(t *testing.T) {
	t.Helper()
	u.mu.Lock()
	defer u.mu.Unlock()
	for i, d := range differences {
		all := true
		for _, c := range useCases {
			all = all && (!d.of(c.name) || u.cases[d.way+" "+c.name] || d.way == "hand" && c.hand == nil || d.way == "act" && c.noAct != "" || d.way == "action under act" && !c.both)
		}
		if all && !u.lines[i] {
			t.Errorf("%s, %s, %s: there is no such difference any more; the table says %q", d.way, strings.Join(d.cases, " "), d.key, d.why)
		}
	}
}
