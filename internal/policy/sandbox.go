package policy

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

const (
	maxAnswer = 4 << 20                // bytes of one answer on its line
	grace     = 3 * time.Second        // beside what a module may take
	loadPerMB = 400 * time.Millisecond // to load documents on a busy machine
	loadBase  = 30 * time.Second
)

// A Sandbox evaluates batches in a process of their own, whose memory and time are
// bounded: a module is signed, and may be wrong all the same.
type Sandbox struct {
	// Command is this program with Verb as its argument.
	Command func(ctx context.Context) *exec.Cmd
}

// Evaluate answers every check of b. A check that could not be answered has an
// error as its answer.
func (s Sandbox) Evaluate(ctx context.Context, b *Batch) []Answer {
	answers := make([]Answer, len(b.Checks))
	if len(b.Checks) == 0 {
		return answers
	}
	n, err := s.run(ctx, b, answers)
	for i := n; i < len(answers); i++ {
		switch {
		case err == nil:
			answers[i].Err = "the evaluating process ended without an answer"
		case i == n:
			answers[i].Err = err.Error()
		default:
			answers[i].Err = "not evaluated: the evaluating process was ended by another module"
		}
	}
	return answers
}

// run returns how many answers came, from the first on without a gap.
func (s Sandbox) run(ctx context.Context, b *Batch, answers []Answer) (n int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := s.Command(ctx)
	var complaint bytes.Buffer
	cmd.Stderr = &bounded{to: &complaint, left: 4 << 10}
	cmd.WaitDelay = grace
	in, err := cmd.StdinPipe()
	if err != nil {
		return 0, fmt.Errorf("start the evaluating process: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, fmt.Errorf("start the evaluating process: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start the evaluating process: %w", err)
	}
	go func() {
		_ = b.write(in) // a process that does not read does not answer either
		in.Close()
	}()
	n, err = collect(out, b, answers, cancel)
	cancel() // it has nothing more to do
	_ = cmd.Wait()
	if err != nil && bytes.Contains(complaint.Bytes(), []byte("out of memory")) {
		err = errors.New(tooLarge().Err)
	}
	return n, err
}

// collect reads the answers, each within its time.
func collect(out io.Reader, b *Batch, answers []Answer, kill func()) (n int, err error) {
	size := 0
	for _, d := range b.Documents {
		size += len(d)
	}
	timer := time.AfterFunc(loadBase+time.Duration(float64(loadPerMB)*float64(size)/1e6), kill)
	defer timer.Stop()
	r := bufio.NewReaderSize(out, 64<<10)
	for next := None; next < len(answers); next++ {
		line, err := readLine(r, maxAnswer)
		if !timer.Stop() {
			return max(next, 0), errors.New("the module did not end in time")
		}
		var a numbered
		if err != nil || json.Unmarshal(line, &a) != nil || a.Check != next {
			return max(next, 0), errors.New("the evaluating process ended: " + endOf(err))
		}
		if next != None {
			answers[next] = a.Answer
		}
		if next+1 < len(b.Checks) {
			timer.Reset(busy*timeLimit(len(b.Documents[b.Checks[next+1].Input])) + grace)
		}
	}
	return len(answers), nil
}

func endOf(err error) string {
	if err == nil || errors.Is(err, io.EOF) {
		return "no answer came"
	}
	return err.Error()
}

// write sends a batch: a line, then the documents one after another.
func (b *Batch) write(w io.Writer) error {
	h := header{Now: b.Now, Modules: b.Modules, Checks: b.Checks, Sizes: []int{}}
	for _, d := range b.Documents {
		h.Sizes = append(h.Sizes, len(d))
	}
	line, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if _, err := w.Write(append(line, '\n')); err != nil {
		return err
	}
	for _, d := range b.Documents {
		if _, err := w.Write(d); err != nil {
			return err
		}
	}
	return nil
}

// bounded keeps the first bytes of what is written.
type bounded struct {
	to   io.Writer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	if keep := p[:min(len(p), b.left)]; len(keep) > 0 {
		b.left -= len(keep)
		if _, err := b.to.Write(keep); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}
