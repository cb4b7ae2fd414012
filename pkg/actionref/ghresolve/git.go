package ghresolve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// errTooLarge is wrapped by errors about an answer beyond its bound.
var errTooLarge = errors.New("larger than the limit")

// gitRunner runs git against servers that nobody trusts: no configuration but
// ours, no prompt, no helper, no hook, no protocol but the server's own.
type gitRunner struct {
	path    string
	home    string // an empty folder
	scheme  string
	auth    []string // environment that carries the token; on network commands only
	env     []string
	timeout time.Duration
	slots   chan struct{} // bounds network commands at a time
	secrets redactor
	count   atomic.Int64
	silent  breaker
}

// gitCommand is one run of git.
type gitCommand struct {
	dir     string // the repository; empty: none
	network bool
	stdin   []byte
	max     int64 // bytes of output
	args    []string
}

// gitError is a failed run. Text is git's first fatal line: one line, short,
// without the token, and as untrusted as the server.
type gitError struct {
	Command string
	Text    string
	Err     error
}

func (e *gitError) Error() string {
	if e.Text == "" {
		return fmt.Sprintf("git %s: %v", e.Command, e.Err)
	}
	return fmt.Sprintf("git %s: %s", e.Command, e.Text)
}

func (e *gitError) Unwrap() error { return e.Err }

func newGitRunner(path, home string, server *url.URL, o Options, secrets redactor) *gitRunner {
	g := &gitRunner{
		path: path, home: home, scheme: server.Scheme, timeout: o.Timeout,
		slots: make(chan struct{}, o.Workers), secrets: secrets,
		env: []string{
			"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_ATTR_NOSYSTEM=1",
			"GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=", "SSH_ASKPASS=", "GIT_PROTOCOL_FROM_USER=0",
			"GIT_NO_REPLACE_OBJECTS=1", "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C",
			"HOME=" + home, "XDG_CONFIG_HOME=" + home, "PATH=" + filepath.Dir(path),
		},
	}
	for _, e := range o.GitEnv {
		if name, _, ok := strings.Cut(e, "="); ok && passedOn(name) {
			g.env = append(g.env, e)
		}
	}
	if o.Token != "" {
		// In the environment, not with -c: other users can read arguments. The
		// URL in the key keeps curl from sending it to another host.
		g.auth = []string{
			"GIT_CONFIG_COUNT=1",
			"GIT_CONFIG_KEY_0=http." + server.String() + "/.extraHeader",
			"GIT_CONFIG_VALUE_0=Authorization: Basic " + basicAuth(o.Token),
		}
	}
	return g
}

// passedOn lists the variables of git and curl about proxies and certificates.
func passedOn(name string) bool {
	return slices.Contains([]string{
		"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
		"GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE",
	}, strings.ToUpper(name))
}

// environment of one command. Offline, three things each keep a partial clone
// from fetching what is missing, since not every git knows the first.
func (g *gitRunner) environment(c gitCommand) []string {
	env := slices.Clone(g.env)
	dir := c.dir
	if dir == "" {
		dir = filepath.Join(g.home, "none") // not the repository around the cache folder
	}
	env = append(env, "GIT_DIR="+dir)
	if c.network {
		return append(env, g.auth...)
	}
	return append(env, "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none")
}

func (g *gitRunner) arguments(c gitCommand) []string {
	args := []string{"--literal-pathspecs", "--no-pager", "-c", "protocol.allow=never"}
	if c.network {
		args = append(args, "-c", "protocol."+g.scheme+".allow=always")
	}
	for _, setting := range []string{
		"http.followRedirects=false", // the token goes nowhere else
		"credential.helper=", "core.hooksPath=" + os.DevNull, "core.fsmonitor=false",
		"core.attributesFile=" + os.DevNull, "gc.auto=0", "maintenance.auto=false",
		"fetch.writeCommitGraph=false", "transfer.bundleURI=false", "submodule.recurse=false",
	} {
		args = append(args, "-c", setting)
	}
	return append(args, c.args...)
}

// run runs one command within its bounds of time and output.
func (g *gitRunner) run(ctx context.Context, c gitCommand) ([]byte, error) {
	if c.network {
		if g.silent.open() {
			return nil, &gitError{c.args[0], "not asked: the server left several requests unanswered", context.DeadlineExceeded}
		}
		select {
		case g.slots <- struct{}{}:
			defer func() { <-g.slots }()
		case <-ctx.Done():
			return nil, &gitError{c.args[0], "", ctx.Err()}
		}
		g.count.Add(1)
	}
	within, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	cmd := exec.CommandContext(within, g.path, g.arguments(c)...)
	ownGroup(cmd)
	cmd.Dir, cmd.Env, cmd.WaitDelay = g.home, g.environment(c), waitAfterKill
	out := &boundedBuffer{max: c.max, full: cancel}
	complaints := &boundedBuffer{max: maxComplaints, drop: true}
	cmd.Stdout, cmd.Stderr = out, complaints
	if c.stdin != nil {
		cmd.Stdin = bytes.NewReader(c.stdin)
	}
	if c.network && c.dir != "" {
		go watchSize(within, c.dir, folderSize(c.dir)+maxRepository, cancel)
	}
	err := cmd.Run()
	if c.network && ctx.Err() == nil {
		g.silent.note(!errors.Is(within.Err(), context.DeadlineExceeded))
	}
	if err == nil && !out.over {
		return out.buf.Bytes(), nil
	}
	return nil, g.failure(ctx, within, c, err, out.over, complaints.buf.String())
}

// failure says why a run failed: because of us, of a bound, or of git.
func (g *gitRunner) failure(ctx, within context.Context, c gitCommand, err error, over bool, stderr string) error {
	e := &gitError{Command: c.args[0], Err: err}
	switch {
	case ctx.Err() != nil:
		e.Err = ctx.Err()
	case over:
		e.Text, e.Err = fmt.Sprintf("printed more than %d bytes", c.max), errTooLarge
	case errors.Is(within.Err(), context.DeadlineExceeded):
		e.Text, e.Err = fmt.Sprintf("no answer within %v", g.timeout), context.DeadlineExceeded
	case within.Err() != nil:
		e.Text, e.Err = fmt.Sprintf("received more than %d bytes", maxRepository), errTooLarge
	default:
		e.Text = g.secrets.line(complaint(stderr))
	}
	return e
}

// complaint returns what git says it died of.
func complaint(stderr string) string {
	for _, prefix := range []string{"fatal: ", "error: "} {
		for line := range strings.Lines(stderr) {
			if text, ok := strings.CutPrefix(line, prefix); ok {
				return text
			}
		}
	}
	return ""
}

// boundedBuffer keeps at most max bytes. Beyond them it refuses and calls full,
// or, if drop is set, swallows the rest. The buffer is not embedded: its
// ReadFrom would go past the bound.
type boundedBuffer struct {
	buf  bytes.Buffer
	max  int64
	drop bool
	over bool
	full func()
}

func (b *boundedBuffer) Write(p []byte) (int, error) {
	room := b.max - int64(b.buf.Len())
	if int64(len(p)) <= room {
		return b.buf.Write(p)
	}
	b.over = true
	b.buf.Write(p[:max(0, room)])
	if b.drop {
		return len(p), nil
	}
	b.full()
	return 0, errTooLarge
}

// watchSize ends a fetch that makes the repository larger than limit: git has
// no limit of its own for what it receives.
func watchSize(ctx context.Context, dir string, limit int64, end func()) {
	ticker := time.NewTicker(sizeCheckEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if folderSize(dir) > limit {
				end()
				return
			}
		}
	}
}

// folderSize adds up the packs of a repository, finished or not.
func folderSize(dir string) int64 {
	entries, err := os.ReadDir(filepath.Join(dir, "objects", "pack"))
	if err != nil {
		return 0 // nothing is there yet
	}
	var sum int64
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			sum += info.Size()
		}
	}
	return sum
}
