package action

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/org/cilock-action/pkg/attest"
)

// Bounds of the environment section. A value above its bound is not recorded
// at all, only its name.
const (
	maxEnvValue  = 32 << 10 // bytes
	maxEnvName   = 256      // bytes
	maxEnvNames  = 1000     // names in each list; the rest is only counted
	maxPasswdLen = 4 << 20  // bytes of /etc/passwd
)

// recordedVariables are the names whose values are recorded. It is a list of
// what is known to be harmless, because no list of what is harmful is ever
// complete; every other variable is recorded by its name only.
var recordedVariables = [][]string{
	// Whether, where and for what a pipeline runs. Left out: tokens, and the
	// paths of the command files, which change with every step.
	{
		"CI", "GITHUB_ACTION", "GITHUB_ACTION_REF", "GITHUB_ACTION_REPOSITORY", "GITHUB_ACTIONS",
		"GITHUB_ACTOR", "GITHUB_ACTOR_ID", "GITHUB_API_URL", "GITHUB_BASE_REF", "GITHUB_EVENT_NAME",
		"GITHUB_GRAPHQL_URL", "GITHUB_HEAD_REF", "GITHUB_JOB", "GITHUB_REF", "GITHUB_REF_NAME",
		"GITHUB_REF_PROTECTED", "GITHUB_REF_TYPE", "GITHUB_REPOSITORY", "GITHUB_REPOSITORY_ID",
		"GITHUB_REPOSITORY_OWNER", "GITHUB_REPOSITORY_OWNER_ID", "GITHUB_RETENTION_DAYS",
		"GITHUB_RUN_ATTEMPT", "GITHUB_RUN_ID", "GITHUB_RUN_NUMBER", "GITHUB_SERVER_URL", "GITHUB_SHA",
		"GITHUB_TRIGGERING_ACTOR", "GITHUB_WORKFLOW", "GITHUB_WORKFLOW_REF", "GITHUB_WORKFLOW_SHA",
		"GITHUB_WORKSPACE",
	},
	// The machine and its image: the same commit builds differently on another.
	{
		"RUNNER_ARCH", "RUNNER_DEBUG", "RUNNER_ENVIRONMENT", "RUNNER_NAME", "RUNNER_OS", "RUNNER_TEMP",
		"RUNNER_TOOL_CACHE", "ImageOS", "ImageVersion",
	},
	// What decides which program a name means, and what is loaded into it: the
	// first thing to look at when a build did what its source does not say.
	{
		"PATH", "SHELL", "HOME", "BASH_ENV", "ENV", "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT",
		"DYLD_INSERT_LIBRARIES", "DYLD_LIBRARY_PATH", "NODE_OPTIONS", "NODE_PATH", "PYTHONPATH",
		"PYTHONSTARTUP", "PERL5LIB", "RUBYLIB", "COMSPEC", "PATHEXT", "SYSTEMROOT",
	},
	// Locale and time, which leak into outputs and are the
	// usual reason why a rebuild differs.
	{
		"LANG", "LANGUAGE", "LC_ADDRESS", "LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_IDENTIFICATION",
		"LC_MEASUREMENT", "LC_MESSAGES", "LC_MONETARY", "LC_NAME", "LC_NUMERIC", "LC_PAPER",
		"LC_TELEPHONE", "LC_TIME", "TZ", "SOURCE_DATE_EPOCH", "PYTHONHASHSEED",
	},
	// Compilers and their flags. Left out: variables of JVM tools, whose
	// -D options often carry passwords.
	{
		"CGO_ENABLED", "GO111MODULE", "GOAMD64", "GOARCH", "GOARM", "GOARM64", "GOCACHE", "GODEBUG",
		"GOEXPERIMENT", "GOFIPS140", "GOFLAGS", "GOINSECURE", "GOMODCACHE", "GONOPROXY", "GONOSUMDB",
		"GOOS", "GOPATH", "GOPRIVATE", "GOPROXY", "GOROOT", "GOSUMDB", "GOTOOLCHAIN", "GOWORK",
		"AR", "CC", "CFLAGS", "CPPFLAGS", "CXX", "CXXFLAGS", "LDFLAGS", "MAKEFLAGS", "MAKELEVEL",
		"CARGO_BUILD_TARGET", "CARGO_HOME", "RUSTFLAGS", "RUSTUP_TOOLCHAIN", "JAVA_HOME", "NODE_ENV",
		"VIRTUAL_ENV",
	},
}

// environmentBody is Witness' environment attestation, with fields of ours
// from usernamefrom on.
type environmentBody struct {
	OS        string            `json:"os"`
	Hostname  string            `json:"hostname"`
	Username  string            `json:"username"`
	Variables map[string]string `json:"variables,omitempty"`

	UsernameFrom  string   `json:"usernamefrom,omitempty"` // passwd, or environment: then it is only a claim
	UID           *int     `json:"uid,omitempty"`          // absent on Windows
	OtherNames    []string `json:"othernames,omitempty"`   // variables of the step recorded by name only, sorted
	OtherCount    int      `json:"othercount"`             // how many there are, listed or not
	WithheldNames []string `json:"withheldnames,omitempty"`
}

// environmentCollector describes the machine and the step's environment.
type environmentCollector struct {
	secretName func(string) bool
	passwd     string // path, for tests
}

// newEnvironment returns the collector of the environment section. A variable
// for which secretName is true has only its name recorded, whatever the list
// of recorded variables says.
func newEnvironment(secretName func(string) bool) environmentCollector {
	return environmentCollector{secretName: secretName, passwd: "/etc/passwd"}
}

func (environmentCollector) Name() string { return "environment" }

func (c environmentCollector) Start(_ context.Context, t Target) (Stop, error) {
	s := c.section(t.Plan)
	return func(context.Context, Step) (Section, error) { return s, nil }, nil
}

func (c environmentCollector) section(p Plan) Section {
	s := Section{Type: attest.TypeEnvironment, Phase: PreMaterial}
	body := environmentBody{OS: runtime.GOOS}
	var err error
	if body.Hostname, err = os.Hostname(); err != nil {
		s.Gaps = append(s.Gaps, "host name: "+oneLine(err.Error(), 200))
	}
	if uid := os.Getuid(); uid >= 0 {
		body.UID = &uid
	}
	body.Username, body.UsernameFrom = c.username(os.Getuid(), p.OwnEnv)

	var others []string
	body.Variables, others = splitVariables(p.Env, c.secretName)
	body.OtherCount = len(others)
	body.OtherNames = boundNames(others)
	body.WithheldNames = boundNames(missingNames(p.OwnEnv, p.Env))
	s.Body = body
	if n := body.OtherCount - len(body.OtherNames); n > 0 {
		s.Limits = append(s.Limits, fmt.Sprintf("%d more variables are counted and not named", n))
	}
	return s
}

// username names the user without os/user: with cgo that asks the name
// service, which may be a directory server that does not answer.
func (c environmentCollector) username(uid int, env []string) (name, from string) {
	if passwd, err := readRegular(c.passwd, maxPasswdLen); err == nil && uid >= 0 {
		if name := passwdName(passwd, uid); name != "" {
			return recordedText(name), "passwd"
		}
	}
	for _, key := range []string{"USER", "LOGNAME", "USERNAME"} {
		if v, _ := lookupEnv(env, key); v != "" && len(v) <= maxEnvName {
			return recordedText(v), "environment"
		}
	}
	return "", ""
}

// passwdName finds the name of a user in the format of passwd(5):
// name:password:uid:…
func passwdName(passwd []byte, uid int) string {
	want := strconv.Itoa(uid)
	for line := range bytes.Lines(passwd) {
		name, rest, _ := bytes.Cut(line, []byte(":"))
		_, rest, _ = bytes.Cut(rest, []byte(":"))
		id, _, ok := bytes.Cut(rest, []byte(":"))
		if ok && string(id) == want && len(name) <= maxEnvName {
			return string(name)
		}
	}
	return ""
}

// splitVariables returns the variables whose values may be recorded and the
// sorted names of all others. An entry without a name, as Windows has them
// for the current folder of each drive, is neither.
func splitVariables(env []string, secretName func(string) bool) (map[string]string, []string) {
	allowed := map[string]bool{}
	for _, group := range recordedVariables {
		for _, name := range group {
			allowed[foldName(name)] = true
		}
	}
	values, others := map[string]string{}, map[string]bool{}
	for _, entry := range env {
		name, value, ok := strings.Cut(entry, "=")
		if !ok || name == "" {
			continue
		}
		// Of repeated names the last counts, whichever way it goes.
		delete(values, name)
		delete(others, name)
		if allowed[foldName(name)] && !secretName(name) && len(value) <= maxEnvValue {
			values[name] = recordedText(value)
		} else {
			others[name] = true
		}
	}
	return values, sortedNames(others)
}

// missingNames lists the variables that we have and the step does not: what
// was withheld from it.
func missingNames(own, step []string) []string {
	names := map[string]bool{}
	for _, entry := range own {
		if name, _, ok := strings.Cut(entry, "="); ok && name != "" {
			names[name] = true
		}
	}
	for _, entry := range step {
		name, _, _ := strings.Cut(entry, "=")
		delete(names, name)
	}
	return sortedNames(names)
}

func sortedNames[V any](set map[string]V) []string {
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// boundNames makes a list of names fit for recording.
func boundNames(names []string) []string {
	kept := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return len(n) > maxEnvName })
	kept = kept[:min(len(kept), maxEnvNames)]
	for i, n := range kept {
		kept[i] = recordedText(n)
	}
	return kept
}

// foldName makes names comparable as the system compares them.
func foldName(name string) string {
	if runtime.GOOS == "windows" {
		return strings.ToUpper(name)
	}
	return name
}
