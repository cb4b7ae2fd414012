package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// head explains the manifest to whoever opens it.
const head = `# The release that belongs to this commit: install.sh downloads no other bytes.
# Written by tools/release; "version none" is a commit that has no release.
`

// releases is where install.sh downloads from.
const releases = "https://github.com/org/cilock-action/releases/download"

// write puts a release into the manifest and into docker/Dockerfile.
func write(dir, version string, assets []asset) error {
	text := head + "version " + version + "\n"
	for _, a := range assets {
		text += a.line() + "\n"
	}
	if err := os.WriteFile(filepath.Join(dir, "release.txt"), []byte(text), 0o644); err != nil {
		return err
	}
	path := filepath.Join(dir, "docker", "Dockerfile")
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	changed, err := additions(string(old), version, assets)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(changed), 0o644)
}

// additions sets the addresses and digests in the Dockerfile, which cannot read
// the manifest.
func additions(text, version string, assets []asset) (string, error) {
	for _, a := range assets {
		if !strings.HasPrefix(a.target, "linux/") {
			continue
		}
		line := regexp.MustCompile(`(?m)^(ADD --checksum=sha256:)[0-9a-f]{64}( --chmod=0755 ` + releases + `/v)[0-9A-Za-z.-]+(/` + regexp.QuoteMeta(a.file) + ` /cilock)$`)
		if n := len(line.FindAllString(text, -1)); n != 1 {
			return "", fmt.Errorf("docker/Dockerfile adds %s %d times, expected once", a.file, n)
		}
		text = line.ReplaceAllString(text, fmt.Sprintf("${1}%x${2}%s${3}", a.sum, version))
	}
	return text, nil
}

// compare wants the manifest to name exactly what was built, unless it names no
// release, and the Dockerfile to agree with the manifest.
func compare(dir string, assets []asset) error {
	manifest, err := os.ReadFile(filepath.Join(dir, "release.txt"))
	if err != nil {
		return err
	}
	dockerfile, err := os.ReadFile(filepath.Join(dir, "docker", "Dockerfile"))
	if err != nil {
		return err
	}
	lines := strings.Split(string(manifest), "\n")
	at := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "version ") })
	if at < 0 {
		return errors.New("release.txt has no version")
	}
	version := strings.TrimPrefix(lines[at], "version ")
	if version == "none" {
		assets = nil
	}
	var wrong []error
	for _, a := range assets {
		if !slices.Contains(lines, a.line()) {
			wrong = append(wrong, fmt.Errorf("release.txt does not have what this commit builds: %s", a.line()))
		}
	}
	want, err := additions(string(dockerfile), version, assets)
	if err == nil && want != string(dockerfile) {
		err = errors.New("docker/Dockerfile has another version or digest than release.txt")
	}
	if wrong = append(wrong, err); errors.Join(wrong...) != nil {
		return fmt.Errorf("%w\nwrite them with -version, or \"version none\" where this is no release", errors.Join(wrong...))
	}
	return nil
}
