//go:build linux || darwin

package step

import (
	"time"

	"github.com/org/cilock-action/internal/frozen"
)

// prepare asks for a preparation and waits for the answer, which is one line.
func (c *child) prepare(what frozen.Preparation) error {
	m, err := frozen.PrepareMessage(what)
	if err != nil {
		return err
	}
	if err := c.socket.SetDeadline(time.Now().Add(c.ready)); err != nil {
		return err
	}
	if _, err := c.socket.Write(m); err != nil {
		return err
	}
	said := make([]byte, 0, 64)
	for one := make([]byte, 1); len(said) < frozen.MaxOutcome; {
		if _, err := c.socket.Read(one); err != nil {
			return err
		}
		if said = append(said, one[0]); one[0] == '\n' {
			break
		}
	}
	return frozen.ParseAnswer(string(said))
}
