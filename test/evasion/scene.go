package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// secret is the content of the file that tricks are after.
const secret = "the secret\n"

// scene is where one trick runs once: a folder of its own, what was there
// before it ran, and what it says about itself afterwards.
type scene struct {
	dir    string // absolute, free of symbolic links
	tricks string // where the programs are
	inodes map[string]fileID
	facts  map[string]string
	truth  []string // what a race really opened, relative to dir

	variant string // of the sensor that watches, see variantOf
}

type fileID struct{ dev, ino uint64 }

// newScene prepares a folder below parent. Everybody may write there.
func newScene(parent, tricks string, t Trick) (_ *scene, err error) {
	dir, err := os.MkdirTemp(parent, t.Name+"-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for %s: %w", t.Name, err)
	}
	s := &scene{dir: dir, tricks: tricks, inodes: map[string]fileID{}, facts: map[string]string{}}
	for name, text := range map[string]string{"secret": secret, "decoy": "a decoy\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, fmt.Errorf("prepare %s: %w", t.Name, err)
		}
	}
	if t.As == "nobody" {
		err = chownAll(dir)
	}
	err = errors.Join(err, os.Chmod(dir, 0o777))
	if t.Setup == "setuid" {
		// Root's own file, and a copy of the trick that runs as root.
		err = errors.Join(err, os.Chown(filepath.Join(dir, "secret"), 0, 0), os.Chmod(filepath.Join(dir, "secret"), 0o600),
			copySetuid(s.program(t), filepath.Join(dir, "helper")))
	}
	for _, name := range []string{"secret", "decoy"} {
		id, err2 := identify(filepath.Join(dir, name))
		err = errors.Join(err, err2)
		s.inodes[name] = id
	}
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", t.Name, err)
	}
	return s, nil
}

// chownAll makes the folder and its files nobody's.
func chownAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, nobody, nobody)
	})
}

// copySetuid copies a program and makes the copy setuid root.
func copySetuid(from, to string) error {
	program, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(to, program, 0o755), os.Chown(to, 0, 0), os.Chmod(to, 0o755|fs.ModeSetuid))
}

// program is the path of a trick's program.
func (s *scene) program(t Trick) string {
	if t.Program != "" {
		return filepath.Join(s.tricks, t.Program)
	}
	return filepath.Join(s.tricks, t.Name)
}

// learn reads what the trick said about itself. A trick need not say anything.
func (s *scene) learn() error {
	facts, err := os.ReadFile(filepath.Join(s.dir, "facts"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read what the trick says: %w", err)
	}
	for line := range bytes.Lines(facts) {
		key, value, _ := strings.Cut(strings.TrimSuffix(string(line), "\n"), "=")
		s.facts[key] = value
	}
	truth, err := os.ReadFile(filepath.Join(s.dir, "truth"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read what the trick opened: %w", err)
	}
	s.truth = strings.Fields(string(truth))
	return nil
}

// expand replaces {dir}, {tricks} and {fact} for each fact.
func (s *scene) expand(text string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	pairs := []string{"{dir}", s.dir, "{tricks}", s.tricks}
	for key, value := range s.facts {
		pairs = append(pairs, "{"+key+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// path is a name expanded and, if it is relative, below the folder.
func (s *scene) path(name string) string {
	name = s.expand(name)
	if filepath.IsAbs(name) {
		return name
	}
	return s.dir + "/" + name
}

func (s *scene) fact(key string) string { return s.facts[key] }
