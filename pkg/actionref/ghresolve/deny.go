package ghresolve

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/org/cilock-action/pkg/actionref"
)

// Denied is a commit that nobody shall use, such as one of a known attack.
type Denied struct {
	Repository string // owner/repo, or * for every one
	SHA        string // 40 hex digits, of a commit or of a tag object
	Reason     string
}

// ParseDenied reads a deny-list: one "OWNER/REPO SHA reason" on a line, where
// * stands for every repository. Lines that begin with # are comments. A line
// that cannot be read is an error, since skipping it would allow what somebody
// meant to deny.
func ParseDenied(data []byte) ([]Denied, error) {
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("read deny-list: not valid UTF-8")
	}
	var list []Denied
	lines := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if len(list) == maxDenied {
			return nil, fmt.Errorf("read deny-list: more than %d lines", maxDenied)
		}
		repository, rest := cutField(line)
		sha, reason := cutField(rest)
		d, err := checkOne(Denied{repository, sha, reason})
		if err != nil {
			return nil, fmt.Errorf("read deny-list: line %d: %w", n, err)
		}
		list = append(list, d)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read deny-list: %w", err)
	}
	return list, nil
}

// cutField splits s after its first field.
func cutField(s string) (field, rest string) {
	i := strings.IndexFunc(s, unicode.IsSpace)
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimSpace(s[i:])
}

// checkDenied returns a list in lower case, or says what is wrong with it.
func checkDenied(list []Denied) ([]Denied, error) {
	list = slices.Clone(list)
	for i, d := range list {
		checked, err := checkOne(d)
		if err != nil {
			return nil, fmt.Errorf("entry %d of the deny-list: %w", i+1, err)
		}
		list[i] = checked
	}
	return list, nil
}

func checkOne(d Denied) (Denied, error) {
	d.Repository, d.SHA = strings.ToLower(d.Repository), strings.ToLower(d.SHA)
	if d.Repository != "*" && repositoryName(d.Repository) == "" {
		return d, fmt.Errorf("%.100q is neither OWNER/REPO nor *", d.Repository)
	}
	if !isSHA(d.SHA) {
		return d, fmt.Errorf("%.100q is not a commit's 40 hex digits", d.SHA)
	}
	if d.Reason == "" {
		d.Reason = "no reason given"
	}
	return d, nil
}

// ReasonDenied returns why a list as ParseDenied returns it denies a commit
// under any of the repository's names, or nothing. All are in lower case.
func ReasonDenied(list []Denied, sha string, repositories ...string) string {
	for _, d := range list {
		if d.SHA == sha && (d.Repository == "*" || slices.Contains(repositories, d.Repository)) {
			return d.Reason
		}
	}
	return ""
}

// repositoryName returns owner/repo in lower case if s is exactly that in the
// alphabet that references have, else nothing. Names that servers give pass
// through here before they become part of a URL or an argument.
func repositoryName(s string) string {
	ref := actionref.Parse(s+"@x", actionref.InStep)
	if ref.Kind() != actionref.KindAction || ref.Path() != "" || !strings.EqualFold(ref.Repository(), s) {
		return ""
	}
	return ref.Repository()
}

// isSHA reports whether s is 40 hex digits in lower case.
func isSHA(s string) bool {
	if len(s) != 40 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
