package tracerd

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/org/cilock-action/pkg/trace"
)

// digest hashes the file, and proves before and after that it is the one that
// was seen and that it did not change meanwhile. A file that is gone has no
// digest, and Target says so.
func (w wanted) digest() (trace.Message, stamp) {
	m := trace.Message{Kind: trace.Digest, PID: w.pid, Path: w.path, Dev: w.dev, Ino: w.ino}
	f, before, err := w.open()
	if err != nil {
		m.Target = err.Error()
		return m, stamp{fileID: w.fileID}
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		m.Target = fmt.Sprintf("read: %v", err)
		return m, before
	}
	after, err := stampOf(f)
	if err != nil || after != before {
		m.Marks |= trace.Unstable
	}
	m.Dev, m.Ino, m.SHA256 = before.dev, before.ino, hex.EncodeToString(sum.Sum(nil))
	return m, before
}

// open finds the file under the names that it may still have: the process' own
// executable, its path as the process sees it, its path as we do.
func (w wanted) open() (*os.File, stamp, error) {
	proc := "/proc/" + strconv.Itoa(w.pid)
	var errs []error
	for _, path := range []string{w.path, proc + "/root" + w.path, proc + "/exe"} {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
		if err != nil {
			errs = append(errs, fmt.Errorf("open %s: %w", path, err))
			continue
		}
		f := os.NewFile(uintptr(fd), path)
		at, err := stampOf(f)
		if err == nil && (w.ino == 0 || at.fileID == w.fileID) {
			return f, at, nil
		}
		f.Close()
		if err == nil {
			err = errors.New("it is another file now")
		}
		errs = append(errs, fmt.Errorf("open %s: %w", path, err))
	}
	return nil, stamp{}, errs[0]
}

func stampOf(f *os.File) (stamp, error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return stamp{}, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return stamp{}, errors.New("it is no regular file")
	}
	return stamp{fileID{st.Dev, st.Ino}, st.Size, st.Mtim.Nano(), st.Ctim.Nano()}, nil
}
