// Package gitcmd runs git on repositories that nobody trusts: in an environment
// of ours alone, within bounds of time and output, and with no network.
package gitcmd

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/org/cilock-action/internal/sink"
)

// Bounds of one call of git, unless a Command has others.
const (
	Timeout   = 10 * time.Second
	MaxOutput = 32 << 20  // bytes of stdout
	maxStderr = 4 << 10   // bytes kept of stderr
	maxBinary = 512 << 20 // bytes of the git executable
)

// ErrOutputTooLarge is wrapped by errors about an answer beyond its bound.
var ErrOutputTooLarge = errors.New("output too large")

// Command runs the git executable with an environment of ours alone: our
// process may hold credentials, and git runs what its environment and its
// configuration tell it to.
type Command struct {
	Bin       string   // absolute path
	Env       []string // all of the environment
	Timeout   time.Duration
	MaxOutput int
}

// Run returns the stdout of one call. It ends at the deadline, whatever git
// or a child of git does: the whole process group is killed. Errors carry
// git's own message, cleaned and shortened.
func (g Command) Run(ctx context.Context, dir string, args ...string) ([]byte, error) {
	return g.RunInput(ctx, dir, nil, args...)
}

// RunInput is Run with something on stdin.
func (g Command) RunInput(ctx context.Context, dir string, stdin []byte, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, g.Timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, g.Bin, args...)
	cmd.Dir, cmd.Env = dir, g.Env
	stdout := &boundedBuffer{max: g.MaxOutput, full: cancel}
	stderr := &boundedBuffer{max: maxStderr}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if stdin != nil {
		cmd.Stdin = bytes.NewReader(stdin)
	}
	killGroup(cmd)
	cmd.WaitDelay = time.Second

	err := cmd.Run()
	switch {
	case stdout.overflow:
		return nil, fmt.Errorf("git %s: %w (over %d bytes)", args[0], ErrOutputTooLarge, g.MaxOutput)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("git %s: killed, no answer in time: %w", args[0], ctx.Err())
	case err != nil:
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, sink.OneLine(stderr.kept.String(), 500))
	}
	return stdout.kept.Bytes(), nil
}

// boundedBuffer keeps the first max bytes. Of more it calls full, if that is
// set, and drops the rest.
type boundedBuffer struct {
	kept     bytes.Buffer // not embedded: its ReadFrom has no bound
	max      int
	full     func()
	overflow bool
}

func (b *boundedBuffer) Write(p []byte) (int, error) {
	n := len(p)
	if room := b.max - b.kept.Len(); n > room {
		b.overflow = true
		p = p[:room]
		if b.full != nil {
			b.full()
		}
	}
	b.kept.Write(p)
	return n, nil
}

// Environment is the environment that every call shares. Of ours nothing is
// passed on but the absolute entries of PATH. home is an empty directory.
func Environment(path []string, home string) []string {
	return []string{
		"PATH=" + strings.Join(path, string(os.PathListSeparator)),
		"HOME=" + home, "XDG_CONFIG_HOME=" + home,
		"LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_ATTR_NOSYSTEM=1",
		"GIT_CEILING_DIRECTORIES=" + filepath.Dir(home), // home is the working directory of calls without a repository
		"GIT_OPTIONAL_LOCKS=0",                          // write nothing, not even a refreshed index
		"GIT_TERMINAL_PROMPT=0", "GIT_PAGER=cat",
		"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", // no network, whatever is missing
		"GIT_NO_REPLACE_OBJECTS=1", // the commit itself, not what refs/replace puts in its place
	}
}

// SearchPath returns the entries of a PATH that mean the same everywhere and
// are not inside the checkout, whose contents are what is being described.
func SearchPath(value, checkout string) []string {
	var entries []string
	everything := filepath.Dir(checkout) == checkout // a checkout at the root, where inside means nothing
	for _, dir := range filepath.SplitList(value) {
		rel, err := filepath.Rel(checkout, dir)
		inside := err == nil && filepath.IsLocal(rel) && !everything
		if filepath.IsAbs(dir) && !inside {
			entries = append(entries, dir)
		}
	}
	return entries
}

// Find returns the first git executable in the directories.
func Find(dirs []string) (string, error) {
	name := "git"
	if runtime.GOOS == "windows" {
		name = "git.exe"
	}
	for _, dir := range dirs {
		file := filepath.Join(dir, name)
		info, err := os.Stat(file)
		if err == nil && info.Mode().IsRegular() && (runtime.GOOS == "windows" || info.Mode()&0o111 != 0) {
			return file, nil
		}
	}
	return "", fmt.Errorf("find git on PATH: %w", exec.ErrNotFound)
}

// Hash returns the SHA-256 of an executable, in hex.
func Hash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(f, maxBinary+1))
	if err != nil {
		return "", err
	}
	if n > maxBinary {
		return "", fmt.Errorf("hash %s: more than %d bytes", path, maxBinary)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
