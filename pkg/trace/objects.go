package trace

import "slices"

// objects holds every path once, and every object under its path once: a
// million opens of some ten thousand files are a million small numbers.
type objects struct {
	strings []string
	ids     map[string]uint32
	first   []uint32 // by string: 1 + the last object of that path, 0 for none
	list    []object
	digests map[inode]contents
}

type object struct {
	path, next uint32 // next is 1 + another object of the same path, or 0
	dev, ino   uint64
}

type inode struct{ dev, ino uint64 }

// contents is what a Digest message said of an inode.
type contents struct {
	sha256 string
	marks  Marks
}

func newObjects() objects {
	return objects{
		strings: []string{""}, ids: map[string]uint32{"": 0}, first: []uint32{0},
		digests: map[inode]contents{},
	}
}

func (o *objects) intern(s string) uint32 {
	if id, ok := o.ids[s]; ok {
		return id
	}
	id := uint32(len(o.strings))
	o.strings, o.first = append(o.strings, s), append(o.first, 0)
	o.ids[s] = id
	return id
}

// cost is about what record would add to the strings and objects.
func (o *objects) cost(m Message) (bytes int) {
	for _, text := range []string{m.Path, m.Name} {
		if _, known := o.ids[text]; !known {
			bytes += stringBytes + len(text)
		}
	}
	return bytes
}

// openMarks are the marks that tell entries of one object apart.
const openMarks = ^(ArgsCut | InAThread | Unstable)

func (o *objects) record(m Message) opened {
	id := o.object(o.intern(m.Path), m.Dev, m.Ino)
	name := uint32(0)
	if m.Name != m.Path {
		name = o.intern(m.Name)
	}
	return opened{object: id, name: name, access: m.Access, marks: m.Marks & openMarks, errno: uint16(m.Errno), count: uint32(m.Count)}
}

// maxSamePath bounds the search among the objects of one path: a file that is
// replaced more often is put down anew each time.
const maxSamePath = 64

func (o *objects) object(path uint32, dev, ino uint64) uint32 {
	at := o.first[path]
	for range maxSamePath {
		if at == 0 {
			break
		}
		if x := o.list[at-1]; x.dev == dev && x.ino == ino {
			return at - 1
		}
		at = o.list[at-1].next
	}
	o.list = append(o.list, object{path, o.first[path], dev, ino})
	o.first[path] = uint32(len(o.list))
	return o.first[path] - 1
}

func (o *objects) digest(m Message) { o.digests[inode{m.Dev, m.Ino}] = contents{m.SHA256, m.Marks} }

func (o *objects) opened(r opened) OpenedFile {
	obj := o.list[r.object]
	f := OpenedFile{
		Path: o.strings[obj.path], Name: o.strings[r.name], Dev: obj.dev, Ino: obj.ino,
		Access: r.access, Marks: r.marks, Errno: int(r.errno), Count: int(r.count),
	}
	if c, ok := o.digests[inode{obj.dev, obj.ino}]; ok && obj.ino != 0 {
		f.SHA256 = c.sha256
		f.Marks |= c.marks & Unstable
	}
	return f
}

// opened is one entry of a process: 20 bytes.
type opened struct {
	object, name uint32
	access       Access
	marks        Marks
	errno        uint16
	count        uint32
}

// openList is unordered and may hold an entry several times until compact.
type openList struct {
	list  []opened
	clean int // length after the last compact
}

// add compacts whenever the list has doubled, so that a loop over one file does
// not grow it.
func (l *openList) add(o opened) {
	l.list = append(l.list, o)
	if len(l.list) >= 2*l.clean+64 {
		l.compact()
	}
}

// compact makes one entry of those that say the same: a success takes the
// failures before it along.
func (l *openList) compact() {
	if len(l.list) == l.clean {
		return
	}
	slices.SortFunc(l.list, func(a, b opened) int {
		switch {
		case a.object != b.object:
			return int(int64(a.object) - int64(b.object))
		case a.name != b.name:
			return int(int64(a.name) - int64(b.name))
		case a.marks != b.marks:
			return int(a.marks) - int(b.marks)
		}
		return int(a.errno) - int(b.errno) // 0, success, is first
	})
	out := l.list[:0]
	for _, o := range l.list {
		if n := len(out); n > 0 && out[n-1].object == o.object && out[n-1].name == o.name && out[n-1].marks == o.marks &&
			(out[n-1].errno == o.errno || out[n-1].errno == 0) {
			out[n-1].access |= o.access
			out[n-1].count += o.count + 1
			continue
		}
		out = append(out, o)
	}
	l.list, l.clean = out, len(out)
}
