package runner

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// maxOutputLine bounds a line of output that is held in memory. The real runner
// has no bound; the rest of a longer line is read and dropped.
const maxOutputLine = 16 << 20

// execute runs cmd as ProcessInvoker.cs does: standard input is a pipe that is
// closed at once, both outputs are read by the line, and the process counts as
// finished when it has exited and both streams have ended, or DrainWait after the
// exit. The end of ctx is the cancellation.
func (x *run) execute(ctx context.Context, cmd *exec.Cmd, h *handler) (int, error) {
	var readers [2]*os.File
	var writers [2]*os.File
	for i := range readers {
		var err error
		readers[i], writers[i], err = os.Pipe()
		x.must(err)
	}
	stdin, w, err := os.Pipe()
	x.must(err)
	x.must(w.Close())
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, writers[0], writers[1]
	restore := defaultSignals()
	err = cmd.Start()
	restore()
	for _, f := range []*os.File{stdin, writers[0], writers[1]} {
		x.must(f.Close())
	}
	var streams sync.WaitGroup
	for _, r := range readers {
		streams.Go(func() { readLines(r, h.line) })
	}
	if err != nil {
		streams.Wait()
		return -1, err
	}
	finished := x.finished(cmd, &streams)
	select {
	case <-finished:
	case <-ctx.Done():
		x.cancel(cmd.Process, finished)
		<-finished
	}
	for _, r := range readers { // ends the readers if a survivor still writes
		if err := r.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			x.must(err)
		}
	}
	streams.Wait()
	return exitCode(cmd.ProcessState), nil
}

// finished is closed when the process is done in the runner's sense.
func (x *run) finished(cmd *exec.Cmd, streams *sync.WaitGroup) <-chan struct{} {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		streams.Wait()
		close(ended)
	}()
	go func() {
		defer close(done)
		_ = cmd.Wait() // the exit code is in ProcessState
		drain := time.NewTimer(x.o.DrainWait)
		defer drain.Stop()
		select {
		case <-ended:
		case <-drain.C:
		}
	}()
	return done
}

// cancel sends SIGINT, then SIGTERM, to the process alone: never to its group or
// its children. In the end it kills, and on Unix that too reaches the process
// alone (NixKillProcessTree): descendants live until the job's end.
func (x *run) cancel(p *os.Process, finished <-chan struct{}) {
	for _, step := range []struct {
		signal os.Signal
		wait   time.Duration
	}{{interrupt, x.o.SIGINTWait}, {terminate, x.o.SIGTERMWait}} {
		if p.Signal(step.signal) != nil {
			continue // it is gone already, or the system has no such signal
		}
		patience := time.NewTimer(step.wait)
		select {
		case <-finished:
			patience.Stop()
			return
		case <-patience.C:
		}
	}
	_ = p.Kill() // fails only if it is gone
}

// readLines calls line for each line of r; a line ends with LF, CR or CR LF.
func readLines(r io.Reader, line func(string)) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxOutputLine)
	s.Split(splitLine)
	for s.Scan() {
		line(strings.ToValidUTF8(s.Text(), "\uFFFD"))
	}
	_, _ = io.Copy(io.Discard, r) // so that the writer never blocks on us
}

func splitLine(data []byte, atEOF bool) (int, []byte, error) {
	i := bytes.IndexAny(data, "\r\n")
	switch {
	case i < 0 && atEOF && len(data) > 0:
		return len(data), data, nil
	case i < 0:
		return 0, nil, nil
	case data[i] == '\r' && i+1 == len(data) && !atEOF:
		return 0, nil, nil // a line feed may follow
	case data[i] == '\r' && i+1 < len(data) && data[i+1] == '\n':
		return i + 2, data[:i], nil
	}
	return i + 1, data[:i], nil
}
