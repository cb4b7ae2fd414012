package action

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/org/cilock-action/internal/step"
)

// cancelBudget is how long after the first cancel signal collectors may still
// work. The runner sends SIGINT, SIGTERM 7.5 s later and kills 2.5 s after
// that (actions/runner v2.336.0); evidence is to be on disk after 6 s, and what
// follows the collectors needs the rest.
const cancelBudget = 4800 * time.Millisecond

// interrupts stands between the process's signals and the step: it remembers
// the first signal that asked us to stop, passes all of them on, and ends
// contexts by it.
type interrupts struct {
	toStep chan os.Signal
	done   chan struct{}
	budget time.Duration

	mu     sync.Mutex
	first  string
	onStop []func()
}

func watchInterrupts(in <-chan os.Signal, budget time.Duration) *interrupts {
	i := &interrupts{toStep: make(chan os.Signal, 16), done: make(chan struct{}), budget: budget}
	go i.run(in)
	return i
}

func (i *interrupts) run(in <-chan os.Signal) {
	for {
		select {
		case <-i.done:
			return
		case sig := <-in:
			i.note(sig)
			select {
			case i.toStep <- sig:
			default: // nobody has read sixteen signals: the step is over
			}
		}
	}
}

// replay passes on signals that came before anybody watched.
func (i *interrupts) replay(early []os.Signal) {
	for _, sig := range early {
		i.note(sig)
		select {
		case i.toStep <- sig:
		default:
		}
	}
}

// untilSignal runs f with a context that ends at the first cancel signal, and
// returns the signals that came meanwhile, for replay.
func untilSignal(ctx context.Context, in <-chan os.Signal, f func(context.Context)) (early []os.Signal) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(ctx)
	}()
	for {
		select {
		case <-done:
			return early
		case sig := <-in:
			early = append(early, sig)
			if _, ok := step.Cancels(sig); ok {
				cancel()
			}
		}
	}
}

func (i *interrupts) note(sig os.Signal) {
	name, ok := step.Cancels(sig)
	if !ok {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.first != "" {
		return
	}
	i.first = name
	for _, f := range i.onStop {
		f()
	}
}

// cancelled is the name of the first cancel signal, or empty.
func (i *interrupts) cancelled() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.first
}

// signalled returns a channel that is closed at the first cancel signal.
func (i *interrupts) signalled() <-chan struct{} {
	c := make(chan struct{})
	i.atStop(func() { close(c) })
	return c
}

// now returns a context that ends with the first cancel signal.
func (i *interrupts) now(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	i.atStop(cancel)
	return ctx, cancel
}

// withBudget returns a context that ends when the budget after the first
// cancel signal is used up.
func (i *interrupts) withBudget(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	i.atStop(func() { time.AfterFunc(i.budget, cancel) })
	return ctx, cancel
}

// atStop calls f at the first cancel signal, at once if it has been.
func (i *interrupts) atStop(f func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.first != "" {
		f()
		return
	}
	i.onStop = append(i.onStop, f)
}

func (i *interrupts) close() { close(i.done) }
