package ghresolve

import (
	"fmt"
	"slices"
	"strings"
)

// TagsKnown reports whether the tags of the repository are known, so that
// CheckComment can judge.
func (a Answer) TagsKnown() bool { return a.known != nil }

// CheckComment judges the version in the comment behind a pin, such as v4.2.0
// of "# v4.2.0", against all tags of the commit, written exactly so or with or
// without a leading v. If it does not fit, why names the tag that was tried,
// and both commits if that tag names another one.
func CheckComment(comment string, a Answer) (ok bool, why string) {
	comment = strings.TrimSpace(comment)
	switch {
	case comment == "":
		return false, "the comment names no version"
	case a.SHA == "":
		return false, "the commit is not known, so the comment was not checked"
	case a.known == nil:
		return false, "the tags of the repository are not known, so the comment was not checked"
	}
	spellings := []string{comment, "v" + comment}
	if bare, ok := strings.CutPrefix(comment, "v"); ok {
		spellings[1] = bare
	}
	for _, name := range spellings {
		if slices.Contains(a.Tags, name) {
			return true, ""
		}
	}
	for _, name := range spellings {
		if t, ok := a.known.Tags[name]; ok {
			return false, fmt.Sprintf("tag %s is commit %s, not %s", name, t.Commit, a.SHA)
		}
	}
	return false, fmt.Sprintf("no tag %s or %s names commit %s", spellings[0], spellings[1], a.SHA)
}
