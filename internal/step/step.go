// Package step starts, feeds, watches and ends the wrapped command.
//
// The command keeps its working directory, its environment, its standard input,
// its exit code and its signals. Its output passes through unchanged and at
// once; beside that, the redacted output is hashed and spooled to a bounded
// file. Nothing is held in memory whole.
//
// A step has three moments: [Start] makes a process that exists, has its PID
// and has not exec'd the command yet (package frozen), so that observers can be
// armed; [Process.Thaw] lets it go; [Process.Wait] returns what became of it.
// [Process.Abandon] replaces the last two when the command must never run.
//
// What differs from a command that is not wrapped, and cannot be helped:
//
//   - stdout and stderr are two pipes, so their order relative to each other
//     is not kept when both go to the same place;
//   - signals that were ignored when the program began stay ignored for the
//     command only if they are SIGHUP or SIGINT: the Go runtime forgets others;
//   - when stdout is a terminal the command leads a session of its own, so what
//     it leaves in the foreground gets SIGHUP when it ends.
package step

import (
	"io"
	"os"
	"time"
)

// Command says what to run. Args is required; the zero value of everything else
// works.
type Command struct {
	Args []string // command and arguments; the name is looked up in Env's PATH
	Dir  string   // working directory; empty is ours
	Env  []string // exactly what the command gets, duplicates and all; nil is empty

	// Stdin is handed to the command as it is, not copied, unless it and Stdout
	// are terminals. Nil is the null device.
	Stdin *os.File

	// Stdout and Stderr receive the raw output. Each is written by one goroutine
	// of its own, so one writer for both must be safe for that. If Stdout is an
	// *os.File that is a terminal, the command gets a terminal too. Nil discards.
	Stdout, Stderr io.Writer

	SpoolDir   string // existing private directory for the spool files; empty for none
	SpoolLimit int64  // bytes of each stream that are spooled; 0 is 64 MiB

	// Tap gets each output, "stdout" and "stderr", as the command wrote it: not
	// redacted, all of it, and closed at its end. It is written by one goroutine
	// for each, and what it takes longer than the command is waited for. Nil for
	// no other reader.
	Tap func(name string) io.WriteCloser

	// Redact wraps the writer of hash and spool, never the pass-through. It must
	// not keep or change what it is given. Close flushes what it held back. Nil
	// is the identity.
	Redact func(dst io.Writer) io.WriteCloser

	// Self is the program that becomes the frozen process; it must import
	// package frozen. Empty is this program.
	Self string

	Timings Timings
	Now     func() time.Time // nil is time.Now

	// openSpool replaces the creation of a spool file, in tests.
	openSpool func(dir, name string) (*os.File, error)
}

// Timings are the bounds of every wait. Zero fields take the default.
//
// The defaults of the cancellation are set by the runner, which sends SIGINT to
// us, SIGTERM 7.5 s later and kills us 2.5 s after that. We promise evidence on
// disk 6 s after the first signal. A command that has to be killed is over
// after 4 s, a little over 5 s if then nothing answers (Kill, Gone, CancelDrain
// and its grace), which leaves the rest for the evidence.
type Timings struct {
	Ready       time.Duration // for the frozen process to come up; 10 s
	Term        time.Duration // from the first cancel signal to our SIGTERM; 3 s
	Kill        time.Duration // from the first cancel signal to our SIGKILL; 4 s
	Gone        time.Duration // from SIGKILL until we stop waiting for the process; 500 ms
	Drain       time.Duration // from the command's end until a survivor's output is cut; 2 s
	CancelDrain time.Duration // the same after a cancel signal; 500 ms
}

const defaultSpoolLimit = 64 << 20

// withDefaults fills the zero fields of c.
func (c Command) withDefaults() Command {
	set := func(d *time.Duration, def time.Duration) {
		if *d == 0 {
			*d = def
		}
	}
	set(&c.Timings.Ready, 10*time.Second)
	set(&c.Timings.Term, 3*time.Second)
	set(&c.Timings.Kill, 4*time.Second)
	set(&c.Timings.Gone, 500*time.Millisecond)
	set(&c.Timings.Drain, 2*time.Second)
	set(&c.Timings.CancelDrain, 500*time.Millisecond)
	if c.SpoolLimit == 0 {
		c.SpoolLimit = defaultSpoolLimit
	}
	if c.Env == nil {
		c.Env = []string{} // nil would be our own environment
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.openSpool == nil {
		c.openSpool = func(dir, name string) (*os.File, error) {
			return os.CreateTemp(dir, name+"-*.spool") // mode 0600
		}
	}
	return c
}

// Result is what became of the command.
type Result struct {
	Started   bool      // the command was exec'd
	Reason    string    // why it was not, when Started is false
	ExitCode  int       // 128+n for a signal, 127 not found, 126 not executable
	Signal    string    // name of the signal that ended it ("SIGKILL"), or empty
	Cancelled string    // what first asked us to stop ("SIGINT", "context canceled"), or empty
	Start     time.Time // UTC; when the command was let go
	End       time.Time // UTC; when the process ended, not its output
	Outputs   []Output
	Survivors []Survivor

	Gaps   []string // what should have been seen and was not
	Limits []string // what is never seen on this system
}

// Output describes one output stream. Digest and spool are of the redacted
// stream.
type Output struct {
	Name      string // stdout, stderr or terminal
	Size      int64  // bytes the command wrote, before redaction
	SHA256    string // hex, of the whole redacted stream; empty if it could not be computed
	Spool     string // path of the spool file, or empty
	Truncated bool   // the spool holds only the first part, or nothing
	Complete  bool   // end of file was seen before the drain deadline

	SpoolError string // why the evidence is short although the limit was not reached
	WriteError string // why the stream was closed under the command: our own output failed
	ReaderGone bool   // WriteError is that of a reader who wanted no more (head), not of a full disk
}

// Survivor is a process of the step that was alive after the command had ended.
// It is left running.
type Survivor struct {
	PID     int
	Command string // comm: untrusted, at most 15 bytes
}
