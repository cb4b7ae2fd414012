//go:build amd64 || arm64

package bpf

import (
	"testing"

	"github.com/org/cilock-action/pkg/trace"
)

// pick returns the messages of one kind.
func pick(all []trace.Message, kind trace.Kind) []trace.Message {
	var some []trace.Message
	for _, m := range all {
		if m.Kind == kind {
			some = append(some, m)
		}
	}
	return some
}

func TestEveryProcessStartsAndEndsOnce(t *testing.T) {
	all, account := record(t, "sh", "-c", "true; /bin/true; (exit 3)")
	alive := make(map[int]bool)
	var last trace.Message
	for _, m := range all {
		switch m.Kind {
		case trace.Fork:
			alive[m.PID] = true
		case trace.Exit:
			if !alive[m.PID] {
				t.Errorf("process %d ended, and was not there", m.PID)
			}
			delete(alive, m.PID)
			last = m
		}
	}
	if n := len(pick(all, trace.Fork)); n != 3 || len(alive) != 0 || len(account.Survivors) != 0 {
		t.Errorf("%d processes instead of 3, %v without an end, survivors %v", n, alive, account.Survivors)
	}
	if last.PID != all[0].PID || last.Code != 3 {
		t.Errorf("the last message about an end is %+v, not that of process %d with code 3", last, all[0].PID)
	}
}
