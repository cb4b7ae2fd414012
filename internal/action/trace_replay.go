package action

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/pkg/trace"
)

// ReplayTrace prints the summary of a stored trace: the file beside the bundle,
// or what `trace` wrote. Root and digest are those that the evidence names.
func ReplayTrace(path string, d Deps) (int, error) {
	// A fifo that nobody writes is empty: to open it would wait, and no signal ends that.
	file, err := os.OpenFile(path, os.O_RDONLY|filetree.NonBlock, 0)
	if err != nil {
		return verdict.ExitMisuse, verdict.Misuse("replay: %w", Advised(err))
	}
	defer file.Close()
	t, err := readTrace(file)
	if err != nil && isBundle(path) {
		err = errors.New("it is a bundle: a small trace is inside it (command-run and trace); replay takes what `cilock trace --out` or a large run wrote")
	}
	if err != nil {
		return verdict.ExitDenied, fmt.Errorf("replay %s: %w", path, err)
	}
	out := QuietSink(d.Stdout)
	for _, line := range append([]string{
		fmt.Sprintf("trace: %d processes, %d opened files", len(t.summary.Processes()), t.summary.Opens()),
		fmt.Sprintf("sha256: %s", t.sha256),
		fmt.Sprintf("root: %s (%d lines)", t.root, t.lines),
	}, summaryLines(t.summary)...) {
		if err := out.Line(line); err != nil {
			return verdict.ExitIO, err
		}
	}
	return verdict.ExitOK, nil
}

// storedTrace is a trace as it was read, and what evidence names it by.
type storedTrace struct {
	summary *trace.Summary
	sha256  string // of the file
	root    string
	lines   int
}

// readTrace reads a stored trace to its end.
func readTrace(r io.Reader) (storedTrace, error) {
	sum, lines, summary := sha256.New(), attest.NewLineTree(), trace.NewSummary(trace.SummaryBounds{})
	whole := io.TeeReader(r, sum)
	plain, err := trace.Decompress(whole)
	if err != nil {
		return storedTrace{}, err
	}
	defer plain.Close()
	if err := trace.Replay(io.TeeReader(plain, lines), summary); err != nil {
		return storedTrace{}, err
	}
	if _, err := io.Copy(io.Discard, whole); err != nil { // what follows the last frame
		return storedTrace{}, err
	}
	t := storedTrace{summary: summary, sha256: hex.EncodeToString(sum.Sum(nil))}
	t.root, t.lines = lines.Root()
	return t, nil
}

// summaryLines are one line for each process, and one for each thing it did but
// opens, which are counted.
func summaryLines(s *trace.Summary) (lines []string) {
	for _, p := range s.Processes() {
		end := "became another program"
		switch {
		case p.Signal != 0:
			end = fmt.Sprintf("killed by signal %d", p.Signal)
		case p.Exited:
			end = fmt.Sprintf("exit code %d", p.Code)
		case p.End.IsZero():
			end = "no end"
		}
		lines = append(lines, fmt.Sprintf("process %d of %d: %s: %d files, %s: %s",
			p.PID, p.Parent, cmp.Or(p.Script, p.Program, p.Comm), len(s.Files(p)), end, strings.Join(p.Args, " ")))
		for _, r := range p.Reaches {
			lines = append(lines, fmt.Sprintf("  %s %s %s %s port %d", r.Op, r.Family, r.Protocol, r.Address, r.Port))
		}
		for _, l := range p.Lookups {
			lines = append(lines, fmt.Sprintf("  %s %s %s", l.Op, strings.Join(l.Names, " "), strings.Join(l.Answers, " ")))
		}
		for _, c := range p.Calls {
			lines = append(lines, fmt.Sprintf("  call %s %s", c.Op, c.Target))
		}
		for _, f := range s.Peeks(p) {
			lines = append(lines, "  call open "+f.Path)
		}
		for _, c := range p.Changes {
			lines = append(lines, strings.TrimRight(fmt.Sprintf("  %s %s %s", c.Op, c.Path, c.Target), " "))
		}
	}
	return lines
}

// isBundle reports whether a file is evidence, which is taken for a trace easily.
func isBundle(path string) bool {
	data, err := readInput(path, attest.MaxBundleSize)
	if err != nil {
		return false
	}
	_, err = attest.ParseBundle(data)
	return err == nil
}
