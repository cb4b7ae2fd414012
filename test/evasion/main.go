package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "evasion:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, progress io.Writer) (err error) {
	flags := flag.NewFlagSet("evasion", flag.ContinueOnError)
	backends := flags.String("backend", "ebpf,ptrace", "`list` of backends; empty runs the tricks untraced only")
	only := flags.String("only", "", "run only the tricks whose name matches this `regexp`")
	cilock := flags.String("cilock", "", "trace with this `file` instead of building cilock")
	tricks := flags.String("tricks", "", "`folder` of built tricks, instead of building them")
	into := flags.String("build", "", "build the tricks in this `folder`, and run none")
	keep := flags.String("keep", "", "work in this `folder`, and leave everything there")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *into != "" {
		return build(ctx, *into)
	}
	match, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("flag -only: %w", err)
	}
	u := &suite{cilock: *cilock, tricks: *tricks, keep: *keep != ""}
	if *backends != "" {
		u.backends = strings.Split(*backends, ",")
	}
	drop, err := u.prepare(ctx, *keep)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drop()) }()
	verdicts, err := u.all(ctx, match, progress)
	if err != nil {
		return err
	}
	if err := print(out, verdicts, u.backends); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%s.\n", count(verdicts, u.backends))
	if bad := failures(verdicts); len(bad) > 0 {
		return fmt.Errorf("%d findings are not as the table says, see above", len(bad))
	}
	return nil
}

// all runs the tricks that match, one after the other.
func (u *suite) all(ctx context.Context, match *regexp.Regexp, progress io.Writer) ([]Verdict, error) {
	var verdicts []Verdict
	for _, t := range table() {
		if !match.MatchString(t.Name) {
			continue
		}
		start := time.Now()
		v, err := u.run(ctx, t)
		fmt.Fprintf(progress, "%s %.1fs\n", t.Name, time.Since(start).Seconds())
		if err != nil {
			return nil, err
		}
		verdicts = append(verdicts, v)
	}
	return verdicts, ctx.Err()
}

// prepare makes the folder and builds what was not given.
func (u *suite) prepare(ctx context.Context, folder string) (drop func() error, err error) {
	drop = func() error { return nil }
	if u.work = folder; folder == "" {
		if u.work, err = os.MkdirTemp("", "evasion-"); err != nil {
			return nil, err
		}
		made := u.work
		drop = func() error { return os.RemoveAll(made) }
	} else if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	// Paths in messages are free of symbolic links, and nobody has to get in.
	if u.work, err = filepath.EvalSymlinks(u.work); err == nil {
		if u.work, err = filepath.Abs(u.work); err == nil {
			err = os.Chmod(u.work, 0o755)
		}
	}
	if err == nil && u.tricks == "" {
		u.tricks = filepath.Join(u.work, "tricks")
		err = build(ctx, u.tricks)
	}
	if err == nil && u.cilock == "" && len(u.backends) > 0 {
		u.cilock = filepath.Join(u.work, "cilock")
		err = buildCilock(ctx, u.cilock)
	}
	for _, name := range []*string{&u.tricks, &u.cilock} {
		if err == nil && *name != "" {
			*name, err = filepath.Abs(*name)
		}
	}
	if err != nil {
		return nil, errors.Join(err, drop())
	}
	return drop, nil
}

// buildCilock builds the program of the module that this one is run from.
func buildCilock(ctx context.Context, to string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", to, "github.com/org/cilock-action/cmd/action")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build cilock: %w\n%s", err, text)
	}
	return nil
}
