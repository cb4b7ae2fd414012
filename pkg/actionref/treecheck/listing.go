package treecheck

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Bounds on what git may answer.
const (
	maxListing   = 64 << 20 // bytes of one list of a tree
	maxPath      = 4096     // bytes of one path
	maxPathDepth = 512      // names in one path
)

// parseListing reads the answer of "git ls-tree -r -z": for each entry "MODE SP
// TYPE SP ID TAB PATH NUL", sorted by the bytes of the paths. It accepts
// nothing that a tree as git writes it cannot hold.
func parseListing(out []byte) ([]Entry, error) {
	if len(out) > maxListing {
		return nil, fmt.Errorf("list of the tree is longer than %d bytes", maxListing)
	}
	var entries []Entry
	last := ""
	for len(out) > 0 {
		record, rest, ended := bytes.Cut(out, []byte{0})
		if !ended {
			return nil, errors.New("list of the tree is cut off")
		}
		e, err := parseEntry(string(record))
		if err != nil {
			return nil, err
		}
		if e.Path <= last {
			return nil, fmt.Errorf("list of the tree: %q does not come after %q", e.Path, last)
		}
		if len(entries) == DefaultFiles {
			return nil, fmt.Errorf("more than the limit of %d files in the commit", DefaultFiles)
		}
		last, out = e.Path, rest
		entries = append(entries, e)
	}
	return entries, nil
}

func parseEntry(record string) (Entry, error) {
	meta, path, _ := strings.Cut(record, "\t")
	fields := strings.Split(meta, " ")
	if len(fields) != 3 || !isID(fields[2]) || !ValidPath(path) {
		return Entry{}, fmt.Errorf("list of the tree: cannot read %.200q", record)
	}
	e := Entry{Path: path, ID: fields[2]}
	switch fields[0] + " " + fields[1] {
	case "100644 blob":
		e.Mode = ModeFile
	case "100755 blob":
		e.Mode = ModeExec
	case "120000 blob":
		e.Mode = ModeSymlink
	case "160000 commit":
		e.Mode = ModeSubmodule
	default:
		return Entry{}, fmt.Errorf("list of the tree: %q is a %.40s of mode %.40s", path, fields[1], fields[0])
	}
	return e, nil
}

// ValidPath reports whether git could have written the path into a tree.
func ValidPath(path string) bool {
	if len(path) > maxPath || strings.Count(path, "/") >= maxPathDepth {
		return false
	}
	for name := range strings.SplitSeq(path, "/") {
		if name == "" || name == "." || name == ".." || strings.EqualFold(name, ".git") {
			return false
		}
	}
	return true
}

// isID reports whether s is a git id of SHA-1 as git prints it.
func isID(s string) bool {
	return len(s) == 2*idSize && strings.Trim(s, "0123456789abcdef") == ""
}

// cutObject takes the first object off the answer of "git cat-file --batch":
// "ID SP KIND SP SIZE LF", the content, LF. It checks that the content has the
// id that was asked for, so a damaged repository is noticed.
func cutObject(out []byte, id, kind string) (content, rest []byte, err error) {
	line, rest, ended := bytes.Cut(out, []byte("\n"))
	text, ok := strings.CutPrefix(string(line), id+" "+kind+" ")
	size, err := strconv.Atoi(text)
	if !ended || !ok || err != nil || size < 0 {
		return nil, nil, fmt.Errorf("read %s %s: git answers %.100q", kind, id, line)
	}
	if size >= len(rest) || rest[size] != '\n' {
		return nil, nil, fmt.Errorf("read %s %s: git's answer is cut off", kind, id)
	}
	content, rest = rest[:size], rest[size+1:]
	if gitID(kind, content) != id {
		return nil, nil, fmt.Errorf("read %s %s: the object has another content than its id says", kind, id)
	}
	return content, rest, nil
}

// parseSizes reads the answer of "git cat-file --batch-check" about blobs: for
// each, in the order of the ids, "ID SP blob SP SIZE LF".
func parseSizes(out []byte, ids []string) ([]int64, error) {
	sizes := make([]int64, len(ids))
	for i, id := range ids {
		line, rest, ended := bytes.Cut(out, []byte("\n"))
		text, ok := strings.CutPrefix(string(line), id+" blob ")
		size, err := strconv.ParseUint(text, 10, 63)
		if !ended || !ok || err != nil {
			return nil, fmt.Errorf("read the size of blob %s: git answers %.100q", id, line)
		}
		sizes[i], out = int64(size), rest
	}
	if len(out) > 0 {
		return nil, errors.New("read the sizes of blobs: git answers more than it was asked")
	}
	return sizes, nil
}

// header is what the bytes check uses of a commit.
type header struct {
	tree      string
	parents   []string
	author    time.Time // in the zone that was recorded
	committer time.Time
}

// parseHeader reads a commit object: "tree ID", any number of "parent ID",
// "author NAME <MAIL> SECONDS ZONE" and "committer …", a line each, and more
// that is not read. A date that is not as git writes it is left zero: only
// export-subst could use it.
func parseHeader(content []byte) (header, error) {
	var h header
	lines := strings.Split(string(content), "\n")
	field := func(name string) (string, bool) {
		if len(lines) == 0 {
			return "", false
		}
		value, ok := strings.CutPrefix(lines[0], name+" ")
		if ok {
			lines = lines[1:]
		}
		return value, ok
	}
	var ok bool
	if h.tree, ok = field("tree"); !ok || !isID(h.tree) {
		return header{}, errors.New("commit names no tree")
	}
	for {
		parent, ok := field("parent")
		if !ok {
			break
		}
		if !isID(parent) {
			return header{}, errors.New("commit has a parent without an id")
		}
		h.parents = append(h.parents, parent)
	}
	author, _ := field("author")
	committer, _ := field("committer")
	h.author, h.committer = parseDate(author), parseDate(committer)
	return h, nil
}

// parseDate reads the end of a signature, "SECONDS ZONE" behind the mail
// address, ZONE being +HHMM or -HHMM.
func parseDate(signature string) time.Time {
	_, date, ok := strings.Cut(signature, "> ")
	text, zone, both := strings.Cut(date, " ")
	seconds, err := strconv.ParseUint(text, 10, 40)
	if !ok || !both || err != nil || len(zone) != 5 || strings.Trim(zone[1:], "0123456789") != "" {
		return time.Time{}
	}
	hours, _ := strconv.Atoi(zone[1:3]) // two digits each
	minutes, _ := strconv.Atoi(zone[3:])
	if minutes > 59 {
		return time.Time{}
	}
	offset := hours*3600 + minutes*60
	switch zone[0] {
	case '-':
		offset = -offset
	case '+':
	default:
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).In(time.FixedZone("", offset))
}

// parseAttributes reads the answer of "git check-attr -z" to the paths, in
// their order: for each path and each of the attributes "PATH NUL NAME NUL
// VALUE NUL".
func parseAttributes(out []byte, paths []string) (map[string]attributes, error) {
	all := make(map[string]attributes, len(paths))
	next := func() (string, bool) {
		field, rest, ok := bytes.Cut(out, []byte{0})
		out = rest
		return string(field), ok
	}
	for _, path := range paths {
		var a attributes
		for i := range attributeNames {
			gotPath, _ := next()
			name, _ := next()
			value, ok := next()
			if !ok || gotPath != path || name != attributeNames[i] {
				return nil, fmt.Errorf("read attributes of %q: git answers about %.100q of %.100q", path, name, gotPath)
			}
			a[i] = value
		}
		all[path] = a
	}
	if len(out) > 0 {
		return nil, errors.New("read attributes: git answers more than it was asked")
	}
	return all, nil
}
