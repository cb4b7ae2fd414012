package lockfile

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// parsePip reads a requirements file. Source: pip's documentation, "Requirements
// File Format" and "Secure installs", and its reader (pip/_internal/req,
// req_file.py and constructors.py, version 23.2). ${NAME}, which pip replaces by
// a variable of its environment, stays as it is.
func parsePip(data []byte) (File, error) {
	text := strings.TrimPrefix(string(data), "\ufeff")
	if strings.ContainsRune(text, 0) {
		return File{}, errors.New("it has NUL bytes: pip may take it for UTF-16")
	}
	if otherEncoding(text) {
		return File{}, errors.New("it declares an encoding other than UTF-8")
	}
	p := pipFile{syntax: newPipSyntax()}
	for _, line := range pipLines(text) {
		if err := p.line(line.text); err != nil {
			return File{}, fmt.Errorf("line %d: %w", line.number, err)
		}
		if len(p.Entries) > MaxEntries || len(p.Registries)+len(p.Includes) > MaxEntries {
			return File{}, errTooMany()
		}
	}
	p.finish()
	return p.File, nil
}

// otherEncoding reports a declaration as PEP 263 has it, in one of the first two
// lines, of anything but UTF-8 and its part ASCII.
func otherEncoding(text string) bool {
	coding := regexp.MustCompile(`coding[:=]\s*([-\w.]+)`)
	for _, line := range strings.SplitN(text, "\n", 3)[:min(2, strings.Count(text, "\n")+1)] {
		if !strings.HasPrefix(line, "#") {
			continue
		}
		if m := coding.FindStringSubmatch(line); m != nil {
			name := strings.ReplaceAll(strings.ToLower(m[1]), "_", "-")
			return !slices.Contains([]string{"utf-8", "utf8", "utf-8-sig", "ascii", "us-ascii"}, name)
		}
	}
	return false
}

type numbered struct {
	number int
	text   string
}

// pipLines splits a text as pip does: at everything at which Python does, which
// is more than line feeds; joins what a backslash continues, and takes comments
// off.
func pipLines(text string) []numbered {
	var out []numbered
	var joined strings.Builder
	first := 0 // line on which joined began; 0: nothing is open
	emit := func(number int, line string) {
		if line = strip(withoutComment(line)); line != "" {
			out = append(out, numbered{number, line})
		}
	}
	for i, line := range pythonLines(text) {
		comment := strings.HasPrefix(strings.TrimLeftFunc(line, pythonSpace), "#")
		if strings.HasSuffix(line, `\`) && !comment {
			if first == 0 {
				first = i + 1
			}
			joined.WriteString(strings.Trim(line, `\`))
			continue
		}
		if comment {
			line = " " + line // so that it is one behind what it continues, too
		}
		if first == 0 {
			emit(i+1, line)
			continue
		}
		emit(first, joined.String()+line)
		joined.Reset()
		first = 0
	}
	if first > 0 {
		emit(first, joined.String())
	}
	return out
}

// pythonLines is str.splitlines.
func pythonLines(text string) []string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var lines []string
	start := 0
	for i, r := range text {
		switch r {
		case '\n', '\r', '\v', '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029:
			lines = append(lines, text[start:i])
			start = i + len(string(r))
		}
	}
	if start < len(text) {
		lines = append(lines, text[start:])
	}
	return lines
}

// pythonSpace is what str.strip and \s take for white space.
func pythonSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

func strip(s string) string { return strings.TrimFunc(s, pythonSpace) }

// withoutComment cuts at a # that begins the line or follows white space.
func withoutComment(line string) string {
	space := true
	for i, r := range line {
		if r == '#' && space {
			return line[:i]
		}
		space = pythonSpace(r)
	}
	return line
}

// pipFile is a requirements file as far as it has been read.
type pipFile struct {
	File
	syntax  pipSyntax
	indexes []string // as the last --index-url and all --extra-index-url name them
	index   string
	noIndex bool
}

// line reads one line: a requirement with options of its own, or options alone.
func (p *pipFile) line(line string) error {
	requirement, options := breakOptions(line)
	words, err := shellWords(options)
	if err != nil {
		return err
	}
	opts, err := pipOptions(words)
	if err != nil {
		return err
	}
	if requirement == "" && len(opts["--editable"]) > 0 {
		// pip knows the hash of no checkout, and takes the first of several
		e := p.syntax.requirement(opts["--editable"][0])
		e.Hashes = nil
		p.Entries = append(p.Entries, e)
		return nil
	}
	if requirement == "" {
		return p.option(opts)
	}
	e := p.syntax.requirement(requirement)
	hashes, err := pipHashes(opts["--hash"])
	if err != nil {
		return err
	}
	p.HashMode = p.HashMode || len(hashes) > 0
	e.Hashes = append(hashes, e.Hashes...)
	slices.SortFunc(e.Hashes, func(a, b string) int { return -strings.Compare(a, b) }) // sha512 before sha384 before sha256
	e.Hashes = slices.Compact(e.Hashes)
	p.Entries = append(p.Entries, e)
	return nil
}

// breakOptions splits a line at its first word that begins with a dash. Words are
// separated by spaces alone.
func breakOptions(line string) (requirement, options string) {
	words := strings.Split(line, " ")
	i := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "-") })
	if i < 0 {
		return line, ""
	}
	return strip(strings.Join(words[:i], " ")), strings.Join(words[i:], " ")
}

// option takes over what a line without a requirement sets.
func (p *pipFile) option(opts map[string][]string) error {
	for _, name := range []string{"--requirement", "--constraint"} {
		if values := opts[name]; len(values) > 0 {
			p.Includes = append(p.Includes, withoutCredentials(values[0]))
			return nil // pip looks at nothing else on such a line
		}
	}
	if values := opts["--index-url"]; len(values) > 0 {
		p.index = values[len(values)-1]
		p.Registries = append(p.Registries, registryOf(p.index))
	}
	for _, name := range []string{"--extra-index-url", "--find-links"} {
		for _, address := range opts[name] {
			registry := registryOf(address)
			if registry == Other && !strings.Contains(address, "://") {
				registry = Local
			}
			p.indexes = append(p.indexes, registry)
			p.Registries = append(p.Registries, registry)
		}
	}
	p.noIndex = p.noIndex || len(opts["--no-index"]) > 0
	p.HashMode = p.HashMode || len(opts["--require-hashes"]) > 0
	return nil
}

// finish says where the entries without an address of their own are from, if it
// is one place. pip asks all indexes for each.
func (p *pipFile) finish() {
	from := ""
	switch {
	case p.index != "" && len(p.indexes) == 0 && !p.noIndex:
		from = registryOf(p.index)
	case p.noIndex && len(p.indexes) == 1:
		from = p.indexes[0]
	}
	for i := range p.Entries {
		if e := &p.Entries[i]; e.Registry == "" {
			e.Registry = from
		}
	}
	slices.Sort(p.Registries)
	p.Registries = slices.Compact(p.Registries)
	slices.Sort(p.Includes)
	p.Includes = slices.Compact(p.Includes)
}
