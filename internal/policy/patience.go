package policy

import (
	"errors"
	"fmt"
	"time"
)

// compileTime is how much of a processor's time all modules of a document may take
// to be compiled: a thousand of the usual size take two seconds.
const compileTime = 10 * time.Second

// patience bounds what compiling takes. OPA's compiler cannot be stopped, and its
// types grow with the power of how often rules and variables name one another: forty
// short lines take days, and all memory.
type patience struct {
	left time.Duration
	over error // why nothing more is compiled
}

func newPatience() *patience { return &patience{left: compileTime} }

// within runs f, and gives up on it when it takes too much. What it has given up on
// goes on until the process ends, which a refused policy is near.
func (p *patience) within(f func() error) error {
	if p.over != nil {
		return p.over
	}
	done := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil { // a library's, on hostile text
				done <- fmt.Errorf("compiling it panicked: %v", r)
			}
		}()
		done <- f()
	}()
	w := watch{base: heapInUse()}
	took := spent()
	tick := time.NewTicker(watchEach)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			p.left -= took()
			return err
		case <-tick.C:
		}
		switch {
		case w.growth(heapInUse()) > maxGrowth:
			p.over = fmt.Errorf("compiling it takes more than %d MB of memory", maxGrowth>>20)
		case took() > p.left:
			p.over = fmt.Errorf("it did not compile within the %s that all modules have together", compileTime)
		default:
			continue
		}
		err := p.over
		p.over = errors.New("not compiled, since an earlier module took too much")
		return err
	}
}

// spent tells how much of the processors' time has gone by since, or a part of the
// clock's where the system does not tell.
func spent() func() time.Duration {
	cpu, known := cpuTime()
	began := time.Now()
	return func() time.Duration {
		if now, _ := cpuTime(); known {
			return now - cpu
		}
		return time.Since(began) / busy
	}
}
