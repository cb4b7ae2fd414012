// Package frozen is the child's side of a frozen start: a process that exists
// and has a PID, and becomes the wrapped command only when it is told to.
//
// A program that imports this package can re-execute itself with the argument
// vector of [Arguments] and one end of a unix socket as descriptor [FD]. The
// init function of this package then takes the process over: it says [Ready],
// blocks on the socket for a [Message], and execs the command under the same
// PID. The importing program's own main never runs there.
//
// The package has an init function, and imports next to nothing, on purpose:
// packages are initialised in the order of their import paths as soon as what
// they import is ready, so this one comes long before the heavy libraries of
// the real binary (measured: 25 ms of initialisation that the step would
// otherwise pay for).
//
// # The socket
//
// Parent to child, once: 'G', the length of the rest as 4 bytes big-endian, the
// number of arguments as 4 bytes big-endian, then the arguments and the
// environment, each string ended by a NUL. Arguments and environment travel
// here and not through the child's own start, because the Go runtime drops
// duplicate names from an environment, GODEBUG or LD_PRELOAD meant for the step
// must not touch the child before it is the step, and an argument list that is
// too long must fail at the exec and nowhere else.
//
// Before that, any number of times: 'P', a length, and a [Preparation]; the
// child does it and answers "ok\n" or "fail CODE TEXT\n". It is how a tracer
// gets what only the traced process itself can do.
//
// Child to parent: "ready\n", then "exec\n" when the file was found and is
// about to be executed, and then either end of file (the socket is
// close-on-exec: the command runs) or "fail CODE TEXT\n".
package frozen

import (
	"errors"
	"strconv"
	"syscall"
)

// Verb is the first argument of a frozen process.
const Verb = "__exec"

// FD is the number of the inherited socket in the frozen process.
const FD = 3

// Ready is what the frozen process says first.
const Ready = "ready\n"

// Exit codes of a frozen process that does not become the command. 126 and 127
// are those of a POSIX shell (POSIX.1-2024, XCU 2.8.2).
const (
	ExitAbandoned     = 125 // the parent went away, or never said go
	ExitNotExecutable = 126
	ExitNotFound      = 127
)

// MaxMessage bounds a message, in bytes. Linux itself takes no more than 6 MiB
// of arguments and environment (three quarters of _STK_LIM, fs/exec.c), so
// nothing that could run is refused.
const MaxMessage = 16 << 20

// MaxOutcome bounds what a parent needs to read after [Ready], in bytes.
const MaxOutcome = 4 << 10

const headerSize = 5

// MaxFD bounds the number of the socket where it is not [FD].
const MaxFD = 255

// Arguments is the argument vector of a frozen process; self is its argv[0].
func Arguments(self string) []string { return ArgumentsFD(self, FD) }

// ArgumentsFD is the same for a socket that is inherited as fd, from [FD] to
// [MaxFD]: what the caller has open for the command under FD stays there.
func ArgumentsFD(self string, fd int) []string {
	return []string{self, Verb, strconv.Itoa(fd)}
}

// Message encodes the order to become args with exactly the environment env:
// its order, its duplicates and its malformed entries are kept. The error wraps
// E2BIG if the message is over [MaxMessage] bytes, and EINVAL if args is empty
// or a string holds a NUL.
func Message(args, env []string) ([]byte, error) {
	if len(args) == 0 {
		return nil, &exError{"no command", syscall.EINVAL}
	}
	size := 4
	for _, list := range [][]string{args, env} {
		for _, s := range list {
			if indexByte(s, 0) >= 0 {
				return nil, &exError{"a NUL in an argument or environment entry", syscall.EINVAL}
			}
			size += len(s) + 1
		}
	}
	if size > MaxMessage {
		return nil, &exError{"arguments and environment", syscall.E2BIG}
	}
	b := make([]byte, 0, headerSize+size)
	b = append(b, kindGo)
	b = appendUint32(b, uint32(size))
	b = appendUint32(b, uint32(len(args)))
	for _, list := range [][]string{args, env} {
		for _, s := range list {
			b = append(b, s...)
			b = append(b, 0)
		}
	}
	return b, nil
}

// exError is an errno with the thing it is about; fmt is too heavy here.
type exError struct {
	what string
	err  syscall.Errno
}

func (e *exError) Error() string { return e.what + ": " + e.err.Error() }
func (e *exError) Unwrap() error { return e.err }

var errMessage = errors.New("malformed message")

// The kinds of message from the parent.
const (
	kindGo      = 'G'
	kindPrepare = 'P'
)

// parseHeader reads the kind and the size of the rest of a message.
func parseHeader(header []byte) (kind byte, size int, err error) {
	if len(header) != headerSize || header[0] != kindGo && header[0] != kindPrepare {
		return 0, 0, errMessage
	}
	n := uint32At(header[1:])
	if n < 4 || n > MaxMessage {
		return 0, 0, errMessage
	}
	return header[0], int(n), nil
}

// parseBody reads what follows the header.
func parseBody(body []byte) (args, env []string, err error) {
	if len(body) < 4 {
		return nil, nil, errMessage
	}
	argc := uint32At(body)
	text := string(body[4:])
	if text == "" || text[len(text)-1] != 0 {
		return nil, nil, errMessage
	}
	list := splitByte(text[:len(text)-1], 0)
	if argc == 0 || uint64(argc) > uint64(len(list)) {
		return nil, nil, errMessage
	}
	return list[:argc:argc], list[argc:], nil
}

// Outcome is what became of a frozen process that was told to go.
type Outcome struct {
	Started bool   // the command was exec'd
	Code    int    // 126 or 127 if the exec was refused; 0 if it was not, or is unknown
	Reason  string // why it was not started, when that was said
}

// ParseOutcome reads everything a frozen process said between [Ready] and the
// end of the socket. A process that was killed before it came to the exec said
// nothing: then nothing was started, and no reason is known.
func ParseOutcome(said []byte) Outcome {
	line, rest, _ := cutByte(string(said), '\n')
	started := line == "exec"
	if started {
		line, rest, _ = cutByte(rest, '\n')
	}
	if line == "" && rest == "" {
		return Outcome{Started: started}
	}
	failed, isFail := cutPrefix(line, "fail ")
	code, reason, ok := cutByte(failed, ' ')
	n, err := strconv.Atoi(code)
	if !isFail || !ok || err != nil || n < 1 || n > 255 {
		return Outcome{Code: ExitNotExecutable, Reason: "the frozen process said something unknown"}
	}
	return Outcome{Code: n, Reason: reason}
}

// failure encodes a refused exec. It fits [MaxOutcome] and is one line.
func failure(code int, reason string) []byte {
	const most = MaxOutcome / 2
	if len(reason) > most {
		reason = reason[:most]
	}
	reason = oneLine(reason)
	return []byte("fail " + strconv.Itoa(code) + " " + reason + "\n")
}

func appendUint32(b []byte, n uint32) []byte {
	return append(b, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

func uint32At(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}
