package filetree

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
)

const (
	// chunk is how much is read and hashed at once: it stays in the second
	// level cache, and a cancelled scan notices within one chunk.
	chunk = 128 << 10

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
	h.sha = sha256.New()
	for j := range jobs {
		if h.ctx.Err() == nil {
			if h.buf == nil { // most scans after the first read nothing
				h.buf = make([]byte, chunk)
			}
			// What is cut short in the middle is no finding.
			if it := h.record(j); h.ctx.Err() == nil {
				send(h.ctx, h.out, it)
			}
		}
		j.dir.release() // also of the jobs that are left when the scan is over
	}
}

// record hashes a file, or says why not. A change is tried again from the
// name, so a file that is atomically replaced is recorded as the new one.
func (h *hasher) record(j job) item {
	f, err := h.file(j)
	for n := 1; n < attempts && isChanged(err); n++ {
		if j.listed, err = j.dir.look(j.base); err != nil {
			err = gone(err)
			break
		}
		f, err = h.file(j)
	}
	switch {
	case err == nil:
		return item{file: f, read: f.Size}
	case isChanged(err):
		return item{other: &Other{j.recorded, Changed, reason(err)}}
	}
	return item{other: &Other{j.recorded, Unreadable, reason(err)}}
}

// file hashes the file that was listed, and nothing else.
func (h *hasher) file(j job) (*File, error) {
	if !j.listed.mode.IsRegular() {
		return nil, replaced
	}
	path := j.dir.join(j.base)
	h.s.at(beforeOpenFile, path)
	f, err := j.dir.open(j.base)
	if err != nil {
		now, lerr := j.dir.look(j.base)
		return nil, swapped(j.listed, now, lerr, err)
	}
	defer f.close()

	before, err := f.look()
	if err != nil {
		return nil, err
	}
	if !before.mode.IsRegular() || !before.sameInode(j.listed.stamp) {
		return nil, replaced
	}
	h.s.at(beforeRead, path)
	out := &File{
		Path: j.recorded, Size: before.size, Mode: before.recorded(),
		stamp: before.stamp, settled: before.settled(h.s.now()),
	}
	if err := h.content(f, out); err != nil {
		return nil, err
	}
	h.s.at(beforeCheck, path)
	after, err := f.look()
	if err != nil {
		return nil, err
	}
	if after.stamp != before.stamp || after.size != before.size {
		return nil, changed("written or touched while it was read")
	}
	return out, nil
}

// content reads exactly the size that the file has, and one byte more to see
// that it ends there: a file that grows for ever is not followed.
func (h *hasher) content(f io.Reader, out *File) error {
	h.sha.Reset()
	var look Inspection
	defer func() {
		if look != nil {
			look.Abandon()
		}
	}()
	limit := out.Size + 1
	for n := int64(0); ; {
		if err := h.ctx.Err(); err != nil {
			return err
		}
		want := min(int64(len(h.buf)), limit-n)
		m, end, err := fill(f, h.buf[:want], out.Size-n)
		if err != nil {
			return err
		}
		if n == 0 {
			out.MIME = DetectMIME(h.buf[:m])
			if h.s.inspect != nil {
				look = h.s.inspect(out.Path, out.Size, h.buf[:m])
			}
		}
		h.sha.Write(h.buf[:m])
		if look != nil {
			_, _ = look.Write(h.buf[:m])
		}
		n += int64(m)
		switch {
		case n > out.Size:
			return changed(fmt.Sprintf("grew beyond the %d bytes it had when opened", out.Size))
		case !end:
			continue
		case n < out.Size:
			return changed(fmt.Sprintf("ended after %d of the %d bytes it had when opened", n, out.Size))
		}
		h.sha.Sum(out.SHA256[:0])
		if look != nil {
			out.Found = look.Result()
			look = nil
		}
		return nil
	}
}

// fill reads until buf is full or the file ends. A read that stops short just
// where a regular file is known to end is taken for its end, which saves the
// read that would say so; the look at the file afterwards confirms it.
func fill(f io.Reader, buf []byte, left int64) (n int, end bool, err error) {
	for n < len(buf) {
		m, err := f.Read(buf[n:])
		n += m
		switch {
		case errors.Is(err, io.EOF), err == nil && m == 0:
			return n, true, nil
		case err != nil:
			return n, false, err
		case n < len(buf) && int64(n) == left:
			return n, true, nil
		}
	}
	return n, false, nil
}
