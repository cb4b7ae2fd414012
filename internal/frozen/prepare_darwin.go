package frozen

import "syscall"

// prepare has nothing to do it with here.
func prepare(Preparation) error { return &exError{"prepare for a tracer", syscall.ENOSYS} }
