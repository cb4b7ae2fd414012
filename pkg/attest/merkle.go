package attest

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
)

// TreeRoot returns the Merkle tree hash of RFC 6962, section 2.1 (SHA-256)
// over a map from recorded path to the file's SHA-256, and the number of
// leaves.
//
// The leaves are in the order of their paths' bytes. The data of one leaf is
//
//	8 bytes   length of the path in bytes, big-endian
//	n bytes   the path as recorded (UTF-8, slashes)
//	32 bytes  SHA-256 of the file's content
//
// so a leaf's hash is SHA-256(0x00 || data), and no two maps have the same
// sequence of leaves. The root of no leaves is SHA-256 of nothing, which is
// also the digest of any empty file: it must never be used as a subject.
func TreeRoot(files map[string][sha256.Size]byte) (root [sha256.Size]byte, count int) {
	if len(files) == 0 {
		copy(root[:], rfc6962.DefaultHasher.EmptyRoot())
		return root, 0
	}
	factory := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	tree := factory.NewEmptyRange(0)
	for _, path := range slices.Sorted(maps.Keys(files)) {
		leaf := leafData(path, files[path])
		// Append and GetRootHash fail only on ranges that were put together
		// by hand; this one was not.
		if err := tree.Append(rfc6962.DefaultHasher.HashLeaf(leaf), nil); err != nil {
			panic("attest: append to a Merkle range: " + err.Error())
		}
	}
	sum, err := tree.GetRootHash(nil)
	if err != nil {
		panic("attest: root of a Merkle range: " + err.Error())
	}
	copy(root[:], sum)
	return root, len(files)
}

// leafData binds a path and a digest together without ambiguity.
func leafData(path string, digest [sha256.Size]byte) []byte {
	data := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(path)+len(digest)), uint64(len(path)))
	data = append(data, path...)
	return append(data, digest[:]...)
}
