package treecheck

import (
	"crypto/fips140"
	"crypto/sha1"
	"encoding/hex"
	"hash"
	"strconv"
)

// idSize is the length of a git object id in bytes.
const idSize = sha1.Size

// object is a git object whose id is being computed: SHA-1 over "KIND SIZE",
// a zero byte and the content. It is the only SHA-1 of this package. It names
// things as git names them and proves nothing by itself, which is why it may
// run where FIPS 140-3 is enforced and why [Tree] has a SHA-256 as well.
type object struct{ sum hash.Hash }

// newObject begins an object of size bytes; exactly so many must be written.
func newObject(kind string, size int64) object {
	var o object
	fips140.WithoutEnforcement(func() {
		o.sum = sha1.New()
		_, _ = o.sum.Write(append(strconv.AppendInt([]byte(kind+" "), size, 10), 0))
	})
	return o
}

func (o object) Write(p []byte) (n int, err error) {
	fips140.WithoutEnforcement(func() { n, err = o.sum.Write(p) })
	return n, err
}

// id returns the object's name, 40 hex digits in lower case.
func (o object) id() (id string) {
	fips140.WithoutEnforcement(func() { id = hex.EncodeToString(o.sum.Sum(nil)) })
	return id
}

// gitID is the id of an object whose content is in memory.
func gitID(kind string, content []byte) string {
	o := newObject(kind, int64(len(content)))
	_, _ = o.Write(content)
	return o.id()
}
