package filetree

import (
	"io/fs"
	"time"
)

// meta is what a look at a file shows.
type meta struct {
	stamp
	size  int64
	mode  fs.FileMode
	links uint64 // hard links; 1 where that is not known
}

// recorded returns the part of the mode that a File keeps.
func (m meta) recorded() fs.FileMode { return m.mode & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid) }

// stamp tells two states of a file apart without reading it. Times are
// nanoseconds since the epoch.
type stamp struct {
	dev, ino     uint64
	mtime, ctime int64
}

// sameInode reports whether both stamps are of one file. Where there are no
// inode numbers they are all 0, and only times and size tell files apart.
func (s stamp) sameInode(o stamp) bool { return s.dev == o.dev && s.ino == o.ino }

// inode is the stamp without its times.
func (s stamp) inode() stamp { return stamp{dev: s.dev, ino: s.ino} }

// Time stamps come from the kernel's tick, so a file that is written twice
// within one tick shows the same ctime both times. A digest is therefore only
// reused if the file had been left alone for longer than a tick when hashing
// began. File systems that record sub-second times use a tick of at most
// 10 ms; those with whole seconds use up to 2 s (FAT).
const (
	fineMargin   = 20 * time.Millisecond
	coarseMargin = 2 * time.Second
)

// settled reports whether any change after now would move the ctime.
//
// What remains: stores through a shared mapping that was already dirty before
// the first scan move no time stamp until the kernel has written the page
// back, and root can set the clock.
func (s stamp) settled(now time.Time) bool {
	if !hasChangeTime {
		return false
	}
	margin := fineMargin
	if s.ctime%int64(time.Millisecond) == 0 {
		margin = coarseMargin
	}
	return s.ctime+int64(margin) < now.UnixNano()
}
