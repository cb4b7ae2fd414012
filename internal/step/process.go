package step

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Process is a command between its start and its end. Its methods are for one
// goroutine.
type Process struct {
	cmd      Command
	where    placement
	child    *child
	family   *family
	terminal *terminal // nil if the command gets no terminal
	streams  []*stream
	evidence []*evidence // of each stream, until the streams run
	theirs   []*os.File  // the command's ends, ours to close
	unguard  func()

	begun  time.Time // zero until thawed
	over   bool      // waited for or abandoned
	gaps   []string
	thawed error // why Thaw failed
}

// Start makes the process that will be the command. It exists, is waited for
// by nobody else, and has not exec'd; where that is impossible
// (frozen.Supported) it does not exist before Thaw.
//
// ctx bounds only the start. An error means that our part failed, a working
// directory that cannot be entered included; that the command itself cannot be
// executed is not known before Thaw, and is a [Result].
func Start(ctx context.Context, c Command) (*Process, error) {
	if len(c.Args) == 0 {
		return nil, errors.New("start step: no command")
	}
	p := &Process{cmd: c.withDefaults()}
	files, err := p.open()
	if err == nil {
		p.family = newFamily()
		p.child, err = newChild(ctx, &p.cmd, files, p.where)
	}
	if err != nil {
		p.release()
		return nil, fmt.Errorf("start step: %w", err)
	}
	p.unguard = guardWrites()
	return p, nil
}

// open makes the command's descriptors 0, 1 and 2, and our streams.
func (p *Process) open() (files [3]*os.File, err error) {
	c := &p.cmd
	files[0] = c.Stdin
	if files[0] == nil {
		if files[0], err = os.Open(os.DevNull); err != nil {
			return files, fmt.Errorf("open an empty input: %w", err)
		}
		p.theirs = append(p.theirs, files[0])
	}
	p.where = choosePlacement(c.Stdin)
	if out, ok := c.Stdout.(*os.File); ok && isTerminal(out) {
		if p.terminal, err = openTerminal(c.Stdin, out); err != nil {
			p.gaps = append(p.gaps, "the command got no terminal: "+err.Error())
		} else {
			p.where = placement{session: true}
			files[1] = p.terminal.slave
			p.add("terminal", p.terminal.master, c.Stdout)
			if p.terminal.in != nil {
				files[0] = p.terminal.slave
			}
			if isTerminal(c.Stderr) {
				files[2] = p.terminal.slave
			}
		}
	}
	for i, s := range []struct {
		name string
		dst  io.Writer
	}{{"stdout", c.Stdout}, {"stderr", c.Stderr}} {
		if files[i+1] != nil {
			continue
		}
		r, w, err := os.Pipe()
		if err != nil {
			return files, fmt.Errorf("open a pipe for %s: %w", s.name, err)
		}
		growPipe(w)
		p.theirs = append(p.theirs, w)
		files[i+1] = w
		p.add(s.name, r, s.dst)
	}
	return files, nil
}

func (p *Process) add(name string, src *os.File, dst io.Writer) {
	p.streams = append(p.streams, newStream(name, src, dst))
	p.evidence = append(p.evidence, newEvidence(&p.cmd, name))
}

// PID is that of the command, before and after its exec. It is 0 before Thaw
// where a process cannot be frozen.
func (p *Process) PID() int { return p.child.pid() }

// Thaw lets the process become the command. An error means that it could not
// be told to; Wait says so too, and must be called in any case. Whether the
// exec worked is in Wait's result.
func (p *Process) Thaw() error {
	if p.begun.IsZero() && !p.over {
		p.begun = p.cmd.Now().UTC()
		for i, s := range p.streams {
			s.run(p.evidence[i])
		}
		p.evidence = nil
		if p.terminal != nil {
			if err := p.terminal.attach(); err != nil {
				p.gaps = append(p.gaps, err.Error())
			}
		}
		p.thawed = p.child.thaw()
		p.closeTheirs()
	}
	return p.thawed
}

// Abandon ends a process that must not become the command, and removes what was
// made for it. It does nothing after Thaw.
func (p *Process) Abandon() {
	if p.over || !p.begun.IsZero() {
		return
	}
	p.over = true
	p.child.abandon()
	p.release()
}

// release frees what belongs to a process that never ran.
func (p *Process) release() {
	p.closeTheirs()
	for i, s := range p.streams {
		s.src.Close()
		p.evidence[i].discard()
	}
	if p.terminal != nil {
		p.terminal.hangUp()
	}
	if p.family != nil {
		p.family.close()
	}
	if p.unguard != nil {
		p.unguard()
	}
}

// closeTheirs closes our copies of the command's ends, so that the end of its
// output can be seen. Where the process starts with Thaw they must live as long.
func (p *Process) closeTheirs() {
	for _, f := range p.theirs {
		f.Close()
	}
	p.theirs = nil
}
