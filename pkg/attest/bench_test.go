package attest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"testing"
	"time"
)

const manyFiles = 100_000

func manyMaterials() map[string]DigestSet {
	files := make(map[string]DigestSet, manyFiles)
	for i := range manyFiles {
		sum := sha256.Sum256([]byte(strconv.Itoa(i)))
		files["dir"+strconv.Itoa(i/1000)+"/file"+strconv.Itoa(i)] = SHA256(hex.EncodeToString(sum[:]))
	}
	return files
}

// BenchmarkTree compares the Merkle root of 100,000 files with two SHA-256
// each, one for the leaf and one for the node, which is the least that it
// takes. ratio is the time by that time.
func BenchmarkTree(b *testing.B) {
	files := manyMaterials()
	leaf := make([]byte, 64)
	var ours, least time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := NewTree(files); err != nil {
			b.Fatal(err)
		}
		ours += time.Since(start)
		start = time.Now()
		for range 2 * manyFiles {
			sha256.Sum256(leaf)
		}
		least += time.Since(start)
	}
	b.ReportMetric(ours.Seconds()/least.Seconds(), "ratio")
}

// BenchmarkVerify compares the check of a bundle over 100,000 materials with
// one plain decoding of its statement. ratio is the time by that time.
func BenchmarkVerify(b *testing.B) {
	key, err := NewEphemeralKey()
	if err != nil {
		b.Fatal(err)
	}
	statement := manyStatement(b)
	signed, err := signBundle(key, statement)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(signed)))
	var ours, decoding time.Duration
	for b.Loop() {
		start := time.Now()
		bundle, err := ParseBundle(signed)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Verify(bundle, key.Public()); err != nil {
			b.Fatal(err)
		}
		ours += time.Since(start)
		start = time.Now()
		var v any
		if err := json.Unmarshal(statement, &v); err != nil {
			b.Fatal(err)
		}
		decoding += time.Since(start)
	}
	b.ReportMetric(ours.Seconds()/decoding.Seconds(), "ratio")
}

// manyStatement is a statement over a collection of many materials and their
// tree.
func manyStatement(b *testing.B) []byte {
	files := manyMaterials()
	root, err := NewTree(files)
	if err != nil {
		b.Fatal(err)
	}
	empty, err := NewTree(nil)
	if err != nil {
		b.Fatal(err)
	}
	c := Collection{Name: "bench"}
	for _, a := range []struct {
		kind string
		body any
	}{{TypeMaterial, files}, {TypeTrees, Trees{Materials: root, Products: empty}}} {
		body, err := json.Marshal(a.body)
		if err != nil {
			b.Fatal(err)
		}
		c.Attestations = append(c.Attestations, Attestation{Type: a.kind, Body: body, StartTime: time.Unix(0, 0).UTC(), EndTime: time.Unix(0, 0).UTC()})
	}
	predicate, err := json.Marshal(c)
	if err != nil {
		b.Fatal(err)
	}
	sum := sha256.Sum256(predicate)
	out, err := Statement{
		Type: StatementType, PredicateType: CollectionType, Predicate: predicate,
		Subject: []Subject{{Name: "predicate", Digest: SHA256(hex.EncodeToString(sum[:]))}},
	}.Marshal()
	if err != nil {
		b.Fatal(err)
	}
	return out
}

// BenchmarkSign signs a statement of 100 kB, beside the digest of it, which is
// the least that it takes. ratio is the time by that time.
func BenchmarkSign(b *testing.B) {
	key, err := NewEphemeralKey()
	if err != nil {
		b.Fatal(err)
	}
	statement := make([]byte, 100_000)
	var ours, least time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := signBundle(key, statement); err != nil {
			b.Fatal(err)
		}
		ours += time.Since(start)
		start = time.Now()
		sha256.Sum256(statement)
		least += time.Since(start)
	}
	b.ReportMetric(ours.Seconds()/least.Seconds(), "ratio")
}
