package action

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/org/cilock-action/pkg/attest"
)

// fakeCollector does what a test wants of one.
type fakeCollector struct {
	name  string
	start func() (Stop, error)
}

func (f fakeCollector) Name() string                                { return f.name }
func (f fakeCollector) Start(context.Context, Target) (Stop, error) { return f.start() }

// TestCollectorsFail: whatever a collector does, the others go on, and its own
// row says what became of it.
func TestCollectorsFail(t *testing.T) {
	stop := func(err error) func() (Stop, error) {
		return func() (Stop, error) {
			return func(context.Context, Step) (Section, error) { return Section{Type: "t", Body: 1}, err }, nil
		}
	}
	list := []collector{
		{fakeCollector{"good", stop(nil)}, true},
		{fakeCollector{"off", nil}, false},
		{fakeCollector{"panics at start", func() (Stop, error) { panic("start") }}, true},
		{fakeCollector{"panics at stop", func() (Stop, error) {
			return func(context.Context, Step) (Section, error) { panic("stop") }, nil
		}}, true},
		{fakeCollector{"fails at start", func() (Stop, error) { return nil, errors.New("no") }}, true},
		{fakeCollector{"fails at stop", stop(errors.New("no"))}, true},
		{fakeCollector{"nothing here", func() (Stop, error) { return nil, &NotApplicable{"nothing"} }}, true},
	}
	want := []string{
		attest.StateRan, attest.StateOff, attest.StateFailed, attest.StateFailed,
		attest.StateFailed, attest.StateFailed, attest.StateNotApplicable,
	}
	d := Deps{Now: time.Now}
	ints := watchInterrupts(nil, time.Minute)
	defer ints.close()
	rows := make([]Row, len(list))
	stops := startAll(t.Context(), ints, list, Target{}, rows, d)
	stopAll(t.Context(), stops, Step{Started: true}, rows, d)
	for i, row := range rows {
		if row.State != want[i] || row.Name != list[i].Name() {
			t.Errorf("%s: state %q (%s), want %q", list[i].Name(), row.State, row.Reason, want[i])
		}
	}
	if rows[0].Section.Body != 1 {
		t.Errorf("the good one lost its section: %+v", rows[0])
	}
}

// TestCollectorsStopAtCancel: the first cancel signal ends the contexts of
// Start at once, and those of Stop when the budget is used up.
func TestCollectorsStopAtCancel(t *testing.T) {
	signals := make(chan os.Signal, 1)
	ints := watchInterrupts(signals, time.Nanosecond)
	defer ints.close()
	start, cancel := ints.now(t.Context())
	defer cancel()
	stop, cancel := ints.withBudget(t.Context())
	defer cancel()
	signals <- os.Interrupt
	<-start.Done()
	<-stop.Done()
	if got := ints.cancelled(); got != "SIGINT" {
		t.Errorf("cancelled by %q", got)
	}
	if got := <-ints.toStep; got != os.Interrupt {
		t.Errorf("the step got %v", got)
	}
	late, cancel := ints.now(t.Context())
	defer cancel()
	<-late.Done() // a context that is asked for later is over at once
}
