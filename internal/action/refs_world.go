package action

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/org/cilock-action/internal/refs"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/actionref/ghresolve"
)

// The ways to follow and prove references.
const (
	ResolveOff    = "off"    // each file is judged by itself
	ResolveLocal  = "local"  // followed on this machine: workspace and downloaded actions
	ResolveOnline = "online" // followed and proved in the repositories too
)

// ResolveTimeout bounds everything that is asked online, in one run.
const ResolveTimeout = 2 * time.Minute

// maxDenyFile bounds a deny-list, in bytes.
const maxDenyFile = 8 << 20

// ParseResolve reads --resolve; empty means local.
func ParseResolve(s string) (string, error) {
	switch s {
	case "":
		return ResolveLocal, nil
	case ResolveOff, ResolveLocal, ResolveOnline:
		return s, nil
	}
	return "", verdict.Misuse("resolve is %q, expected off, local or online", s)
}

// RefsWorld is where references are followed to, as the environment says. The
// workspace is that of the job, or dir. close ends what was opened.
func RefsWorld(resolve, deny, dir string, env []string) (w refs.World, close func(), err error) {
	get := getenv(env)
	w = refs.World{
		Workspace: dir, Repository: strings.ToLower(get("GITHUB_REPOSITORY")), Actions: actionsFolder(get),
		Windows: runtime.GOOS == "windows", Temp: get("RUNNER_TEMP"),
	}
	if workspace := get("GITHUB_WORKSPACE"); workspace != "" && get("GITHUB_ACTIONS") == "true" {
		w.Workspace = workspace
	}
	close = func() {}
	if w.Denied, err = readDenyList(deny); err != nil || resolve != ResolveOnline {
		return w, close, err
	}
	resolver, err := ghresolve.New(ghresolve.Options{
		ServerURL: get("GITHUB_SERVER_URL"), APIURL: get("GITHUB_API_URL"), Token: refsToken(get),
		CacheDir: refsCache(get), GitEnv: env, Denied: w.Denied,
	})
	if err != nil {
		return w, close, verdict.Misuse("prepare the resolver: %w", err)
	}
	w.Resolver = resolver
	return w, func() { _ = resolver.Close() }, nil // a temporary folder that stays is the system's to remove
}

// actionsFolder is the runner's _actions: beside the job's own folder and the
// temporary one (HostContext.cs, GetDirectory).
func actionsFolder(get func(string) string) string {
	for _, name := range []string{"RUNNER_WORKSPACE", "RUNNER_TEMP"} {
		if v := get(name); v != "" && filepath.IsAbs(v) {
			dir := filepath.Join(filepath.Dir(v), "_actions")
			if info, err := os.Stat(dir); err == nil && info.IsDir() {
				return dir
			}
		}
	}
	return ""
}

// refsToken is the token for reading repositories: the action's input, or the
// variables that GitHub's own tools read.
func refsToken(get func(string) string) string {
	for _, name := range []string{InputVariable("github-token"), "GH_TOKEN", "GITHUB_TOKEN"} {
		if v := get(name); v != "" {
			return v
		}
	}
	return ""
}

// refsCache is kept between the runs of a user. In a job there is none: a step
// that ran before could have put answers there. Where none can be made it is a
// temporary one.
func refsCache(get func(string) string) string {
	if get("GITHUB_ACTIONS") == "true" {
		return ""
	}
	for _, base := range []string{get("XDG_CACHE_HOME"), filepath.Join(get("HOME"), ".cache")} {
		dir := filepath.Join(base, "cilock", "refs")
		if filepath.IsAbs(base) && os.MkdirAll(dir, 0o700) == nil {
			return dir
		}
	}
	return ""
}

func readDenyList(path string) ([]ghresolve.Denied, error) {
	if path == "" {
		return nil, nil
	}
	data, err := readInput(path, maxDenyFile)
	if err != nil {
		return nil, verdict.Misuse("read deny-list: %w", err)
	}
	denied, err := ghresolve.ParseDenied(data)
	if err != nil {
		return nil, verdict.Misuse("deny-list %s: %w", path, err)
	}
	return denied, nil
}

// planRefs prepares what the github-action section follows references with.
func planRefs(p *Plan, in Inputs, _ Deps) error {
	resolve, err := ParseResolve(in.Resolve)
	if err != nil {
		return err
	}
	if in.Deny != "" && resolve == ResolveOff {
		return verdict.Misuse("a deny-list needs resolve local or online")
	}
	p.Resolve = resolve
	if !p.on("github-action") && !p.Judge.asked() { // the gate looks too
		return nil
	}
	p.Refs, p.closeRefs, err = RefsWorld(resolve, in.Deny, p.Dir, p.OwnEnv)
	return err
}
