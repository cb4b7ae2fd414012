package secretscan

import "strings"

// publicName reports a variable whose value is no secret whatever it is, so that no other variable with the same value
// makes one of it: evidence without the commit or the workspace would be worth nothing. The names are those that the
// runner sets itself (docs.github.com, "Variables reference") and that a job cannot set; not all of GITHUB_*, which
// people use for tokens of their own.
func publicName(name string) bool {
	switch name {
	case "PWD", "OLDPWD", "HOME", "USERPROFILE", "TMPDIR", "TMP", "TEMP", "PATH", "SHELL", "USER", "LOGNAME", "HOSTNAME", "INIT_CWD":
		return true
	case "RUNNER_ARCH", "RUNNER_DEBUG", "RUNNER_ENVIRONMENT", "RUNNER_NAME", "RUNNER_OS", "RUNNER_TEMP", "RUNNER_TOOL_CACHE", "RUNNER_WORKSPACE":
		return true
	}
	rest, ok := strings.CutPrefix(name, "GITHUB_")
	if !ok {
		return false
	}
	switch rest {
	case "ACTION", "ACTIONS", "ACTION_PATH", "ACTION_REF", "ACTION_REPOSITORY", "ACTOR", "ACTOR_ID", "API_URL", "BASE_REF",
		"ENV", "EVENT_NAME", "EVENT_PATH", "GRAPHQL_URL", "HEAD_REF", "JOB", "OUTPUT", "PATH", "REF", "REF_NAME",
		"REF_PROTECTED", "REF_TYPE", "REPOSITORY", "REPOSITORY_ID", "REPOSITORY_OWNER", "REPOSITORY_OWNER_ID",
		"RETENTION_DAYS", "RUN_ATTEMPT", "RUN_ID", "RUN_NUMBER", "SERVER_URL", "SHA", "STATE", "STEP_SUMMARY",
		"TRIGGERING_ACTOR", "WORKFLOW", "WORKFLOW_REF", "WORKFLOW_SHA", "WORKSPACE":
		return true
	}
	return false
}

// constants are values of settings, such as AUTH=disabled, and not of secrets.
var constants = map[string]bool{
	"disabled": true, "required": true, "optional": true, "anonymous": true, "undefined": true, "interactive": true,
	"x-oauth-basic": true, "x-access-token": true,
}

// worthHiding reports whether a value that goes by a secret-looking name is a secret. Settings are not, nor is the path
// of a file that holds one, nor a URL that gives no access: all of them occur in evidence for other reasons.
func worthHiding(name, value string) bool {
	switch strings.ToLower(value) {
	case "", "true", "false", "yes", "no", "on", "off":
		return false
	}
	if constants[strings.ToLower(value)] || isPath(name, value) {
		return false
	}
	if u, ok := splitURL(value); ok && u.userinfo == "" {
		compact := strings.ToUpper(name)
		return strings.Contains(compact, "WEBHOOK") || strings.Contains(u.rest, "?")
	}
	return true
}

// Where files that hold secrets are. A random value starts like this once in 16 million.
var roots = []string{
	"/home/", "/tmp/", "/var/", "/usr/", "/etc/", "/opt/", "/root/", "/run/", "/mnt/", "/dev/", "/proc/", "/private/",
	"/Users/", "/Volumes/", "/github/", "/__w/", "/builds/", "/workspace", "/secrets/", "/app/", "./", "../", "~/",
}

// isPath reports a path on one line: one below a usual directory, or any if the name says that it is one.
func isPath(name, value string) bool {
	if strings.ContainsAny(value, "\r\n") {
		return false
	}
	for _, root := range roots {
		if strings.HasPrefix(value, root) {
			return true
		}
	}
	if len(value) > 3 && (upperCase(value[0]) || lowerCase(value[0])) && value[1] == ':' && (value[2] == '\\' || value[2] == '/') {
		return true
	}
	parts := segments(name)
	if len(parts) == 0 {
		return false
	}
	switch strings.ToUpper(parts[len(parts)-1]) {
	case "FILE", "FILENAME", "PATH", "DIR", "DIRECTORY", "SOCK", "SOCKET":
		return strings.ContainsAny(value, `/\.`)
	}
	return false
}

type splitted struct{ userinfo, rest string }

// splitURL takes apart a value that is a URL and nothing else; rest is what is behind the host.
func splitURL(value string) (splitted, bool) {
	scheme, rest, ok := strings.Cut(value, "://")
	if !ok || scheme == "" || strings.ContainsAny(value, " \t\r\n\"") || strings.ContainsFunc(scheme, func(r rune) bool {
		return !alnum(r) && r != '+' && r != '-' && r != '.'
	}) {
		return splitted{}, false
	}
	authority := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, rest = rest[:i], rest[i:]
	} else {
		rest = ""
	}
	userinfo := ""
	if i := strings.LastIndex(authority, "@"); i >= 0 {
		userinfo = authority[:i]
	}
	return splitted{userinfo: userinfo, rest: rest}, true
}
