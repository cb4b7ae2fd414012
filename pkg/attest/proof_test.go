package attest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// someFiles are n files and their tree.
func someFiles(tb testing.TB, n int) (map[string]DigestSet, Tree) {
	tb.Helper()
	files := map[string]DigestSet{}
	for i := range n {
		sum := sha256.Sum256(fmt.Append(nil, i))
		files[fmt.Sprintf("dir/file %d", i)] = SHA256(hex.EncodeToString(sum[:]))
	}
	tree, err := NewTree(files)
	if err != nil {
		tb.Fatal(err)
	}
	return files, tree
}

// reread is the proof as a reader of its JSON has it.
func reread(tb testing.TB, p *Proof) *Proof {
	tb.Helper()
	data, err := json.Marshal(p)
	if err != nil {
		tb.Fatal(err)
	}
	again, err := ParseProof(data)
	if err != nil {
		tb.Fatalf("%v: %s", err, data)
	}
	return again
}

// TestEveryFileIsProven: for trees of every small size each leaf has a proof
// that holds against the root that the evidence signs.
func TestEveryFileIsProven(t *testing.T) {
	for n := range 35 {
		files, tree := someFiles(t, n)
		for path := range files {
			p, err := ProveFile(ProductsTree, files, path)
			if err != nil {
				t.Fatal(err)
			}
			if err := VerifyProof(reread(t, p), tree.Root, tree.LeafCount); err != nil {
				t.Errorf("%d files, %s: %v", n, path, err)
			}
			if err := VerifyProof(p, tree.Root, 0); err != nil {
				t.Errorf("%d files, %s, size not known: %v", n, path, err)
			}
		}
		if _, err := ProveFile(ProductsTree, files, "dir"); err == nil {
			t.Errorf("%d files: a file that is not there is proven", n)
		}
	}
}

func TestLargeTreeIsProven(t *testing.T) {
	files, tree := someFiles(t, 100_000)
	for _, path := range []string{"dir/file 0", "dir/file 99999", "dir/file 54321"} {
		p, err := ProveFile(MaterialsTree, files, path)
		if err != nil {
			t.Fatal(err)
		}
		if err := VerifyProof(reread(t, p), tree.Root, tree.LeafCount); err != nil || len(p.Hashes) > 17 {
			t.Errorf("%s: %d hashes, %v", path, len(p.Hashes), err)
		}
	}
}

func TestEveryLineIsProven(t *testing.T) {
	for n := range 10 {
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, "{\"line\":%d}\n", i)
		}
		text.WriteString("not ended")
		tree := NewLineTree()
		if _, err := tree.Write([]byte(text.String())); err != nil {
			t.Fatal(err)
		}
		root, leaves := tree.Root()
		for number := 0; number <= n+1; number++ {
			prover := NewLineProver(number)
			for _, part := range []string{text.String()[:3], text.String()[3:]} {
				if _, err := prover.Write([]byte(part)); err != nil {
					t.Fatal(err)
				}
			}
			p, err := prover.Proof()
			if number == 0 || number > n {
				if err == nil {
					t.Errorf("line %d of %d is proven", number, n)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := VerifyProof(reread(t, p), root, leaves); err != nil || p.Line != fmt.Sprintf(`{"line":%d}`, number-1) {
				t.Errorf("line %d of %d: %q, %v", number, n, p.Line, err)
			}
		}
	}
}

// TestTamperedProofs changes each part of a proof.
func TestTamperedProofs(t *testing.T) {
	files, tree := someFiles(t, 7)
	other, otherTree := someFiles(t, 6)
	good, err := ProveFile(ProductsTree, files, "dir/file 3")
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := ProveFile(ProductsTree, other, "dir/file 3")
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(p *Proof){
		"path":           func(p *Proof) { p.Path = "dir/file 4" },
		"digest":         func(p *Proof) { p.SHA256 = files["dir/file 4"]["sha256"] },
		"path and leaf":  func(p *Proof) { p.Path, p.SHA256 = "dir/file 4", files["dir/file 4"]["sha256"] },
		"upper case":     func(p *Proof) { p.SHA256 = strings.ToUpper(p.SHA256) },
		"index":          func(p *Proof) { p.LeafIndex++ },
		"negative index": func(p *Proof) { p.LeafIndex = -1 },
		"index at end":   func(p *Proof) { p.LeafIndex = p.LeafCount },
		"count":          func(p *Proof) { p.LeafCount++ },
		"no leaves":      func(p *Proof) { p.LeafCount = 0 },
		"root":           func(p *Proof) { p.Root = otherTree.Root },
		"no root":        func(p *Proof) { p.Root = "" },
		"a hash":         func(p *Proof) { p.Hashes[1] = p.Hashes[0] },
		"a hash less":    func(p *Proof) { p.Hashes = p.Hashes[1:] },
		"a hash more":    func(p *Proof) { p.Hashes = append(p.Hashes, p.Hashes[0]) },
		"many hashes":    func(p *Proof) { p.Hashes = make([]string, 1000) },
		"no hash":        func(p *Proof) { p.Hashes[0] = "zz" },
		"a line":         func(p *Proof) { p.Line = "x" },
		"another tree":   func(p *Proof) { p.Tree = TraceTree },
		"unknown tree":   func(p *Proof) { p.Tree = "other" },
		"another proof":  func(p *Proof) { *p = *foreign },
	} {
		p := reread(t, good)
		change(p)
		err := VerifyProof(p, tree.Root, tree.LeafCount)
		if check := new(CheckError); !errors.As(err, &check) || check.Check != "inclusion proof" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := VerifyProof(good, otherTree.Root, 0); err == nil {
		t.Error("the root of another tree is accepted")
	}
	// An inner node is no leaf: the hash of two leaves proves nothing.
	inner := reread(t, good)
	inner.LeafCount, inner.Hashes = 4, inner.Hashes[1:]
	if err := VerifyProof(inner, tree.Root, 0); err == nil {
		t.Error("a shorter path is accepted")
	}
}

func TestParseProofRefuses(t *testing.T) {
	files, _ := someFiles(t, 2)
	p, err := ProveFile(ProductsTree, files, "dir/file 1")
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"type":          {"inclusion-proof/v0.1", "inclusion-proof/v0.2"},
		"unknown field": {`{"type"`, `{"more":1,"type"`},
		"field twice":   {`"tree":`, `"Tree":"materials","tree":`},
		"tree":          {`"products"`, `"subjects"`},
		"no path":       {`"dir/file 1"`, `""`},
		"index":         {`"leafindex":1`, `"leafindex":1e30`},
		"text after":    {`]}`, `]}{}`},
	} {
		changed := strings.Replace(string(data), change[0], change[1], 1)
		if _, err := ParseProof([]byte(changed)); err == nil || changed == string(data) {
			t.Errorf("%s is accepted: %s", name, changed)
		}
	}
	if _, err := ParseProof(make([]byte, MaxProofSize+1)); err == nil {
		t.Error("a huge proof is read")
	}
}

// FuzzProof: whatever is read, only what is in the tree is proven.
func FuzzProof(f *testing.F) {
	files, tree := someFiles(f, 5)
	for path := range files {
		p, err := ProveFile(ProductsTree, files, path)
		if err != nil {
			f.Fatal(err)
		}
		data, err := json.Marshal(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(bytes.Replace(data, []byte(`"leafindex":`), []byte(`"leafindex":1`), 1))
	}
	f.Add([]byte(`{"type":"` + ProofType + `","tree":"trace","line":"x","root":"","hashes":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParseProof(data)
		if err != nil {
			return
		}
		if VerifyProof(p, tree.Root, 0) == nil && files[p.Path]["sha256"] != p.SHA256 {
			t.Errorf("%s is proven", data)
		}
	})
}
