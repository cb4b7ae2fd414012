// Package sandbox runs programs on a machine that lacks something: a right, a
// mount, a system call. What is taken away or put over is so for that program
// alone, through a mount namespace of its own; nothing of the machine changes.
//
// A test binary that calls [Enter] first in its TestMain can start itself again
// as the [Command] that makes the sandbox and then becomes the program.
package sandbox

// Verb is the first argument of a test binary that is to make a sandbox.
const Verb = "__sandbox"

// Sudo is where a test binary can be put with the set-user-ID bit: it is then a
// sudo that does nothing, for ever, and that its user cannot kill. It ends with
// whoever started it.
const Sudo = "/usr/bin/sudo"

// Box is what a program finds.
type Box struct {
	// Mounts are made in this order, and seen by this program alone. A target
	// that is not there is left out: there is nothing to be hidden.
	Mounts []Mount `json:"mounts,omitempty"`
	// Gone are file systems of these types: each mount of them is taken away.
	Gone []string `json:"gone,omitempty"`
	// UID and GID are the user's; Groups are his other groups.
	UID    int   `json:"uid"`
	GID    int   `json:"gid"`
	Groups []int `json:"groups,omitempty"`
	// Capabilities are those that can be had at all, by numbers of
	// linux/capability.h; nil are those of the machine.
	Capabilities []int `json:"capabilities,omitempty"`
	// Refuse are the numbers of system calls that fail with EPERM.
	Refuse []int `json:"refuse,omitempty"`
	// NoFilters refuses filters of system calls to whoever asks for one.
	NoFilters bool `json:"nofilters,omitempty"`
	// Files bounds the open files; 0 leaves them as they are.
	Files uint64 `json:"files,omitempty"`
}

// Mount puts something over Target: Source itself if Type is empty, or a new
// file system.
type Mount struct {
	Source  string `json:"source,omitempty"`
	Target  string `json:"target"`
	Type    string `json:"type,omitempty"`
	Options string `json:"options,omitempty"`
	// ReadOnly makes it so, with what is below left as it is.
	ReadOnly bool `json:"readonly,omitempty"`
}

// Docker is a container as docker makes one by default: its capabilities, and
// the calls that matter here of those that its filter refuses without
// CAP_SYS_ADMIN (profiles/seccomp/default.json of moby). Its own refusal of
// clone3 is ENOSYS and of clone depends on the flags, which is left out.
func Docker(b Box) Box {
	b.Capabilities = dockerCapabilities()
	b.Refuse = append(b.Refuse, dockerRefuses()...)
	return b
}
