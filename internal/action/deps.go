package action

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/org/cilock-action/internal/sink"
)

// Deps is the world: everything that Run may touch. cmd/action passes the real
// one, tests pass theirs.
type Deps struct {
	Stdin, Stdout, Stderr *os.File
	// Environ is our own environment at start, KEY=VALUE.
	Environ []string
	// Signals are the signals sent to us. The step gets them; SIGINT, SIGTERM
	// and SIGHUP also start the cancel budget.
	Signals <-chan os.Signal
	// Sink prints. It is never nil.
	Sink *sink.Sink
	// Self is the executable that is started as `__exec`; empty means our own.
	Self string
	// Tracer is the program that is started as `__tracer`, by its path: sudo
	// cannot start one that has none. Empty: nothing can be traced.
	Tracer string
	// TempDir holds spool files and key material for the length of the run.
	TempDir string
	// Now is the clock of the evidence, in UTC.
	Now func() time.Time
	// IDToken fetches an OIDC token of the job, or is nil outside Actions.
	IDToken func(ctx context.Context, audience string) (string, error)
}

// Getenv looks a name up in our own environment.
func (d Deps) Getenv(name string) string {
	return getenv(d.Environ)(name)
}

// QuietSink prints facts to w and knows of no runner: for callers that are not
// an action.
func QuietSink(w io.Writer) *sink.Sink {
	return sink.New(sink.Options{Writer: w, Getenv: func(string) string { return "" }})
}
