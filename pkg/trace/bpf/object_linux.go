//go:build amd64 || arm64

package bpf

import (
	"bytes"
	"encoding/binary"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/org/cilock-action/pkg/trace"
)

// Bits of head.aux, an enum aux of src/path.h.
const (
	auxShared = 1 << iota
	auxInternal
	auxExecuted
	auxMapped
	auxUring
	auxInner
	auxExecveat
	auxInside
)

const sections = 6

// object is a struct record of src/path.h, after its head.
type object struct {
	ino, dev     uint64
	magic        uint32
	fmode, flags uint32
	mode, call   uint16
	section      [sections][]byte
}

const objectSize = 40

func readObject(body []byte) (object, error) {
	if len(body) < objectSize {
		return object{}, errRecord
	}
	n := binary.NativeEndian
	packed := n.Uint32(body[8:])
	o := object{
		ino: n.Uint64(body), dev: unix.Mkdev(packed>>20, packed&(1<<20-1)), magic: n.Uint32(body[12:]),
		fmode: n.Uint32(body[16:]), flags: n.Uint32(body[20:]), mode: n.Uint16(body[24:]), call: n.Uint16(body[26:]),
	}
	rest := body[objectSize:]
	for i := range o.section {
		size := int(n.Uint16(body[28+2*i:]))
		if size > len(rest) {
			return object{}, errRecord
		}
		o.section[i], rest = rest[:size], rest[size:]
	}
	return o, nil
}

// components makes a path of names that begin with the last one, each ended by
// a NUL.
func components(b []byte) string {
	var p strings.Builder
	p.Grow(len(b) + 1)
	for len(b) > 0 {
		b = b[:len(b)-1]
		at := bytes.LastIndexByte(b, 0) + 1
		p.WriteByte('/')
		p.Write(b[at:])
		b = b[:at]
	}
	if p.Len() == 0 {
		return "/"
	}
	return p.String()
}

// Magic numbers of file systems without names, of linux/magic.h.
const (
	magicPipe   = 0x50495045
	magicSocket = 0x534f434b
	magicNS     = 0x6e736673
	magicTmp    = 0x01021994
)

// place is the kernel's name of the object, from its components.
func (o *object) place(h head, b []byte) (string, trace.Marks) {
	if h.aux&auxInternal == 0 {
		return components(b), 0
	}
	name, _, _ := bytes.Cut(b, []byte{0})
	switch {
	case o.magic == magicTmp && bytes.HasPrefix(name, []byte("memfd:")):
		return "/" + string(name), trace.Memfd
	case len(name) != 0:
		return components(b), 0
	}
	// As the links below /proc/PID/fd have it.
	number := ":[" + strconv.FormatUint(o.ino, 10) + "]"
	switch o.magic {
	case magicPipe:
		return "pipe" + number, 0
	case magicSocket:
		return "socket" + number, 0
	case magicNS:
		return "namespace" + number, 0
	}
	return "anonymous" + number, 0
}

// absolute is a name with where it starts from, and nothing resolved but dots.
// base is nil if the name is absolute in our own root.
func absolute(base, name []byte) string {
	if len(base) == 0 {
		if len(name) == 0 || name[0] != '/' { // it starts from our root, or that is unknown
			return path.Clean("/" + string(name))
		}
		return path.Clean(string(name))
	}
	return path.Join(components(base), string(name))
}

// says reports whether a name, as far as it says anything without following
// links, is that of the object at p.
func says(name, p string) bool {
	if name == p {
		return true
	}
	c := path.Clean(name)
	if c == p || c == "." || c == ".." {
		return true
	}
	for strings.HasPrefix(c, "../") {
		c = c[3:]
	}
	return c[0] != '/' && strings.HasSuffix(p, "/"+c)
}
