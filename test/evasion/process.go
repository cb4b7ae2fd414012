package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Patience bounds one run of one trick. A slow one bounds itself to half of that.
const (
	patience     = 20 * time.Second
	patienceSlow = 90 * time.Second
)

// ended is how a process ended.
type ended struct {
	code int    // exit code, or -1
	how  string // as os.ProcessState prints it; "no end" if it had to be killed
	said string // on stdout and stderr, without cilock's lines; at most 64 KiB with them
	ours string // cilock's lines
}

// refusedCode is the exit code with which a trick says that this kernel refused it.
const refusedCode = 77

// start runs a command in dir to its end, or for so long at most. What it says goes through a file: a
// pipe would wait for every survivor that holds it.
func start(ctx context.Context, most time.Duration, dir string, args ...string) (ended, error) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	out, err := os.CreateTemp(filepath.Dir(dir), "said-")
	if err != nil {
		return ended{}, fmt.Errorf("run %s: %w", args[0], err)
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	killTree(cmd)
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return ended{}, fmt.Errorf("run %s: %w", args[0], err)
	}
	e := ended{code: cmd.ProcessState.ExitCode(), how: cmd.ProcessState.String()}
	if ctx.Err() != nil {
		e.code, e.how = -1, "no end"
	}
	text := make([]byte, 64<<10)
	n, _ := out.ReadAt(text, 0) // what could not be read is not shown
	e.said, e.ours = split(string(text[:n]))
	return e, nil
}

// split tells what a trick printed from what cilock says about it.
func split(text string) (said, ours string) {
	var theirs, own strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "cilock: ") {
			own.WriteString(line)
		} else {
			theirs.WriteString(line)
		}
	}
	return strings.TrimSpace(theirs.String()), own.String()
}
