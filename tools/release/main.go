// Command release builds what a release of cilock consists of, and writes the
// manifest that pins it.
//
//	go -C tools run ./release -version 1.2.3 -out DIR    before the release's commit
//	go -C tools run ./release -check -out DIR            in that commit, by whoever doubts it
//
// Each binary is built twice, from copies of the tracked files in two folders,
// and must come out the same, byte for byte. In DIR are then the binaries, an
// SBOM (CycloneDX 1.6) of each, and checksums.txt. Without -check release.txt and
// docker/Dockerfile are written; with it they must already say what was built.
package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// toolchain builds every release: the bytes depend on it. It is fetched through
// the module proxy where it is not the one that runs.
const toolchain = "go1.26.8"

// platforms are those of install.sh.
const platforms = "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// request is what the command line asks for.
type request struct {
	root, out string // the repository; where everything is written
	into      string // where release.txt and docker/Dockerfile are
	version   string
	targets   []string // OS/ARCH
	check     bool
	cold      bool // the second build uses nothing of the first one's cache
}

func run(ctx context.Context, args []string) error {
	r := request{}
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	flags.StringVar(&r.root, "root", "..", "the repository")
	flags.StringVar(&r.into, "into", "", "the folder with release.txt and docker/Dockerfile (default: the repository)")
	flags.StringVar(&r.out, "out", "", "where the binaries and their papers go")
	flags.StringVar(&r.version, "version", "", "X.Y.Z, written to release.txt")
	flags.BoolVar(&r.check, "check", false, "write neither release.txt nor docker/Dockerfile, and compare")
	flags.BoolVar(&r.cold, "cold", false, "build the second time with an empty cache, which takes minutes")
	targets := flags.String("targets", platforms, "what to build")
	if err := flags.Parse(args); err != nil {
		return err
	}
	r.targets = strings.Split(*targets, ",")
	if r.into == "" {
		r.into = r.root
	}
	switch {
	case flags.NArg() > 0 || r.out == "":
		return errors.New("usage: release -out DIR [-version X.Y.Z | -check]")
	case r.check == (r.version != ""):
		return errors.New("give either -version or -check")
	case !r.check && !regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$`).MatchString(r.version):
		return fmt.Errorf("version %q is not X.Y.Z or X.Y.Z-PRE", r.version)
	}
	for _, t := range r.targets {
		if !slices.Contains(strings.Split(platforms, ","), t) {
			return fmt.Errorf("target %q is not one of %s", t, platforms)
		}
	}
	return r.do(ctx)
}

// do builds, writes the papers, and then writes or compares the manifest.
func (r request) do(ctx context.Context) error {
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	assets, err := r.build(ctx)
	if err != nil {
		return err
	}
	var checksums strings.Builder
	for _, a := range assets {
		bom, err := sbom(filepath.Join(r.out, a.file), a)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(r.out, a.file+".cdx.json"), bom, 0o644); err != nil {
			return err
		}
		fmt.Fprintf(&checksums, "%x  %s\n%x  %s.cdx.json\n", a.sum, a.file, sha256.Sum256(bom), a.file)
		fmt.Println(a.line())
	}
	if err := os.WriteFile(filepath.Join(r.out, "checksums.txt"), []byte(checksums.String()), 0o644); err != nil {
		return err
	}
	if r.check {
		return compare(r.into, assets)
	}
	return write(r.into, r.version, assets)
}

// asset is one binary.
type asset struct {
	target, file string
	size         int64
	sum          [sha256.Size]byte
}

// name is the file of a target.
func name(target string) string {
	file := "cilock-" + strings.ReplaceAll(target, "/", "-")
	if strings.HasPrefix(target, "windows/") {
		file += ".exe"
	}
	return file
}

// line is the asset's line in the manifest.
func (a asset) line() string {
	return fmt.Sprintf("%s %d %x %s", strings.ReplaceAll(a.target, "/", " "), a.size, a.sum, a.file)
}
