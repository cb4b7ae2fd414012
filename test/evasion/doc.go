// Command evasion runs programs that try to escape the behaviour sensors, and
// prints what was seen of each:
//
//	go run ./test/evasion [-backend ebpf,ptrace] [-only REGEXP] [-v]
//	go run ./test/evasion -build FOLDER
//	evasion -cilock FILE -tricks FOLDER
//
// Each trick is one small C program in testdata, or a Go one where Go is the
// point. It proves to itself that it worked, so that "not seen" is never "did
// not happen": exit code 0 if it did, 77 if this kernel refused it, with the
// error. Every trick runs in a fresh folder under each backend, and
// untraced where it does not work so.
//
// The table of tricks says what must appear and how well, see [Grade]. The exit
// code is 1 if anything appeared less well than the table says, if a limit
// that the table knows is not among those that the sensor states, or if the
// account of the trace does not add up. What is seen better than the table says
// is printed as such and is no failure: the table is to be corrected then.
//
// The second form builds the programs, static where that is possible, and the
// third runs with what was built, in a virtual machine that has nothing but a
// kernel and busybox.
package main
