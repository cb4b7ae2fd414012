package policy

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Verb is the hidden verb of the process that evaluates modules.
const Verb = "__policy"

// Bounds of the evaluating process.
const (
	maxHeader    = 64 << 20  // bytes of the modules and checks of a batch
	maxGrowth    = 256 << 20 // bytes that a module may take beside what was loaded
	hardGrowth   = 2 * maxGrowth
	watchEach    = 2 * time.Millisecond
	exitTooLarge = 3
)

// header goes before the documents, on one line of JSON.
type header struct {
	Now     time.Time `json:"now"`
	Modules []Source  `json:"modules"`
	Sizes   []int     `json:"sizes"` // of the documents, in bytes
	Checks  []Check   `json:"checks"`
}

// numbered is one answer on its way back.
type numbered struct {
	Check  int    `json:"check"` // None: everything is loaded
	Answer Answer `json:"answer"`
}

// Serve is the body of that process: it reads a batch, answers each check on a
// line, and ends. A module that takes too much memory is stopped, and if that does
// not help the process ends itself, with that as its last answer.
func Serve(in io.Reader, out io.Writer) error {
	b, err := readBatch(in)
	if err != nil {
		return err
	}
	debug.SetGCPercent(200)
	e := newEvaluator(b)
	e.load()
	runtime.GC()
	w := &watch{base: heapInUse(), answers: json.NewEncoder(out)}
	debug.SetMemoryLimit(int64(w.base) + maxGrowth*3/4) // from there on garbage is collected before it counts
	limitData(hardGrowth)
	if err := w.answers.Encode(numbered{Check: None}); err != nil {
		return fmt.Errorf("write an answer: %w", err)
	}
	for i := range b.Checks {
		a := w.check(e, i)
		if err := w.answers.Encode(numbered{i, a}); err != nil {
			return fmt.Errorf("write an answer: %w", err)
		}
	}
	return nil
}

func readBatch(in io.Reader) (*Batch, error) {
	r := bufio.NewReaderSize(in, 1<<20)
	line, err := readLine(r, maxHeader)
	if err != nil {
		return nil, fmt.Errorf("read a batch: %w", err)
	}
	var h header
	if err := json.Unmarshal(line, &h); err != nil {
		return nil, fmt.Errorf("read a batch: %w", err)
	}
	b := &Batch{Now: h.Now, Modules: h.Modules, Checks: h.Checks}
	for _, size := range h.Sizes {
		var text bytes.Buffer // grows with what comes, whatever was announced
		if n, err := io.CopyN(&text, r, int64(size)); err != nil || size < 0 {
			return nil, fmt.Errorf("read a document of %d bytes, of which %d came: %w", size, n, errors.Join(io.ErrUnexpectedEOF, err))
		}
		b.Documents = append(b.Documents, text.Bytes())
	}
	return b, b.sound()
}

// sound refuses a batch whose numbers lead nowhere.
func (b *Batch) sound() error {
	for _, c := range b.Checks {
		in := func(n, size int) bool { return n >= 0 && n < size }
		if !in(c.Module, len(b.Modules)) || !in(c.Input, len(b.Documents)) ||
			c.Context != None && !in(c.Context, len(b.Documents)) || c.Schema != None && !in(c.Schema, len(b.Documents)) {
			return fmt.Errorf("read a batch: check %+v asks for what is not there", c)
		}
	}
	return nil
}

func readLine(r *bufio.Reader, most int) (line []byte, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if line = append(line, part...); len(line) > most {
			return nil, fmt.Errorf("a line of more than %d bytes", most)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// A watch ends what takes too much.
type watch struct {
	base    uint64 // bytes of the heap when everything was loaded
	answers *json.Encoder
}

// errMemory is why a module is stopped that takes too much memory, errTime one that
// takes too much time.
var (
	errMemory = errors.New("too much memory")
	errTime   = errors.New("too much time")
)

// check answers one check, watched.
func (w *watch) check(e *evaluator, i int) Answer {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	done, ended := make(chan struct{}), make(chan struct{})
	limit := timeLimit(len(e.batch.Documents[e.batch.Checks[i].Input]))
	go func() { defer close(ended); w.until(done, cancel, limit, i) }()
	a := e.check(ctx, i)
	close(done)
	<-ended
	if errors.Is(context.Cause(ctx), errMemory) {
		runtime.GC()
		return tooLarge()
	}
	return a
}

func tooLarge() Answer {
	return Answer{Err: fmt.Sprintf("the module took more than %d MB of memory beside its input", maxGrowth>>20)}
}

// until cancels a module that takes too much, until it is done. What does not react
// to that ends the process, if it is about memory; time is the parent's to end.
func (w *watch) until(done <-chan struct{}, cancel func(error), limit time.Duration, i int) {
	began, known := cpuTime()
	tick := time.NewTicker(watchEach)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		switch grown := w.growth(heapInUse()); {
		case grown > hardGrowth:
			_ = w.answers.Encode(numbered{i, tooLarge()})
			os.Exit(exitTooLarge)
		case grown > maxGrowth:
			cancel(errMemory)
		}
		if took, _ := cpuTime(); known && took-began > limit {
			cancel(errTime)
		}
	}
}

// growth is how far the heap is above what was loaded, 0 below it.
func (w *watch) growth(inUse uint64) uint64 { return inUse - min(w.base, inUse) }

// heapInUse is what objects take, dead ones that were not swept yet among them.
func heapInUse() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return math.MaxUint64 // the runtime does not tell: nothing may run
	}
	return sample[0].Value.Uint64()
}
