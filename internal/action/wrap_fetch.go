package action

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/org/cilock-action/internal/refs"
	"github.com/org/cilock-action/internal/runner"
	"github.com/org/cilock-action/internal/runner/fetch"
	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/actionref/treecheck"
)

// maxWrapped bounds the distinct actions that are fetched for one.
const maxWrapped = 200

// reach fetches the action and all that stand inside it, judges the references,
// compares the bytes, and checks what can be checked. The error is what refuses
// the action.
func (w *wrapped) reach(ctx context.Context, p *Plan, in Inputs, dirs map[string]string) error {
	dest := filepath.Join(p.Scratch, "_actions")
	if err := os.Mkdir(dest, 0o700); err != nil {
		return fmt.Errorf("make a folder for actions: %w", err)
	}
	world, closeWorld, err := wrapWorld(p, in)
	if err != nil {
		return err
	}
	defer closeWorld()
	net, _ := world.Resolver.(fetch.Network)
	f := fetch.New(fetch.Options{Dest: dest, Dirs: dirs, Runner: world.Actions, Net: net, Windows: world.Windows, Temp: p.Scratch, PATH: getenv(p.OwnEnv)("PATH")})
	defer func() { _ = f.Close() }() // what it leaves is in the scratch folder
	walk := &wrapWalk{w: w, f: f, world: world, commits: map[string]*treecheck.Commit{}, local: map[string]string{}, online: in.Resolve == ResolveOnline}
	w.found.sources = map[string]string{}
	fetchErr := walk.all(ctx)
	world.Actions, world.All = dest, false
	world.Commits, world.Known = walk.commit, walk.known
	if !walk.network && !walk.online {
		world.Resolver = nil // everything was here: nobody needs to be asked
	}
	w.judge(ctx, p, world)
	if fetchErr != nil {
		return fetchErr
	}
	return w.ready(ctx, p)
}

// wrapWorld is where actions come from: this machine first, then their server. A
// job whose references are asked for online has a resolver for that already, which
// ends with the plan.
func wrapWorld(p *Plan, in Inputs) (world refs.World, stop func(), err error) {
	if world, stop = p.Refs, func() {}; world.Resolver == nil {
		world, stop, err = RefsWorld(ResolveOnline, in.Deny, p.Dir, p.OwnEnv)
	}
	if dir := getenv(p.OwnEnv)("GITHUB_WORKSPACE"); dir != "" {
		world.Workspace = dir
	}
	return world, stop, err
}

// wrapWalk follows the uses of actions, from the outermost.
type wrapWalk struct {
	w       *wrapped
	f       *fetch.Fetcher
	world   refs.World
	commits map[string]*treecheck.Commit // repository@sha
	local   map[string]string            // repository@version -> the commit that it is in the caller's folder
	network bool                         // something came from a server
	online  bool
}

// commit is the commit of an action that was fetched, if its objects are here.
func (k *wrapWalk) commit(repository, sha string) (treecheck.Git, bool) {
	c := k.commits[repository+"@"+sha]
	if c == nil {
		return nil, false
	}
	return c.Git, true
}

// known is the commit of an action that came from the caller's folder.
func (k *wrapWalk) known(repository, version string) (string, bool) {
	sha, ok := k.local[repository+"@"+version]
	return sha, ok
}

// next is one action to read: as a file names it.
type next struct {
	origin runner.Action
	uses   string
	depth  int
}

func (k *wrapWalk) all(ctx context.Context) error {
	queue := []next{{runner.Action{}, k.w.ref.Text(), 0}}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		a, ok, err := k.one(ctx, n)
		if err != nil {
			return err
		}
		if n.depth == 0 {
			k.w.key, k.w.program.Uses = a.Key, a.Key
		}
		if !ok {
			continue
		}
		for _, s := range a.Manifest.Runs.Steps {
			if s.Uses != "" {
				queue = append(queue, next{a, s.Uses, n.depth + 1})
			}
		}
	}
	return nil
}

// one reads an action that was not read before. Those of the workspace are read
// if they are there: a step may make them.
func (k *wrapWalk) one(ctx context.Context, n next) (a runner.Action, isNew bool, err error) {
	actions := k.w.program.Actions
	key, ref, err := runner.KeyOf(n.origin, n.uses)
	if err != nil {
		return a, false, fmt.Errorf("%s: %w", n.origin.Key, err)
	}
	if _, ok := actions[key]; ok || n.depth > runner.MaxDepth {
		return actions[key], false, nil // too deep is refused by Check
	}
	if len(actions) >= maxWrapped {
		return a, false, fmt.Errorf("it reaches more than %d actions", maxWrapped)
	}
	a = runner.Action{Key: key, Path: ref.Path()}
	switch ref.Kind() {
	case actionref.KindDocker:
		a = runner.ImageAction(key, ref)
		if n.depth == 0 {
			actions[key] = a
		}
		return a, false, nil
	case actionref.KindLocal:
		a.Root = k.w.program.Workspace
	default:
		if a, err = k.fetch(ctx, a, ref); err != nil {
			return a, false, fmt.Errorf("%s: %w", ref.Text(), err)
		}
	}
	a.Manifest, err = runner.ReadManifest(a)
	switch {
	case errors.Is(err, fs.ErrNotExist) && ref.Kind() == actionref.KindLocal && n.depth > 0:
		return a, false, nil
	case errors.Is(err, fs.ErrNotExist):
		return a, false, fmt.Errorf("%s: %w", ref.Text(), errNoAction)
	case err != nil:
		return a, false, fmt.Errorf("%s: %w", ref.Text(), err)
	}
	actions[key] = a
	return a, true, nil
}

func (k *wrapWalk) fetch(ctx context.Context, a runner.Action, ref actionref.Ref) (runner.Action, error) {
	if why := k.world.Deny(ref); why != "" {
		return a, fmt.Errorf("on the deny-list: %s", why)
	}
	got, err := k.f.Fetch(ctx, ref)
	if err != nil {
		return a, err
	}
	k.w.found.sources[a.Key] = got.Source
	if got.Commit != nil {
		k.commits[ref.Repository()+"@"+got.Commit.SHA] = got.Commit
	}
	if got.Source == fetch.FromDir && got.SHA != "" {
		k.local[ref.Repository()+"@"+ref.Version()] = got.SHA
	}
	k.network = k.network || got.Source == fetch.FromGit || got.Source == fetch.FromTarball
	owner, rest, _ := strings.Cut(ref.Text(), "/")
	repo, _, _ := strings.Cut(rest, "@")
	repo, _, _ = strings.Cut(repo, "/")
	a.Root, a.Repository, a.Ref = got.Dir, owner+"/"+repo, ref.Version()
	return a, nil
}

// judge follows the references as the verb refs does, in what was fetched.
func (w *wrapped) judge(ctx context.Context, p *Plan, world refs.World) {
	report := refs.Report{Job: true}
	report.Use("action-ref", w.ref)
	report.Follow(ctx, world)
	report.Redact(p.redact)
	findings := refs.Judge(report)
	w.found.references = report.References
	w.found.notices, w.found.findings = refsNotices(findings), findings
	for _, f := range findings {
		if f.Unknown() {
			w.found.gaps = append(w.found.gaps, f.Message)
		}
	}
}

// ready refuses what the bytes and the manifests say against the action, and
// looks for the programs that it needs.
func (w *wrapped) ready(ctx context.Context, p *Plan) error {
	for _, ref := range w.found.references {
		if ref.Answer.Denied != "" {
			return fmt.Errorf("%s is on the deny-list: %s", ref.Key, ref.Answer.Denied)
		}
		if ref.Bytes.State == treecheck.False {
			return fmt.Errorf("%s: its files are not those of the commit: %s", ref.Key, ref.Bytes.Reason)
		}
		if notice, ok := w.notCompared(ref); ok {
			w.found.notices = append(w.found.notices, Notice{Level: WarningLevel, Text: notice})
		}
	}
	if err := w.programs(ctx, p); err != nil {
		return err
	}
	refusals, notices := w.program.Check()
	for _, n := range notices {
		w.found.notices = append(w.found.notices, Notice{Level: WarningLevel, Text: n})
	}
	return errors.Join(refusals...)
}

// notCompared says that a pin promises bytes which nobody looked at, since no
// repository was there to ask: else that is a finding about the reference.
func (w *wrapped) notCompared(ref refs.Reference) (notice string, ok bool) {
	if ref.Bytes.State != treecheck.Unverified || ref.Answer.Verdict != "" || !ref.Ref.Pinned() {
		return "", false
	}
	fix := "--resolve online (the input resolve) asks its repository"
	if w.found.sources[ref.Key] == fetch.FromDir {
		fix = "let action-dir be a git repository that has the commit, or give --resolve online"
	}
	return fmt.Sprintf("the files of %s were not compared with its commit; %s", ref.Key, fix), true
}

// programs finds what the kinds of the actions need on this machine. An action of
// the workspace may be made, or become another one, before it is its turn: what it
// could need is looked for too, and is not missed.
func (w *wrapped) programs(ctx context.Context, p *Plan) error {
	finder := runner.NodeFinder{Parent: os.Getppid(), PATH: getenv(p.Env)("PATH")}
	for _, key := range sortedNames(w.program.Actions) {
		runs := w.program.Actions[key].Manifest.Runs
		if w.program.Docker == "" && runs.NeedsDocker() {
			var err error
			if w.program.Docker, err = runner.FindDocker(ctx, p.Env); err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
		}
		if runs.Kind() != "node" || w.program.Nodes[runs.Using] != "" {
			continue
		}
		program, notice, err := finder.Find(runs.Using)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		w.program.Nodes[runs.Using] = program
		if notice != "" {
			w.found.notices = append(w.found.notices, Notice{Level: NoticeLevel, Text: notice})
		}
	}
	if w.program.UsesWorkspace() {
		w.perhaps(ctx, p, finder)
	}
	return nil
}

// perhapsTimeout bounds the question for an engine that may not be needed.
const perhapsTimeout = 10 * time.Second

// perhaps finds what an action of the workspace could need.
func (w *wrapped) perhaps(ctx context.Context, p *Plan, finder runner.NodeFinder) {
	for _, using := range runner.Nodes() {
		if w.program.Nodes[using] != "" {
			continue
		}
		if program, _, err := finder.Find(using); err == nil {
			w.program.Nodes[using] = program
		}
	}
	ctx, cancel := context.WithTimeout(ctx, perhapsTimeout)
	defer cancel()
	if client, err := runner.FindDocker(ctx, p.Env); err == nil {
		w.program.Docker = client
	}
}
