package trace

// Message is one thing that one process did. It is flat on purpose: which
// fields are set depends on Kind, and every other field is zero.
//
// Short JSON names keep the sidecar small; they are a format, see [Write].
type Message struct {
	Kind Kind  `json:"k"`
	Time int64 `json:"t,omitempty"` // nanoseconds since the Unix epoch, UTC
	PID  int   `json:"p"`           // of the process (thread group), in the tracer's PID namespace

	// Fork, and the first message of the root.
	Parent int `json:"pp,omitempty"`

	// Exec. Path is the file that was loaded, Script the file that was asked
	// for if that is a script and Path its interpreter.
	Comm   string   `json:"c,omitempty"` // also fork
	UID    uint32   `json:"u,omitempty"` // also fork; effective, in the tracer's user namespace
	Args   []string `json:"a,omitempty"` // bounded, see MaxArgs
	Cwd    string   `json:"d,omitempty"`
	Script string   `json:"sc,omitempty"`

	// Open, Exec, File, Digest: the object. Path is absolute and the kernel's own
	// name of the object, in the tracer's mount namespace as far as it can be
	// expressed there; Name is what the program passed, where it differs. With
	// StringOnly in Marks, Path is what the program passed, made absolute.
	Path   string `json:"f,omitempty"`
	Name   string `json:"n,omitempty"`
	Dev    uint64 `json:"dv,omitempty"` // as in stat(2): unix.Mkdev(major, minor)
	Ino    uint64 `json:"i,omitempty"`
	Access Access `json:"m,omitempty"`
	Marks  Marks  `json:"x,omitempty"`

	// File: Op is rename, link, symlink, unlink, rmdir, mkdir, mknod, chmod,
	// chown, truncate, setxattr or utimes; Target is the new name, or the
	// content of a symbolic link.
	// Net: Op is connect, bind, listen, send, accept, or socket for one that can
	// send without any of these (raw, packet, netlink and other families). A
	// connect that failed is two messages, the second with Errno. Name is what
	// the program passed as Address, where it differs.
	// Name: Op is query, answer, sni or quic. Target is ech if the ClientHello
	// has an encrypted one inside, or pretends to: the name may be that of a front.
	// Syscall: Op is the name of the call, Target what it was aimed at.
	Op     string `json:"o,omitempty"`
	Target string `json:"tg,omitempty"`

	// Net, and Name where the socket is known.
	Family   string   `json:"fa,omitempty"` // inet, inet6, unix, netlink, packet, vsock or a number
	Protocol string   `json:"pr,omitempty"` // tcp, udp, icmp, raw or a number; empty for unix
	Address  string   `json:"ad,omitempty"` // as netip prints it; the path, or @name, of a unix socket
	Port     int      `json:"po,omitempty"` // of the other side; bind, listen, accept: of our own
	Names    []string `json:"ns,omitempty"` // Name: host names asked for or given
	Answers  []string `json:"an,omitempty"` // Name, Op answer: addresses

	Errno  int    `json:"e,omitempty"`  // why the call failed; 0 if it did not
	Code   int    `json:"ec,omitempty"` // Exit: exit code
	Signal int    `json:"sg,omitempty"` // Exit: number of the signal that ended it
	SHA256 string `json:"h,omitempty"`  // Digest: hex; empty if there is none, and Target says why
	Count  int    `json:"ct,omitempty"` // how many such messages this one stands for beyond itself
}

// Kind says what a Message is about.
type Kind string

// The kinds. Names are one letter in the stream, since a million of them are
// written.
const (
	Fork    Kind = "f" // a process was made; a thread is not a process
	Exec    Kind = "x" // it became another program
	Exit    Kind = "e" // it ended
	Open    Kind = "o" // a file was opened, or failed to be with Errno
	File    Kind = "c" // a name or an object of the file system was changed
	Net     Kind = "n" // a destination, or a place where somebody may come in
	Name    Kind = "d" // a host name seen on the wire
	Syscall Kind = "s" // a call that a build has no reason to make
	Digest  Kind = "h" // content of a file that was seen
)

// Access is how a file was opened, as a set.
type Access uint16

// The bits of Access.
const (
	Read     Access = 1 << iota // readable descriptor
	Write                       // writable descriptor
	Create                      // O_CREAT was given
	Truncate                    // O_TRUNC was given
	Append
	PathOnly  // O_PATH: no content can be read through it
	Directory // the object is a directory
	Executed  // loaded by exec, an interpreter included
	Mapped    // mapped executable: a shared library, for one
)

// Marks qualify a message, as a set.
type Marks uint16

// The bits of Marks.
const (
	Memfd      Marks = 1 << iota // anonymous memory: there is no file of that name
	Deleted                      // had no name any more
	Contested                    // what the program said and what the kernel had contradict each other
	Cut                          // a string was longer than the sensor carries
	StringOnly                   // Path is the program's word, not the kernel's object
	Foreign                      // in another mount namespace or root: Path is as seen from there
	Unstable                     // Digest: the file changed while it was read, or since it was opened
	ArgsCut                      // Args are not all
	InAThread                    // by a thread that is not the first of its process
)

// Bounds of a Message. Sensors cut at these and set Cut or ArgsCut.
const (
	MaxPath  = 4096 // bytes, as PATH_MAX of Linux
	MaxArgs  = 64   // arguments
	MaxArg   = 4096 // bytes of all arguments of one exec together
	MaxNames = 32   // names or addresses of one Message
)

// A Handler takes the messages of a trace, one at a time and in the order in
// which the sensor saw them. It does not keep m's slices.
type Handler interface{ Handle(m Message) }

// HandlerFunc is a function that is a Handler.
type HandlerFunc func(m Message)

// Handle calls f.
func (f HandlerFunc) Handle(m Message) { f(m) }
