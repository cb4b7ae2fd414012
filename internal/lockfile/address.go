package lockfile

import (
	"encoding/hex"
	"strings"
)

// registryOf returns scheme://host[:port] of an address, in lower case and
// without credentials, or one of the words for what is no such address. It is
// strict: two readers of URLs shall not see two hosts in what it returns.
func registryOf(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	scheme = strings.ToLower(scheme)
	switch {
	case address == "":
		return ""
	case strings.HasPrefix(strings.ToLower(address), "file:"):
		return Local
	case !ok && hosted(address):
		return Git
	case !ok || !plain(scheme, "abcdefghijklmnopqrstuvwxyz0123456789+.-"):
		return Other
	}
	// The backslash ends the authority for browsers and Node (WHATWG, URL
	// Standard, "special" schemes).
	if end := strings.IndexAny(rest, `/?#\`); end >= 0 {
		rest = rest[:end]
	}
	host := strings.ToLower(rest[strings.LastIndexByte(rest, '@')+1:])
	if strings.HasPrefix(scheme, "git") || scheme == "ssh" {
		host = withoutPath(host)
	}
	if !validHost(host) {
		return Other
	}
	return scheme + "://" + host
}

// hosted reports one of npm's short names for a repository. Source: npm's
// documentation of package.json, "GitHub URLs", and hosted-git-info.
func hosted(address string) bool {
	for _, service := range []string{"github:", "gitlab:", "bitbucket:", "gist:"} {
		if strings.HasPrefix(address, service) {
			return true
		}
	}
	return false
}

// withoutPath takes the path off HOST:PATH, as git+ssh://git@HOST:PATH has it.
func withoutPath(host string) string {
	name, port, ok := strings.Cut(host, ":")
	if ok && !plain(port, "0123456789") && !strings.HasPrefix(host, "[") {
		return name
	}
	return host
}

func validHost(host string) bool {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		address, port, ok := strings.Cut(inner, "]")
		return ok && plain(address, "0123456789abcdef:.") && validPort(port)
	}
	name, port, ok := strings.Cut(host, ":")
	return plain(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_") && (!ok || validPort(":"+port))
}

// validPort accepts nothing, or a colon and digits.
func validPort(s string) bool {
	digits, ok := strings.CutPrefix(s, ":")
	return s == "" || ok && len(digits) <= 5 && plain(digits, "0123456789")
}

// plain reports whether s has at least one byte, and none but those of set.
func plain(s, set string) bool { return s != "" && strings.Trim(s, set) == "" }

// commitOf is the commit that a git address is pinned to: its fragment, or for
// pip what follows the last @ of its path.
func commitOf(address string) string {
	before, fragment, _ := strings.Cut(address, "#")
	if isCommit(fragment) {
		return fragment
	}
	if at := strings.LastIndexByte(before, '@'); at > strings.LastIndexByte(before, '/') && isCommit(before[at+1:]) {
		return before[at+1:]
	}
	return ""
}

func isCommit(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && (len(s) == 40 || len(s) == 64)
}

// isGit reports whether an address is of a git repository, by what registryOf
// makes of it.
func isGit(registry string) bool {
	return registry == Git || strings.HasPrefix(registry, "git") || strings.HasPrefix(registry, "ssh://")
}

// withoutCredentials is an address as it may be shown: up to its query, and
// without what stands before the last @ of its authority.
func withoutCredentials(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return address
	}
	if end := strings.IndexAny(rest, "?#"); end >= 0 {
		rest = rest[:end]
	}
	// A password with an unescaped slash is not valid, and is pasted: so the
	// last @ of the whole counts.
	return scheme + "://" + rest[strings.LastIndexByte(rest, '@')+1:]
}
