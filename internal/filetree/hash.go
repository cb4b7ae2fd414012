package filetree

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"time"
)

const (
	// chunk is how much is read and hashed at once: it stays in the second
	// level cache, and a cancelled scan notices within one chunk.
	chunk = 128 << 10

	// readWait bounds the wait for a file that calls itself regular and
	// has nothing to read yet, such as /proc/kmsg.
	readWait = 2 * time.Second

	attempts = 2 // how often a file that changes is tried
)

// hasher is one worker.
type hasher struct {
	s   *Scanner
	ctx context.Context
	out chan<- item
	buf []byte
	sha hash.Hash
}

func (h *hasher) run(jobs <-chan job) {
	h.buf = make([]byte, chunk)
	h.sha = sha256.New()
	for j := range jobs {
		it := h.record(j)
		if h.ctx.Err() != nil || !send(h.ctx, h.out, it) {
			return // what was cut short is no finding
		}
	}
}

// record hashes a file, or says why not. A change is tried again from the
// path, so a file that is atomically replaced is recorded as the new one.
func (h *hasher) record(j job) item {
	var err error
	for n := range attempts {
		if n > 0 {
			if j.info, err = h.s.root.Lstat(j.path); err != nil {
				err = gone(err)
				break
			}
		}
		var f *File
		if f, err = h.file(j); err == nil {
			return item{file: f, read: f.Size}
		}
		if !isChanged(err) {
			break
		}
	}
	kind := Unreadable
	if isChanged(err) {
		kind = Changed
	}
	return item{other: &Other{j.name, kind, reason(err)}}
}

// file hashes the file that was listed, and nothing else.
func (h *hasher) file(j job) (*File, error) {
	if !j.info.Mode().IsRegular() {
		return nil, replaced
	}
	h.at(beforeOpenFile, j.path)
	listed, _ := stampOf(j.info)
	f, err := h.s.root.OpenFile(j.path, os.O_RDONLY|fileFlags, 0)
	if err != nil {
		return nil, swapped(h.s.root, j.path, 0, listed, err)
	}
	defer f.Close()

	before, err := f.Stat()
	if err != nil {
		return nil, err
	}
	st, _ := stampOf(before)
	if !before.Mode().IsRegular() || !st.sameInode(listed) {
		return nil, replaced
	}
	h.at(beforeRead, j.path)
	began := h.s.now()
	out := &File{Path: j.name, Size: before.Size(), stamp: st, settled: st.settled(began),
		Mode: before.Mode() & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid)}
	if err := h.content(f, out); err != nil {
		return nil, err
	}
	h.at(beforeCheck, j.path)
	after, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if end, _ := stampOf(after); end != st || after.Size() != out.Size {
		return nil, changed("written or touched while it was read")
	}
	return out, nil
}

// content reads exactly the size that the file has, and one byte more to see
// that it ends there: a file that grows for ever is not followed.
func (h *hasher) content(f *os.File, out *File) error {
	_ = f.SetReadDeadline(time.Now().Add(readWait)) // disk files have no deadline and need none
	h.sha.Reset()
	limit := out.Size + 1
	for n := int64(0); ; {
		if err := h.ctx.Err(); err != nil {
			return err
		}
		want := min(int64(len(h.buf)), limit-n)
		m, err := io.ReadFull(f, h.buf[:want])
		if n == 0 {
			out.MIME = DetectMIME(h.buf[:m])
		}
		h.sha.Write(h.buf[:m])
		n += int64(m)
		switch {
		case err == nil && n < limit:
			continue
		case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
			return err
		case n < out.Size:
			return changed(fmt.Sprintf("ended after %d of the %d bytes it had when opened", n, out.Size))
		case n > out.Size:
			return changed(fmt.Sprintf("grew beyond the %d bytes it had when opened", out.Size))
		}
		h.sha.Sum(out.SHA256[:0])
		return nil
	}
}

func (h *hasher) at(p hookPoint, path string) {
	if h.s.hook != nil {
		h.s.hook(p, path)
	}
}
