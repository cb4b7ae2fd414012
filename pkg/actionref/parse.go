package actionref

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText bounds a reference, in bytes. Owner, repository, path and ref that
// GitHub and the file system accept stay far below.
const maxText = 4096

// white is the white space that is not part of a reference.
const white = " \t\r\n"

const dockerScheme = "docker://"

// Parse judges the text of one reference in its place. White space of ASCII
// around it is not part of it. Parse never fails: what is not a reference is
// of kind invalid, and never pinned.
func Parse(text string, at Place) Ref {
	s := strings.Trim(text, white)
	r := Ref{text: s}
	switch {
	case s == "":
		return r.invalid("the reference is empty")
	case strings.Contains(s, "${{"):
		r.kind = KindDynamic
		r.why = "an expression decides what runs: it cannot be judged before"
		return r
	case len(s) > maxText:
		return r.invalid("longer than %d bytes", maxText)
	case !utf8.ValidString(s):
		return r.invalid("not valid UTF-8")
	}
	if bad := strings.IndexFunc(s, hidden); bad >= 0 {
		c, _ := utf8.DecodeRuneInString(s[bad:])
		return r.invalid("holds the character %U, which cannot be seen or is a space of its own", c)
	}
	switch at {
	case InContainer, InRunsImage:
		return r.parseImage(KindImage, trimPrefixFold(s, dockerScheme))
	case InJob:
		return r.parseJob(s)
	}
	return r.parseStep(s)
}

// hidden are the characters that make a reference look like another one:
// control and format characters, and every space but ASCII's own.
func hidden(c rune) bool {
	if c < utf8.RuneSelf {
		return c < ' ' || c == 0x7f
	}
	return unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || unicode.IsSpace(c) || unicode.Is(unicode.Zs, c) || c == utf8.RuneError
}

func (r Ref) invalid(format string, args ...any) Ref {
	r.kind, r.pinned = KindInvalid, false
	r.owner, r.repo, r.path, r.ref, r.image, r.digest = "", "", "", "", "", ""
	r.why = fmt.Sprintf(format, args...)
	return r
}

// parseStep reads the uses of a step. The order of the prefixes is the
// runner's; docker:// is case-sensitive there.
func (r Ref) parseStep(s string) Ref {
	switch {
	case strings.HasPrefix(s, dockerScheme):
		return r.parseImage(KindDocker, s[len(dockerScheme):])
	case hasPrefixFold(s, dockerScheme):
		return r.invalid("uses prefix is case-sensitive (runs.image is not)")
	case strings.HasPrefix(s, "./"), strings.HasPrefix(s, `.\`):
		return r.parseLocal(s)
	case strings.HasPrefix(s, "$/"):
		return r.parseSelf(s)
	case strings.HasPrefix(s, "../"):
		return r.invalid("a path of the workspace begins with ./")
	}
	return r.parseRemote(KindAction, s)
}

// parseJob reads the uses of a job, which names a workflow.
func (r Ref) parseJob(s string) Ref {
	switch {
	case hasPrefixFold(s, dockerScheme):
		return r.invalid("docker:// is not allowed at job level")
	case strings.HasPrefix(s, "./"):
		if strings.Contains(s, "@") {
			return r.invalid("a local workflow takes no ref")
		}
		if !isWorkflowFile(s[2:]) {
			return r.invalid("a reusable workflow is a .yml or .yaml file directly in .github/workflows")
		}
		r.kind, r.path, r.pinned = KindLocalWorkflow, s[2:], true
		return r
	case strings.HasPrefix(s, "$/"):
		if r = r.parseSelf(s); r.kind == KindSelf && !isWorkflowFile(r.path) {
			return r.invalid("a reusable workflow is a .yml or .yaml file directly in .github/workflows")
		}
		return r
	}
	if r = r.parseRemote(KindWorkflow, s); r.kind == KindWorkflow && !isWorkflowFile(r.path) {
		return r.invalid("a job uses a workflow: a .yml or .yaml file directly in .github/workflows of a repository")
	}
	return r
}

func isWorkflowFile(p string) bool {
	name, ok := strings.CutPrefix(p, ".github/workflows/")
	ext := path.Ext(name)
	return ok && !strings.ContainsAny(name, `/\`) && (ext == ".yml" || ext == ".yaml") && name != ext
}

// parseLocal reads a path of the workspace. The runner joins it to the
// workspace's folder, so .. is allowed there and may lead out of it.
func (r Ref) parseLocal(s string) Ref {
	windows := s[1] == '\\'
	p := s[2:]
	if windows {
		p = strings.ReplaceAll(p, `\`, "/")
	} else if strings.Contains(p, `\`) {
		return r.invalid(`a backslash is a separator on Windows alone: write / (only a path that begins with .\ may hold it)`)
	}
	r.kind, r.path = KindLocal, p
	clean := path.Clean("/w/" + p) // /w stands for the workspace
	switch {
	case leavesWorkspace(p):
		r.leaves, r.why = true, "leaves the workspace"
	case strings.Contains(p, "@"):
		r.why = p[strings.LastIndex(p, "@"):] + " is part of the path"
	default:
		r.why = "the workspace can change before the step: $/ names the same folder at the workflow's own commit"
	}
	if !r.leaves {
		r.path = strings.TrimPrefix(strings.TrimPrefix(clean, "/w"), "/")
	}
	return r
}

// leavesWorkspace reports whether a path leads out of the workspace at any
// point, also if it comes back: what is outside has another name each time.
func leavesWorkspace(p string) bool {
	depth := 0
	for _, segment := range strings.Split(p, "/") {
		switch segment {
		case "", ".":
		case "..":
			if depth--; depth < 0 {
				return true
			}
		default:
			depth++
		}
	}
	return false
}

// parseSelf reads $/path, which the runner rewrites to the repository and
// commit of the file that holds it, before any download.
func (r Ref) parseSelf(s string) Ref {
	p := s[2:]
	if strings.Contains(p, "@") {
		return r.invalid("$/ takes no ref: it is the commit of the file that holds it")
	}
	if p != "" {
		if why := badPath(p); why != "" {
			return r.invalid("%s", why)
		}
	}
	r.kind, r.path, r.pinned = KindSelf, p, true
	return r
}

// parseRemote reads owner/repo[/path]@ref. The runner is laxer: it drops empty
// segments and takes a backslash for a slash, so that one action has many
// spellings. Only the one that everybody reads alike is accepted here.
func (r Ref) parseRemote(kind Kind, s string) Ref {
	name, ref, found := strings.Cut(s, "@")
	switch {
	case strings.Contains(ref, "@"):
		return r.invalid("two @; the runner's not-yet-live new parser would take the LAST @")
	case !found:
		return r.invalid("no @: a ref is required")
	case strings.Contains(name, `\`):
		return r.invalid(`a backslash is a separator on the runner alone: write /`)
	case strings.HasPrefix(name, "/"):
		return r.invalid("begins with a slash")
	}
	owner, rest, ok := strings.Cut(name, "/")
	repo, sub, hasPath := strings.Cut(rest, "/")
	switch {
	case !ok || owner == "" || repo == "":
		return r.invalid("expected owner/repo@ref")
	case !isOwner(owner):
		return r.invalid("%q is no name of an owner", owner)
	case !isRepo(repo):
		return r.invalid("%q is no name of a repository", repo)
	}
	if hasPath {
		if why := badPath(sub); why != "" {
			return r.invalid("%s", why)
		}
	}
	if why := badGitRef(ref); why != "" {
		return r.invalid("%s", why)
	}
	r.kind, r.owner, r.repo, r.path, r.ref = kind, owner, repo, sub, ref
	r.pinned = isHex(ref, 40)
	if !r.pinned {
		r.why = whyUnpinned(ref)
	}
	return r
}

func whyUnpinned(ref string) string {
	switch {
	case isHex(ref, 64):
		return "64 hex digits are no pin: GitHub's commits have 40"
	case len(ref) >= 7 && len(ref) < 40 && isHex(ref, len(ref)):
		return fmt.Sprintf("%d hex digits do not name one commit: give all 40", len(ref))
	}
	return fmt.Sprintf("%s is a tag or branch and can be moved: pin the commit's 40 hex digits", ref)
}

// badPath says why a path inside a repository is not the one spelling.
func badPath(p string) string {
	for _, segment := range strings.Split(p, "/") {
		switch segment {
		case "":
			return "the path has an empty segment"
		case ".", "..":
			return fmt.Sprintf("the path has the segment %s, which can reach another action's folder", segment)
		}
	}
	if strings.Contains(p, `\`) {
		return `a backslash is a separator on the runner alone: write /`
	}
	return ""
}

// badGitRef says why git would refuse the name of a ref. Source:
// git-check-ref-format(1), whose rules for a branch or tag below refs/ these
// are; that of at least one slash is left out, as git does for short names.
func badGitRef(ref string) string {
	if ref == "" {
		return "the ref is empty"
	}
	if i := strings.IndexAny(ref, " ~^:?*[\\\x7f"); i >= 0 {
		return fmt.Sprintf("git has no ref with %q in it", ref[i])
	}
	for _, bad := range []string{"..", "@{", "//"} {
		if strings.Contains(ref, bad) {
			return fmt.Sprintf("git has no ref with %q in it", bad)
		}
	}
	if strings.HasPrefix(ref, "/") || strings.HasSuffix(ref, "/") || strings.HasSuffix(ref, ".") {
		return "git has no ref that begins or ends with / or ends with a dot"
	}
	if strings.HasPrefix(ref, "-") {
		return "git has no tag or branch that begins with -"
	}
	for _, part := range strings.Split(ref, "/") {
		if strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock") {
			return "git has no ref with a part that begins with a dot or ends with .lock"
		}
	}
	return ""
}

// isOwner accepts the names of users and organisations: GitHub's own, those of
// managed users (with _) and of older servers.
func isOwner(s string) bool {
	return len(s) <= 100 && onlyASCII(s, "-_") && s[0] != '-'
}

// isRepo accepts what GitHub does: letters, digits and -_. but not . and ..
func isRepo(s string) bool {
	return len(s) <= 100 && onlyASCII(s, "-_.") && s != "." && s != ".." && !strings.HasSuffix(strings.ToLower(s), ".git")
}

// onlyASCII reports whether s, not empty, is letters, digits and others.
func onlyASCII(s, others string) bool {
	for _, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return s != ""
}

// isHex reports whether s is n hex digits of either case.
func isHex(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func trimPrefixFold(s, prefix string) string {
	if hasPrefixFold(s, prefix) {
		return s[len(prefix):]
	}
	return s
}
