package gitleaks

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	size = flag.Int("size", 5, "compare on this many `MB` of public text")
	skip = flag.Int("skip", 0, "leave out the first `MB` of it")

	samples = flag.Int("samples", 10, "texts that are made for each `rule`")
	seed    = flag.Uint64("seed", 1, "of the samples")
)

// piece is a part of a file that ends where a line does.
type piece struct {
	name string
	text []byte
}

const (
	pieceSize = 64 << 10
	perFile   = 1 << 20 // of one file, so that no generated one takes all the room
)

// TestSameAsGitleaks compares, piece by piece, in both directions.
func TestSameAsGitleaks(t *testing.T) {
	pieces := make(chan piece)
	var bytesRead int
	go func() {
		defer close(pieces)
		bytesRead = publicText(t, *skip<<20, *size<<20, pieces)
	}()
	var (
		mu                 sync.Mutex
		both, onlyA, onlyB int
		cpuTheirs, cpuOurs time.Duration
		byRule, files      = map[string]int{}, 0
	)
	s := scanner(t)
	var wait sync.WaitGroup
	for range runtime.NumCPU() {
		wait.Go(func() {
			d := detector(t)
			for p := range pieces {
				start := time.Now()
				want := theirs(d, p.text)
				middle := time.Now()
				got, full := ours(s, p.text)
				end := time.Now()
				mu.Lock()
				files++
				cpuTheirs, cpuOurs = cpuTheirs+middle.Sub(start), cpuOurs+end.Sub(middle)
				for w := range want {
					switch {
					case got[w]:
						both++
						byRule[w.rule]++
					case !full[w.rule]:
						onlyA++
						t.Errorf("only Gitleaks: %s: %s: %q", p.name, w.rule, w.secret)
					}
				}
				for g := range got {
					if !want[g] {
						onlyB++
						t.Errorf("only ours: %s: %s: %q", p.name, g.rule, g.secret)
					}
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	t.Logf("%.1f MB in %d pieces: %d findings the same, %d only Gitleaks', %d only ours; %.1fs and %.2fs, ratio %.0f",
		float64(bytesRead)/1e6, files, both, onlyA, onlyB, cpuTheirs.Seconds(), cpuOurs.Seconds(), cpuTheirs.Seconds()/cpuOurs.Seconds())
	for _, rule := range slices.Sorted(keys(byRule)) {
		t.Logf("%6d %s", byRule[rule], rule)
	}
	switch {
	case bytesRead == 0:
		t.Error("there is no public text to compare on")
	case bytesRead < *size<<20:
		t.Log("there was no more public text than that")
	}
}

func keys(m map[string]int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// publicText sends the text of the module cache and /usr/share, alternating between the two, and returns how many bytes
// it sent. Binary files are left out.
func publicText(t *testing.T, skip, size int, pieces chan<- piece) int {
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Error(err)
		return 0
	}
	var trees []<-chan string
	done := make(chan struct{})
	defer close(done)
	for _, root := range []string{strings.TrimSpace(string(out)), "/usr/share"} {
		trees = append(trees, files(root, done))
	}
	sent := 0
	for open := true; open && sent < size; {
		open = false
		for _, tree := range trees {
			name, ok := <-tree
			if open = open || ok; !ok || sent >= size {
				continue
			}
			text, err := readText(name)
			if err != nil {
				continue // what cannot be read is not public
			}
			if skip > 0 {
				skip -= len(text)
				continue
			}
			for i, p := range split(text) {
				pieces <- piece{fmt.Sprintf("%s#%d", name, i), p}
				sent += len(p)
			}
		}
	}
	return sent
}

// files walks a tree until done.
func files(root string, done <-chan struct{}) <-chan string {
	names := make(chan string)
	go func() {
		defer close(names)
		_ = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return nil // go on with what can be read
			}
			select {
			case names <- name:
				return nil
			case <-done:
				return fs.SkipAll
			}
		})
	}()
	return names
}

func readText(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, perFile))
	if err == nil && bytes.IndexByte(text, 0) >= 0 {
		return nil, fmt.Errorf("%s is binary", name)
	}
	return text, err
}

// split cuts a text at line ends. Each piece ends with one: Gitleaks takes everything before a last line without an end
// for a part of that line.
func split(text []byte) (pieces [][]byte) {
	for len(text) > 0 {
		end := min(pieceSize, len(text))
		if i := bytes.LastIndexByte(text[:end], '\n'); i >= 0 {
			end = i + 1
		}
		piece := text[:end:end]
		if piece[len(piece)-1] != '\n' {
			piece = append(slices.Clone(piece), '\n')
		}
		pieces, text = append(pieces, piece), text[end:]
	}
	return pieces
}
