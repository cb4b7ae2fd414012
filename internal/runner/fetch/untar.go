package fetch

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxHeaders is how many bytes of an archive there may be for each file beside
// its content: its header, a long name, and what fills up the blocks.
const maxHeaders = 8 << 10

// fromTarball unpacks the archive that the REST API gives.
func (f *Fetcher) fromTarball(ctx context.Context, want wanted, w *writer) (Fetched, error) {
	switch {
	case f.o.Net == nil:
		return Fetched{}, errOffline
	case want.sha == "":
		return Fetched{}, want.why
	}
	body, err := f.o.Net.Tarball(ctx, want.source, want.sha, f.o.Limits.Bytes)
	if err != nil {
		return Fetched{}, err
	}
	defer body.Close()
	if err := unpack(ctx, body, want.sha, w); err != nil {
		return Fetched{}, fmt.Errorf("unpack the archive: %w", err)
	}
	return want.result(FromTarball), nil
}

// unpack writes what is in a tar inside gzip, as git-archive makes it: one folder
// with files, folders and symlinks in it, and perhaps the commit's id, which
// must be the one that was asked for.
func unpack(ctx context.Context, r io.Reader, sha string, w *writer) error {
	unzipped, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	limit := w.lim.Bytes + int64(w.lim.Files)*maxHeaders
	archive := tar.NewReader(&bounded{unzipped, limit, limit})
	top := ""
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		h, err := archive.Next()
		if err == io.EOF && top == "" {
			return errors.New("there is nothing in it")
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			if id := h.PAXRecords["comment"]; id != "" && id != sha {
				return fmt.Errorf("it says to be of commit %.60q", id)
			}
			continue
		}
		first, name, _ := strings.Cut(h.Name, "/")
		if top == "" {
			top = first
		}
		if first != top || first == "" || first == "." || first == ".." {
			return fmt.Errorf("%.200q is not in the one folder %.200q", h.Name, top)
		}
		if err := unpackOne(archive, h, name, w); err != nil {
			return err
		}
	}
}

func unpackOne(archive io.Reader, h *tar.Header, name string, w *writer) error {
	switch {
	case h.Typeflag == tar.TypeDir && name == "":
		return nil // the one folder itself
	case h.Typeflag == tar.TypeDir:
		return w.folder(strings.TrimSuffix(name, "/"))
	case h.Typeflag == tar.TypeReg:
		return w.file(name, h.Mode&0o100 != 0, h.Size, archive)
	case h.Typeflag == tar.TypeSymlink:
		return w.link(name, h.Linkname)
	}
	return fmt.Errorf("%.200q is neither file, folder nor symlink but of type %q", h.Name, h.Typeflag)
}

// bounded is a reader with an end that is an error. A few bytes of gzip can hold
// any number of zeros.
type bounded struct {
	r           io.Reader
	left, limit int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("unpacked it has more than %d bytes", b.limit)
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
