package attest

import (
	"strings"
	"time"
)

// TypeTrace is the account of the step's behaviour beside command-run.
const TypeTrace = "https://github.com/org/cilock-action/trace/v0.1"

// Process is one entry of CommandRun.Processes: one program that a process of
// the step was. A process that became another program has one entry for each,
// with one ProcessID. The first fields are Witness', of which the names are written
// even if they are empty: a rule that puts one into its message denies nothing
// where it is absent.
type Process struct {
	Program       string    `json:"program"`   // what was executed: the script, where it is one
	ProcessID     int       `json:"processid"` // in the PID namespace of the runner
	ParentPID     int       `json:"parentpid"`
	Comm          string    `json:"comm"`
	Cmdline       string    `json:"cmdline"` // arguments joined by blanks, redacted
	ProgramDigest DigestSet `json:"programdigest,omitempty"`
	ExeDigest     DigestSet `json:"exedigest,omitempty"`
	// OpenedFiles maps every file that was opened to its digest, or to an empty
	// set where none was taken. A file that was opened under another name than
	// its own is in it under both.
	OpenedFiles map[string]DigestSet `json:"openedfiles,omitempty"`

	Exe        string     `json:"exe,omitempty"`   // the file that was loaded, where it is not Program: the interpreter
	Name       string     `json:"name,omitempty"`  // what the exec was given, where that is neither
	Marks      []string   `json:"marks,omitempty"` // memfd, deleted, foreign, cut
	Forked     bool       `json:"forked,omitempty"`
	Cwd        string     `json:"cwd,omitempty"`
	UID        int        `json:"uid"`
	Start      *time.Time `json:"starttime,omitempty"`
	End        *time.Time `json:"endtime,omitempty"`
	ExitCode   *int       `json:"exitcode,omitempty"` // absent: it became another program, or its end was not seen
	Signal     string     `json:"signal,omitempty"`
	Namespaces []string   `json:"namespaces,omitempty"` // that it entered or made
}

// Trace is the body of TypeTrace.
type Trace struct {
	Backend string `json:"backend"` // ebpf or ptrace
	// Instead says why no better backend was used, one reason for each.
	Instead []string     `json:"instead,omitempty"`
	Hooks   []TraceHook  `json:"hooks"`
	Counts  []TraceCount `json:"counts"`
	// Inlined is true if every process and every opened file is in command-run
	// and every list of this body is whole. Where it is false, command-run has
	// no processes at all and Root, LeafCount and Sidecar name the file that has
	// everything.
	Inlined   bool      `json:"inlined"`
	Processes int       `json:"processcount"`
	Opens     int       `json:"opencount"` // entries of all OpenedFiles, names of the program's apart
	Root      string    `json:"root,omitempty"`
	LeafCount int       `json:"leafcount,omitempty"` // lines of the sidecar, its header included
	Sidecar   DigestSet `json:"sidecar,omitempty"`

	Network   []TraceReach  `json:"network"`
	Lookups   []TraceLookup `json:"lookups"`
	Syscalls  []TraceCall   `json:"syscalls"`
	Writes    []TraceChange `json:"writes"`
	Failed    []TraceChange `json:"failed"`    // opens and changes that failed, but for files that are not there
	Contested []TraceChange `json:"contested"` // opens of which the program's word and the kernel's contradict each other
	NotListed int           `json:"notlisted,omitempty"`
	NotFound  uint64        `json:"notfound"` // opens of files that are not there
	Limits    []string      `json:"limits,omitempty"`
}

// TraceHook is one place in the kernel where the sensor listened.
type TraceHook struct {
	Name   string `json:"name"`
	How    string `json:"how"`
	Reason string `json:"reason,omitempty"` // why no better place was used
}

// TraceCount is the account of one class of events.
type TraceCount struct {
	Class        string `json:"class"`
	Attempted    uint64 `json:"attempted"`
	Received     uint64 `json:"received"`
	Deduplicated uint64 `json:"deduplicated"`
	Lost         uint64 `json:"lost"`
}

// TraceReach is one destination, or one place where somebody may come in.
type TraceReach struct {
	ProcessID int      `json:"processid"`
	Syscall   string   `json:"syscall"` // connect, bind, listen, send or accept
	Family    string   `json:"family"`
	Protocol  string   `json:"protocol,omitempty"`
	Address   string   `json:"address,omitempty"`
	Port      int      `json:"port,omitempty"`
	Names     []string `json:"names,omitempty"` // for which the address was an answer
	SNI       string   `json:"sni,omitempty"`
	Errno     int      `json:"errno,omitempty"`
	Count     int      `json:"count,omitempty"`
}

// TraceLookup is one name that was seen on the wire.
type TraceLookup struct {
	ProcessID int      `json:"processid"`
	Kind      string   `json:"kind"` // query, answer, sni or quic
	Names     []string `json:"names"`
	Answers   []string `json:"answers,omitempty"`
	Address   string   `json:"address,omitempty"`
	Port      int      `json:"port,omitempty"`
	Count     int      `json:"count,omitempty"`
}

// TraceCall is one call that a build has no reason to make.
type TraceCall struct {
	ProcessID int    `json:"processid"`
	Syscall   string `json:"syscall"`
	Target    string `json:"target,omitempty"`
	Errno     int    `json:"errno,omitempty"`
	Count     int    `json:"count,omitempty"`
}

// TraceChange is one thing that was done, or tried, to a file.
type TraceChange struct {
	ProcessID int    `json:"processid"`
	Operation string `json:"operation"` // open, write, create, truncate, rename, unlink, ...
	Path      string `json:"path"`
	Name      string `json:"name,omitempty"`   // as the program gave it, where it differs
	Target    string `json:"target,omitempty"` // new name, or content of a symbolic link
	Errno     int    `json:"errno,omitempty"`
	Count     int    `json:"count,omitempty"`
}

// What the names of the documents beside a bundle add to the bundle's.
const (
	EnvelopeSuffix = ".dsse.json"       // the same step for Witness
	TraceSuffix    = ".trace.jsonl.zst" // the trace, where the statement has not got it
)

// TracePath is where the trace of a bundle stands, or of its envelope.
func TracePath(bundle string) string {
	return strings.TrimSuffix(bundle, EnvelopeSuffix) + TraceSuffix
}
