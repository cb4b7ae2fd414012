package step

import "os"

// awaitEnd returns when p has ended. Here it also reaps: waitid with WNOWAIT
// returns for stopped processes too. os.Process remembers and does not signal
// a PID that is gone; a group is signalled at the risk of a few microseconds.
func awaitEnd(p *os.Process) *os.ProcessState {
	st, _ := p.Wait()
	return st
}

func growPipe(*os.File) {}
