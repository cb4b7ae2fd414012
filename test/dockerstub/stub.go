// Package dockerstub is a stand-in for the docker client, for tests of what runs
// container actions. It starts no container: it writes down what it was asked
// for, and answers version, info, pull, build, image inspect, run and rm as the
// real client does, with what the test wants to hear.
//
//	stub := dockerstub.Install(t, dockerstub.Answers{Runs: []dockerstub.Run{{ExitCode: 3}}})
//	t.Setenv("PATH", stub.Dir+string(os.PathListSeparator)+os.Getenv("PATH"))
//	...
//	for _, call := range stub.Calls(t) { ... }
//
// A script test has no testing.TB at hand: Place and Read are the same for it.
// Answers and records are files beside the program, so that neither depends on
// the environment that the client is started with.
package dockerstub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/org/cilock-action/test/buildcache"
)

// Answers are what the stand-in says. The zero value is an engine that pulls,
// builds and runs everything with success.
type Answers struct {
	NoEngine   bool   // no engine answers: every command fails, as the client's do
	FailPulls  int    // so many pulls fail before one succeeds
	FailBuild  int    // exit code of build
	ID         string // of every image; empty: sha256: and 64 times 1
	Digest     string // of every image that was pulled; empty: sha256: and 64 times 2
	Runs       []Run  // the first run has the first answer, and so on; the last one counts for all further ones
	Inspection string // the whole answer of inspect, if it is to be another
}

// Run is how one container ends.
type Run struct {
	ExitCode       int
	Stdout, Stderr string
	// Write has texts that are added to files of the container, by their paths
	// there, after it printed: what an action writes to $GITHUB_OUTPUT. A name
	// that begins with $ is a variable of the container that has the path.
	Write map[string]string
	// Hold makes the container print "holding" and run until the client is told
	// to end by SIGINT or SIGTERM, which becomes a second Call.
	Hold bool
}

// Call is one call of the client.
type Call struct {
	Args   []string
	Env    []string // the whole environment of the client
	Dir    string   // the working folder
	Signal string   `json:",omitempty"` // what a run that holds was told, as "interrupt"
}

// Files in the folder of the stand-in, beside the program.
const (
	AnswersFile = "answers.json"
	CallsFile   = "calls.jsonl"
)

// Stub is an installed stand-in.
type Stub struct {
	Dir  string // to be put before PATH
	Path string // of the program
}

// Install puts the stand-in into a new folder.
func Install(t testing.TB, a Answers) Stub {
	t.Helper()
	stub := Stub{Dir: t.TempDir()}
	path, err := Place(t.Context(), stub.Dir, a)
	if err != nil {
		t.Fatal(err)
	}
	stub.Path = path
	return stub
}

// Calls returns what the stand-in was asked for, in order.
func (s Stub) Calls(t testing.TB) []Call {
	t.Helper()
	calls, err := Read(s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	return calls
}

// Place puts the program into a folder and returns its path.
func Place(ctx context.Context, dir string, a Answers) (string, error) {
	_, here, _, ok := runtime.Caller(0)
	if !ok {
		return "", errors.New("build the stand-in for docker: its source is not known")
	}
	built, err := buildcache.Build(ctx, buildcache.Program{Name: "dockerstub", Dir: filepath.Dir(here), Package: "./docker"})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "docker")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	if err := place(built, path); err != nil {
		return "", fmt.Errorf("place the stand-in for docker: %w", err)
	}
	answers, err := json.Marshal(a)
	if err != nil {
		return "", fmt.Errorf("write the answers of docker: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, AnswersFile), answers, 0o644); err != nil {
		return "", fmt.Errorf("write the answers of docker: %w", err)
	}
	return path, nil
}

// place makes a file of its own, since the program finds the others beside it. A
// link is better than a copy: Linux does not start a program while anybody has
// it open for writing, as a child that another test forks meanwhile has.
func place(built, path string) error {
	if err := os.Link(built, path); err == nil {
		return nil
	}
	program, err := os.ReadFile(built)
	if err != nil {
		return err
	}
	return os.WriteFile(path, program, 0o755)
}

// Read returns what the stand-in in a folder was asked for.
func Read(dir string) ([]Call, error) {
	data, err := os.ReadFile(filepath.Join(dir, CallsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the calls of docker: %w", err)
	}
	var calls []Call
	for d := json.NewDecoder(bytes.NewReader(data)); d.More(); {
		var c Call
		if err := d.Decode(&c); err != nil {
			return nil, fmt.Errorf("read the calls of docker: %w", err)
		}
		calls = append(calls, c)
	}
	return calls, nil
}
