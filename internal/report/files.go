package report

import (
	"regexp"
	"strings"
)

// places tells where a file stands, in words for whoever looks for the unusual.
type places struct {
	workspace, temporary, home string // absolute; empty: not known
	credentials                []credentialFile
}

// of is the place of an absolute path. What holds credentials is said before
// where it stands.
func (p places) of(name string) string {
	switch {
	case p.credential(name):
		return "credentials"
	case below(name, "/proc"), below(name, "/sys"), below(name, "/dev"):
		return "kernel"
	case below(name, p.workspace):
		return "workspace"
	case below(name, p.temporary), below(name, "/tmp"), below(name, "/var/tmp"):
		return "temporary"
	case below(name, p.home):
		return "home"
	}
	for _, dir := range []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/opt", "/var", "/run", "/nix", "/snap"} {
		if below(name, dir) {
			return "system"
		}
	}
	return "elsewhere"
}

func below(name, dir string) bool {
	dir = strings.TrimRight(dir, "/")
	return dir != "" && (name == dir || strings.HasPrefix(name, dir+"/"))
}

// credential reports whether a file holds somebody's keys or tokens, or is the
// environment or memory of a process. The patterns are those of the pack behaviour
// (policies/behaviour/credentials.rego); a test compares them.
func (p places) credential(name string) bool {
	name = strings.ToLower(name)
	if strings.HasPrefix(name, "/proc/") && (strings.HasSuffix(name, "/environ") || strings.HasSuffix(name, "/mem")) {
		return true
	}
	for _, kind := range p.credentials {
		if kind.file.MatchString(name) && (kind.but == nil || !kind.but.MatchString(name)) {
			return true
		}
	}
	return false
}

type credentialFile struct{ file, but *regexp.Regexp }

// credentialFiles compiles the patterns, which is not worth it at every start.
func credentialFiles() (list []credentialFile) {
	for _, kind := range credentialPatterns() {
		one := credentialFile{file: regexp.MustCompile(kind[0])}
		if kind[1] != "" {
			one.but = regexp.MustCompile(kind[1])
		}
		list = append(list, one)
	}
	return list
}

// credentialPatterns are those of files, and of what among them is none.
func credentialPatterns() [][2]string {
	return [][2]string{
		{`/\.aws/(credentials|sso/cache/.*|cli/cache/.*)$`, ""},
		{`/gcloud/(credentials\.db|access_tokens\.db|application_default_credentials\.json|legacy_credentials/.*)$`, ""},
		{`/\.azure/(accesstokens\.json|msal_token_cache\..*|service_principal_entries\..*)$`, ""},
		{`/\.ssh/(id_.*|identity|.*\.pem|.*_key)$`, `\.pub$`},
		{`/etc/ssh/ssh_host_[^/]*_key$`, ""},
		{`/\.npmrc$`, `/(node_modules|lib|share)/`},
		{`/\.yarnrc(\.yml)?$`, `/node_modules/`},
		{`/\.pypirc$`, ""},
		{`/\.(cargo|gem)/credentials(\.toml)?$`, ""},
		{`/\.docker/config\.json$`, ""},
		{`/containers/auth\.json$`, ""},
		{`/\.kube/config$|/secrets/kubernetes\.io/serviceaccount/.*token$`, ""},
		{`/\.git-credentials$|/git/credentials$`, ""},
		{`/\.netrc$|/_netrc$`, ""},
		{`/gh/hosts\.yml$`, ""},
		{`/\.vault-token$`, ""},
		{`/credentials\.tfrc\.json$`, ""},
		{`/\.gnupg/(private-keys-v1\.d/.*|secring\.gpg)$`, ""},
		{`/etc/(shadow|gshadow)-?$`, ""},
		{`/\.credentials(_rsaparams|_migrated)?$`, ""},
	}
}

// file is what all processes together did with one path.
type file struct {
	path, digest         string
	read, write, execute bool
	several              bool // of its digests differ
	first                int  // the image that opened it first
	images               int
}

func (f file) use() string {
	var words []string
	if f.execute {
		words = append(words, "executed")
	}
	if f.write {
		words = append(words, "written")
	}
	if f.read && len(words) == 0 {
		words = append(words, "read")
	}
	return strings.Join(words, ", ")
}

// fileList is every file of a step, also of processes that the page has no room
// for: who opens many files first hides none.
type fileList struct {
	list []*file
	at   map[string]int
	more int // opens of paths that had no room
}

// maxFiles bounds the distinct paths of a page.
const maxFiles = 150_000

// add counts one open by an image; -1: one that is not in the list of images.
func (l *fileList) add(o opened, image int) {
	at, ok := l.find(o.path, image)
	if !ok {
		l.more++
		return
	}
	f := l.list[at]
	f.images++
	f.read, f.write, f.execute = f.read || !o.write && !o.execute, f.write || o.write, f.execute || o.execute
	switch {
	case o.digest == "":
	case f.digest == "":
		f.digest = o.digest
	case f.digest != o.digest:
		f.several = true
	}
}

// written is a path that the trace names as changed.
func (l *fileList) written(path string) {
	if at, ok := l.find(path, -1); ok {
		l.list[at].write = true
	} else {
		l.more++
	}
}

// find is the place of a path in the list, which it is added to if it has room.
func (l *fileList) find(path string, image int) (at int, ok bool) {
	if at, ok = l.at[path]; ok {
		return at, true
	}
	if len(l.list) == maxFiles {
		return 0, false
	}
	l.at[path] = len(l.list)
	l.list = append(l.list, &file{path: path, first: image})
	return len(l.list) - 1, true
}
