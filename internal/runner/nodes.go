package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// NodeFinder looks for the Node programs that actions are run with.
type NodeFinder struct {
	Proc   string // the /proc file system; empty: /proc
	Parent int    // process from which the runner's is looked for, upwards
	PATH   string
	Exts   []string // folders of externals to look in before; for tests and containers
}

// Nodes are the values of runs.using that the runner knows (Constants.cs).
func Nodes() []string { return []string{"node12", "node16", "node20", "node24"} }

// Find returns the program for a runs.using such as node20. The runner's own
// comes first, never the one on PATH, which a step may have changed. It ships few
// versions, and runs older actions with the next newer one (Constants.cs,
// NodeUtil.cs). A notice says when it had to be the one on PATH.
func (n NodeFinder) Find(using string) (program, notice string, err error) {
	want, err := strconv.Atoi(strings.TrimPrefix(using, kindNode))
	if err != nil {
		return "", "", fmt.Errorf("runs.using %q names no version of Node", using)
	}
	for _, dir := range n.externals() {
		if program := nodeIn(dir, want); program != "" {
			return program, "", nil
		}
	}
	program, err = which(kindNode, n.PATH)
	if err != nil {
		return "", "", fmt.Errorf("there is no %s here: no runner's own above this process, and no node on PATH", using)
	}
	return program, fmt.Sprintf("%s: the runner's own is not here, so node on PATH is used (%s), whatever its version is", using, program), nil
}

// externals are the folders in which a runner keeps its Nodes: beside the worker
// that started us, or where it is mounted in a job's container.
func (n NodeFinder) externals() []string {
	dirs := n.Exts
	if worker := n.worker(); worker != "" {
		dirs = append(dirs, filepath.Join(filepath.Dir(filepath.Dir(worker)), "externals"))
	}
	return append(dirs, "/__e")
}

// maxAncestors bounds the way up.
const maxAncestors = 100

// worker is the program of the nearest process above us that is the runner's.
func (n NodeFinder) worker() string {
	proc := n.Proc
	if proc == "" {
		proc = "/proc"
	}
	pid := n.Parent
	for range maxAncestors {
		if pid <= 1 {
			return ""
		}
		dir := filepath.Join(proc, strconv.Itoa(pid))
		if exe, err := os.Readlink(filepath.Join(dir, "exe")); err == nil && filepath.Base(exe) == "Runner.Worker" {
			return exe
		}
		stat, err := os.ReadFile(filepath.Join(dir, "stat"))
		if err != nil {
			return ""
		}
		// PID (COMM) STATE PPID: the name may hold anything, its end is the last ).
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if len(fields) < 2 {
			return ""
		}
		if pid, err = strconv.Atoi(fields[1]); err != nil {
			return ""
		}
	}
	return ""
}

// nodeIn is the version wanted in a folder of externals, else the next newer one.
func nodeIn(dir string, want int) string {
	const newest = 99
	suffixes := []string{"", "_alpine"}
	if _, err := os.Stat("/etc/alpine-release"); err == nil {
		suffixes = []string{"_alpine", ""}
	}
	name := filepath.Join("bin", "node")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	for version := want; version <= newest; version++ {
		for _, suffix := range suffixes {
			path := filepath.Join(dir, kindNode+strconv.Itoa(version)+suffix, name)
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				return path
			}
		}
	}
	return ""
}
