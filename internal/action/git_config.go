package action

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// maxRemotes bounds the recorded remotes.
const maxRemotes = 100

// gitConfig is what is taken over from a repository's configuration.
type gitConfig struct {
	version     string // repositoryformatversion
	format      string // sha1 or sha256
	extensions  [][2]string
	settings    map[string]string
	perWorktree bool
	urls        []string // of remotes, as written
	insteadOf   [][2]string
	includes    bool // it includes other files, which are not read
}

// carriedSettings are the settings that decide what counts as a changed file.
// Their values are checked against the list; none can name a program or file.
// Left out are those that make git look less closely (trustctime, checkStat).
var carriedSettings = map[string][]string{
	"core.filemode": gitBools, "core.ignorecase": gitBools, "core.symlinks": gitBools,
	"core.precomposeunicode": gitBools,
	"core.autocrlf":          append([]string{"input"}, gitBools...),
	"core.eol":               {"lf", "crlf", "native"},
}

var gitBools = []string{"true", "false", "yes", "no", "on", "off", "1", "0"}

// harmlessExtensions change nothing for somebody who only reads. All others
// are passed on, so that git refuses a repository that it does not understand.
var harmlessExtensions = []string{
	"noop", "noop-v1", "preciousobjects", "partialclone",
	"worktreeconfig", "relativeworktrees",
}

// add reads the output of git config --null --list: for each entry the key, a
// newline, the value and a zero byte; newline and value are missing if the
// key stands alone, which means true. Later entries win.
func (c *gitConfig) add(out []byte) error {
	if c.settings == nil {
		c.settings = map[string]string{}
	}
	c.format = cmp.Or(c.format, "sha1")
	for entry := range bytes.SplitSeq(out, []byte{0}) {
		if len(entry) == 0 {
			continue
		}
		key, value, hasValue := strings.Cut(string(entry), "\n")
		if !hasValue {
			value = "true"
		}
		if err := c.set(key, value); err != nil {
			return err
		}
	}
	return nil
}

func (c *gitConfig) set(key, value string) error {
	section, rest, _ := strings.Cut(key, ".")
	switch {
	case key == "core.repositoryformatversion":
		if _, err := strconv.ParseUint(value, 10, 31); err != nil {
			return errors.New("repositoryformatversion is not a number")
		}
		c.version = value
	case carriedSettings[key] != nil:
		if v := strings.ToLower(value); slices.Contains(carriedSettings[key], v) {
			c.settings[key] = v
		}
	case section == "extensions":
		return c.setExtension(rest, strings.ToLower(value))
	case section == "remote" && strings.HasSuffix(rest, ".url"):
		c.urls = append(c.urls, value)
	case section == "url" && strings.HasSuffix(rest, ".insteadof"):
		c.insteadOf = append(c.insteadOf, [2]string{value, strings.TrimSuffix(rest, ".insteadof")})
	case section == "include" || section == "includeif":
		c.includes = true
	}
	return nil
}

func (c *gitConfig) setExtension(name, value string) error {
	plain := func(s string) bool {
		return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && s != ""
	}
	switch {
	case name == "worktreeconfig":
		c.perWorktree = value != "false"
	case slices.Contains(harmlessExtensions, name):
	case !plain(name) || !plain(value):
		return errors.New("an extension that is not understood")
	default:
		if name == "objectformat" {
			c.format = value
		}
		c.extensions = append(c.extensions, [2]string{name, value})
	}
	return nil
}

// render writes the configuration that git is shown instead. It names no
// program.
func (c *gitConfig) render() []byte {
	var b bytes.Buffer
	section := func(name string) { b.WriteString("[" + name + "]\n") }
	entry := func(name, value string) { b.WriteString("\t" + name + " = " + value + "\n") }
	if c.version != "" {
		section("core")
		entry("repositoryformatversion", c.version)
	}
	for _, e := range c.extensions {
		section("extensions")
		entry(e[0], e[1])
	}
	for key, value := range c.settings {
		name, variable, _ := strings.Cut(key, ".")
		section(name)
		entry(variable, value)
	}
	section("core")
	entry("bare", "false")
	entry("sparseCheckout", "true") // files marked skip-worktree are compared if they are there
	entry("fsmonitor", "false")
	entry("untrackedCache", "false")
	entry("hooksPath", "/dev/null")
	section("gc")
	entry("auto", "0")
	section("protocol")
	entry("allow", "never")
	return b.Bytes()
}

// remotes returns the URLs of the remotes as git would use them, without
// credentials, and how many there are.
func (c *gitConfig) remotes() ([]string, int) {
	var urls []string
	for _, u := range c.urls[:min(len(c.urls), maxRemotes)] {
		urls = append(urls, recordedText(stripUserinfo(c.expand(u))))
	}
	return urls, len(c.urls)
}

// expand applies url.BASE.insteadOf as git does: the longest match wins.
func (c *gitConfig) expand(url string) string {
	best := -1
	for i, r := range c.insteadOf {
		if strings.HasPrefix(url, r[0]) && (best < 0 || len(r[0]) > len(c.insteadOf[best][0])) {
			best = i
		}
	}
	if best < 0 {
		return url
	}
	return c.insteadOf[best][1] + strings.TrimPrefix(url, c.insteadOf[best][0])
}

// stripUserinfo removes what can hold a credential from the forms of address
// in gitfaq(7) and git-fetch(1): user and password, query and fragment, and
// the command of a remote helper. In doubt it removes too much.
func stripUserinfo(address string) string {
	if helper, rest, ok := strings.Cut(address, "::"); ok && !strings.ContainsAny(helper, ":/@") {
		if !strings.Contains(rest, "://") {
			return helper + "::"
		}
		return helper + "::" + stripUserinfo(rest)
	}
	if scheme, rest, ok := strings.Cut(address, "://"); ok {
		if i := strings.LastIndexByte(scheme, '@'); i >= 0 {
			scheme = scheme[i+1:]
		}
		rest, _, _ = strings.Cut(rest, "#")
		rest, _, _ = strings.Cut(rest, "?")
		return scheme + "://" + afterUserinfo(rest)
	}
	// HOST:PATH, as scp has it: the colon comes before any slash.
	head, _, _ := strings.Cut(address, "/")
	if !strings.Contains(head, ":") {
		return address // a path
	}
	return address[strings.LastIndexByte(head, '@')+1:]
}

// afterUserinfo removes everything up to the @ of [user[:password]@]host/path.
// A password with an unescaped slash is not valid, but it is pasted: what
// looks like a port may be its first part.
func afterUserinfo(rest string) string {
	authority, _, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		return rest[i+1:]
	}
	if strings.Contains(authority, ":") {
		return rest[strings.LastIndexByte(rest, '@')+1:]
	}
	return rest
}
