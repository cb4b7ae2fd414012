package main

import (
	"context"
	"os"
	"time"

	"github.com/org/cilock-action/internal/step"
)

// cancelGrace is how long what runs may take to end after a cancel signal. The
// runner kills 7.5 s after its first one.
const cancelGrace = 5 * time.Second

// untilCancelled runs f with a context that ends with the first cancel signal,
// and returns that signal's name, or nothing if f ended without one. Work that
// does not end with its context is left behind after cancelGrace, or at the
// next signal.
func untilCancelled(ctx context.Context, signals <-chan os.Signal, f func(context.Context)) (cancelled string) {
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
			return ""
		case sig := <-signals:
			name, ok := step.Cancels(sig)
			if !ok {
				continue
			}
			cancel()
			select {
			case <-done:
			case <-signals:
			case <-time.After(cancelGrace):
			}
			return name
		}
	}
}
