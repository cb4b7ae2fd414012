// Package ptrace is the sensor for machines where eBPF cannot be used: ptrace(2)
// with a seccomp filter that stops the watched processes on the calls that
// matter and lets every other call run at full speed.
//
// The tracer is neither the parent nor in the process of what it traces. The
// order is: the root allows the tracer (prctl PR_SET_PTRACER, for Yama), the
// tracer calls [Arm], the root installs what [Filter] returns, and then it
// becomes the command. Once the filter is installed a thread that loses its
// tracer gets ENOSYS from each filtered call, so a sensor goes on serving what
// is left of the tree after its Stop, until [Sensor.Done] is closed.
//
// Where to look: the numbers of the system calls numbers_linux.go, which calls
// are watched and under which condition calls_linux.go, the filter
// filter_linux.go, the loop over the stops loop_linux.go, what is made of each
// call opens_linux.go, changes_linux.go, network_linux.go and
// suspicious_linux.go.
package ptrace
