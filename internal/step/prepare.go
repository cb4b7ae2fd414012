package step

import (
	"errors"
	"fmt"

	"github.com/org/cilock-action/internal/frozen"
)

// Prepare has the frozen process do what a tracer needs of it, see
// [frozen.Preparation]. It is called between Start and Thaw, by one goroutine
// at a time; an error leaves the process as it was, frozen.
func (p *Process) Prepare(what frozen.Preparation) error {
	if p.over || !p.begun.IsZero() {
		return errors.New("prepare the frozen process: it is not frozen any more")
	}
	if err := p.child.prepare(what); err != nil {
		return fmt.Errorf("prepare the frozen process: %w", err)
	}
	return nil
}

// LeaveOut says that the process pid, a child of ours in a group of its own, is
// a helper and not something that the command left behind. It is called between
// Start and Thaw.
func (p *Process) LeaveOut(pid int) { p.family.leaveOut(pid) }
