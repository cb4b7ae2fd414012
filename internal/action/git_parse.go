package action

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Bounds of what is recorded. Counts are recorded whole.
const (
	maxDirty     = 10_000
	maxParents   = 100
	maxRefs      = 1000
	maxMessage   = 64 << 10 // bytes of a commit's message, and of a signature
	maxTagText   = 4 << 10  // bytes of a tag's message, and of its signature
	maxIdentText = 1 << 10  // bytes of a name or address
)

// gitFileStatus is Witness' two words on a file that differs: from HEAD to
// the index, and from the index to the working tree.
type gitFileStatus struct {
	Staging  string `json:"staging,omitempty"`
	Worktree string `json:"worktree,omitempty"`
}

// gitStatus is what git status says.
type gitStatus struct {
	commit string // hex, or empty on an unborn branch
	branch string // "(detached)" is either that or a branch of that name
	files  map[string]gitFileStatus
	count  int // files that differ; of more than maxDirty only the first are in files
}

// statusFields is the number of space-separated fields before the path in
// each kind of line of git-status(1), "Porcelain Format Version 2". Kind 2 is
// not among them: renames are not asked for.
var statusFields = map[byte]int{'1': 8, 'u': 10, '?': 1}

// parseStatus reads git status --porcelain=v2 --branch -z --no-renames.
func parseStatus(out []byte) (gitStatus, error) {
	s := gitStatus{files: map[string]gitFileStatus{}}
	var seen bool
	for line := range bytes.SplitSeq(out, []byte{0}) {
		if len(line) == 0 {
			continue
		}
		if line[0] == '#' {
			key, value, _ := strings.Cut(strings.TrimPrefix(string(line), "# "), " ")
			switch key {
			case "branch.oid":
				seen = true
				if value != "(initial)" {
					s.commit = value
				}
			case "branch.head":
				s.branch = value
			}
			continue
		}
		n := statusFields[line[0]]
		parts := bytes.SplitN(line, []byte{' '}, n+1)
		if n == 0 || len(parts) != n+1 || len(parts[n]) == 0 {
			return s, fmt.Errorf("parse git status: unexpected line %q", oneLine(string(line), 100))
		}
		xy := "??"
		if line[0] != '?' {
			xy = string(parts[1])
		}
		if len(xy) != 2 {
			return s, fmt.Errorf("parse git status: unexpected status %q", oneLine(xy, 20))
		}
		s.count++
		if len(s.files) < maxDirty {
			s.files[recordedText(string(parts[n]))] = gitFileStatus{statusWord(xy[0]), statusWord(xy[1])}
		}
	}
	if !seen || s.commit != "" && !isObjectID(s.commit) {
		return s, errors.New("parse git status: it names no commit")
	}
	return s, nil
}

// statusWord is the word that Witness uses for a letter.
func statusWord(code byte) string {
	switch code {
	case '.':
		return "unmodified"
	case '?':
		return "untracked"
	case 'M':
		return "modified"
	case 'A':
		return "added"
	case 'D':
		return "deleted"
	case 'R':
		return "renamed"
	case 'C':
		return "copied"
	case 'U':
		return "updated"
	case 'T':
		return "typechanged"
	}
	return "unknown"
}

// isObjectID reports whether s is a SHA-1 or SHA-256 in lower-case hex.
func isObjectID(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

// gitIdent is who and when, of a commit's author or committer.
type gitIdent struct {
	name, email string
	when        time.Time // zero if it cannot be read
}

// gitCommit is a commit object.
type gitCommit struct {
	tree      string
	parents   []string
	author    gitIdent
	committer gitIdent
	signature string
	message   string
}

// parseCommit reads a raw commit object: header lines, of which those that
// begin with a space continue the one before, an empty line, the message.
func parseCommit(raw []byte) (gitCommit, error) {
	var c gitCommit
	header, message, _ := bytes.Cut(raw, []byte("\n\n"))
	c.message = strings.ToValidUTF8(shorten(string(message), maxMessage), "\uFFFD")
	var key string
	var signature strings.Builder
	for line := range strings.SplitSeq(string(header), "\n") {
		more, continued := strings.CutPrefix(line, " ")
		value := more
		if !continued {
			key, value, _ = strings.Cut(line, " ")
		}
		switch key {
		case "gpgsig", "gpgsig-sha256":
			if signature.Len() <= maxMessage {
				signature.WriteString(value + "\n")
			}
		case "tree":
			c.tree = value
		case "parent":
			c.parents = append(c.parents, value)
		case "author":
			c.author = parseIdent(value)
		case "committer":
			c.committer = parseIdent(value)
		}
		if (key == "tree" || key == "parent") && !isObjectID(value) {
			return c, fmt.Errorf("parse commit: %s is not an object id", key)
		}
	}
	if c.tree == "" {
		return c, errors.New("parse commit: it has no tree")
	}
	c.signature = strings.ToValidUTF8(shorten(signature.String(), maxMessage), "\uFFFD")
	return c, nil
}

// parseIdent reads "NAME <EMAIL> SECONDS ZONE". It never fails: whoever makes
// the commit can write anything there, and what cannot be read stays empty.
func parseIdent(s string) gitIdent {
	var id gitIdent
	open, end := strings.IndexByte(s, '<'), strings.LastIndexByte(s, '>')
	if open < 0 || end < open {
		id.name = identText(s)
		return id
	}
	id.name, id.email = identText(s[:open]), identText(s[open+1:end])
	seconds, zone, _ := strings.Cut(strings.TrimSpace(s[end+1:]), " ")
	unix, err := strconv.ParseInt(seconds, 10, 64)
	offset, err2 := time.Parse("-0700", zone)
	const year10000 = 253402300800 // RFC 3339 ends there
	if err != nil || err2 != nil || unix < 0 || unix >= year10000-86400 {
		return id
	}
	_, east := offset.Zone()
	id.when = time.Unix(unix, 0).In(time.FixedZone("", east))
	return id
}

func identText(s string) string {
	return strings.ToValidUTF8(shorten(strings.TrimSpace(s), maxIdentText), "\uFFFD")
}

// gitTag is Witness' tag: an annotated tag of the commit.
type gitTag struct {
	Name         string `json:"name"`
	TaggerName   string `json:"taggername"`
	TaggerEmail  string `json:"taggeremail"`
	When         string `json:"when"` // RFC 3339
	PGPSignature string `json:"pgpsignature"`
	Message      string `json:"message"`
}

// refsFormat ends each field with a zero byte, which no ref name and no text
// that git prints can hold. Only tag objects print more than their name.
const refsFormat = "--format=%(refname)%00%(objecttype)%00%(taggername)%00%(taggeremail)%00%(taggerdate:iso-strict)%00" +
	"%(if:equals=tag)%(objecttype)%(then)%(contents)%(end)%00%(if:equals=tag)%(objecttype)%(then)%(contents:signature)%(end)%00"

const refsFields = 7

// parseRefs reads git for-each-ref with refsFormat.
func parseRefs(out []byte) (refs []string, tags []gitTag, err error) {
	fields := strings.Split(string(out), "\x00")
	if last := len(fields) - 1; strings.Trim(fields[last], "\r\n") == "" {
		fields = fields[:last]
	}
	if len(fields)%refsFields != 0 {
		return nil, nil, errors.New("parse git for-each-ref: incomplete output")
	}
	for ; len(fields) > 0; fields = fields[refsFields:] {
		name := strings.TrimLeft(fields[0], "\r\n")
		if !strings.HasPrefix(name, "refs/") {
			return nil, nil, errors.New("parse git for-each-ref: a name outside refs/")
		}
		refs = append(refs, recordedText(name))
		short, ok := strings.CutPrefix(name, "refs/tags/")
		if !ok || fields[1] != "tag" {
			continue
		}
		tags = append(tags, gitTag{
			Name:         recordedText(short),
			TaggerName:   identText(fields[2]),
			TaggerEmail:  identText(strings.Trim(fields[3], "<>")),
			When:         identText(fields[4]),
			Message:      tagText(strings.TrimSuffix(fields[5], fields[6])),
			PGPSignature: tagText(fields[6]),
		})
	}
	return refs, tags, nil
}

func tagText(s string) string {
	return strings.ToValidUTF8(shorten(s, maxTagText), "\uFFFD")
}
