//go:build linux || darwin

package filetree

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// hasChangeTime: the kernel keeps a ctime that programs cannot set.
const hasChangeTime = true

// Flags that keep an open from blocking (a fifo), from following a symlink and
// from taking a terminal. O_DIRECTORY also keeps what is no directory from
// being opened at all.
const (
	fileFlags = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_NOFOLLOW | unix.O_NOCTTY | unix.O_CLOEXEC
	dirFlags  = fileFlags | unix.O_DIRECTORY
)

// openDir opens a directory below the root; "." is the root itself.
func openDir(root *os.Root, path string) (*os.File, error) { return root.OpenFile(path, dirFlags, 0) }

// OpenFolder opens a folder below root for listing. A symlink is followed as long
// as it stays there. ReadDir of a file that os.Root has opened looks at each entry; that of
// this one takes the type from the listing, where the file system has it there.
func OpenFolder(root *os.Root, path string) (*os.File, error) {
	f, err := openDir(root, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var fd int
	err = again(func() error {
		fd, err = unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return nil, &fs.PathError{Op: "dup", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

// look examines one name in an open directory and follows nothing.
func (d *dir) look(name string) (meta, error) {
	var st unix.Stat_t
	err := again(func() error { return unix.Fstatat(int(d.file.Fd()), name, &st, unix.AT_SYMLINK_NOFOLLOW) })
	return metaOf(&st), err
}

// open opens one name in an open directory for reading.
func (d *dir) open(name string) (f openFile, err error) {
	err = again(func() error {
		f.fd, err = unix.Openat(int(d.file.Fd()), name, fileFlags, 0)
		return err
	})
	return f, err
}

// openFile is a bare descriptor: an os.File costs two system calls and a
// finalizer more for each file, a third of the time of a small one. The
// descriptor does not wait, so a file that only calls itself regular
// (/proc/kmsg) gives an error, not a hang.
type openFile struct{ fd int }

func (f openFile) Read(p []byte) (n int, err error) {
	err = again(func() error {
		n, err = unix.Read(f.fd, p)
		return err
	})
	return max(n, 0), err
}

func (f openFile) look() (meta, error) {
	var st unix.Stat_t
	err := again(func() error { return unix.Fstat(f.fd, &st) })
	return metaOf(&st), err
}

func (f openFile) close() { _ = unix.Close(f.fd) }

// again repeats a system call that a signal interrupted.
func again(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// identity is the meta of a directory, without times. info may be nil.
func identity(info fs.FileInfo) meta {
	if info == nil {
		return meta{}
	}
	m := meta{mode: info.Mode()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		m.dev, m.ino = uint64(st.Dev), st.Ino
	}
	return m
}

func metaOf(st *unix.Stat_t) meta {
	m := meta{size: st.Size, links: uint64(st.Nlink), mode: fs.FileMode(st.Mode & 0o777)}
	m.dev, m.ino = uint64(st.Dev), st.Ino
	m.mtime, m.ctime = timesOf(st)
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
	case unix.S_IFDIR:
		m.mode |= fs.ModeDir
	case unix.S_IFLNK:
		m.mode |= fs.ModeSymlink
	case unix.S_IFIFO:
		m.mode |= fs.ModeNamedPipe
	case unix.S_IFSOCK:
		m.mode |= fs.ModeSocket
	case unix.S_IFBLK, unix.S_IFCHR:
		m.mode |= fs.ModeDevice
	default:
		m.mode |= fs.ModeIrregular
	}
	if st.Mode&unix.S_ISUID != 0 {
		m.mode |= fs.ModeSetuid
	}
	if st.Mode&unix.S_ISGID != 0 {
		m.mode |= fs.ModeSetgid
	}
	return m
}
