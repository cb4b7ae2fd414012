package attest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sort"
	"testing"
)

// naiveRoot is the definition in RFC 6962, section 2.1, word for word.
func naiveRoot(leaves [][]byte) [32]byte {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, leaves[0]...))
	}
	k := 1 // the largest power of two smaller than n
	for k*2 < len(leaves) {
		k *= 2
	}
	left, right := naiveRoot(leaves[:k]), naiveRoot(leaves[k:])
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

// naiveLeaf writes the documented layout by hand.
func naiveLeaf(path string, digest [32]byte) []byte {
	n := len(path)
	leaf := []byte{0, 0, 0, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
	return append(append(leaf, path...), digest[:]...)
}

func TestTreeRootAgainstTheDefinition(t *testing.T) {
	files := map[string][32]byte{}
	for n := range 70 {
		var paths []string
		for p := range files {
			paths = append(paths, p)
		}
		sort.Strings(paths)
		var leaves [][]byte
		for _, p := range paths {
			leaves = append(leaves, naiveLeaf(p, files[p]))
		}
		if root, count := TreeRoot(files); root != naiveRoot(leaves) || count != n {
			t.Fatalf("%d leaves: root %x, count %d, want root %x", n, root, count, naiveRoot(leaves))
		}
		path := fmt.Sprintf("dir%d/file%d", n%7, n)
		files[path] = sha256.Sum256([]byte(path))
	}
}

// The vector can be computed by hand. For one file "a" with the content "abc":
//
//	printf '\0\0\0\0\0\0\0\0\1a' > leaf; printf abc | openssl dgst -sha256 -binary >> leaf; sha256sum leaf
//
// (one zero byte for RFC 6962's leaf prefix, then the length in eight).
func TestTreeRootVectors(t *testing.T) {
	abc, empty := sha256.Sum256([]byte("abc")), sha256.Sum256(nil)
	for want, files := range map[string]map[string][32]byte{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855": {},
		"e3bcc3957c5211c826f61f0380c6bd28d02fdda8c3ab10a8278b28eb9cf3ecd9": {"a": abc},
		"12a20ab1efee0fac2a4b4b5092f0e159d2052ccccfd14dd8aaaa510bc7d18e8a": {"a": abc, "b/c": empty},
	} {
		if root, _ := TreeRoot(files); hex.EncodeToString(root[:]) != want {
			t.Errorf("root of %d files: %x, want %s", len(files), root, want)
		}
	}
}

// Moving a byte between path and digest, or a digest between paths, must show.
func TestTreeRootBindsPaths(t *testing.T) {
	a, b := sha256.Sum256([]byte("a")), sha256.Sum256([]byte("b"))
	seen := map[[32]byte]int{}
	for i, files := range []map[string][32]byte{
		{"x": a, "y": b},
		{"x": b, "y": a},
		{"x": a},
		{"xy": a},
		{"x": a, "xy": b},
		{"X": a, "y": b},
		{"x/y": a},
		{"x": a, string(append([]byte("y"), b[:1]...)): b},
	} {
		root, _ := TreeRoot(files)
		if other, ok := seen[root]; ok {
			t.Errorf("maps %d and %d have one root", other, i)
		}
		seen[root] = i
	}
}
