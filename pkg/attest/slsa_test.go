package attest

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestProvenanceCheck(t *testing.T) {
	good := `{"buildDefinition":{"buildType":"https://example.invalid/t","externalParameters":{},"resolvedDependencies":[{"uri":"x"}]},"runDetails":{"builder":{"id":"b"}}}`
	check := func(text string) error {
		var p Provenance
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			return err
		}
		return p.Check()
	}
	if err := check(good); err != nil {
		t.Error(err)
	}
	for _, change := range [][2]string{
		{"https://example.invalid/t", ""}, {`,"externalParameters":{}`, ""}, {`"id":"b"`, ""}, {`"uri":"x"`, ""}, {`{"uri":"x"}`, "1"},
	} {
		if err := check(strings.Replace(good, change[0], change[1], 1)); err == nil {
			t.Errorf("accepted without %s", change[0])
		}
	}
}

// TestRootsOfProvenance: only the roots of a provenance of ours are believed,
// since the names mean nothing elsewhere.
func TestRootsOfProvenance(t *testing.T) {
	files, tree := someFiles(t, 3)
	p, err := ProveFile(ProductsTree, files, "dir/file 1")
	if err != nil {
		t.Fatal(err)
	}
	prov := Provenance{
		BuildDefinition: BuildDefinition{BuildType: BuildTypeStep, ExternalParameters: map[string]any{}},
		RunDetails:      RunDetails{Builder: Builder{ID: "b"}, Byproducts: []ResourceDescriptor{TreeByproduct(ProductsTree, tree.Root, tree.LeafCount)}},
	}
	verified := func(p Provenance, typ string) *Verified {
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		return &Verified{Statement: Statement{PredicateType: typ, Predicate: text}}
	}
	if err := verified(prov, SLSAProvenanceType).CheckProof(p); err != nil {
		t.Error(err)
	}
	if verified(prov, "https://example.invalid/other").CheckProof(p) == nil {
		t.Error("the roots of another predicate type are believed")
	}
	prov.BuildDefinition.BuildType = "https://example.invalid/other"
	if verified(prov, SLSAProvenanceType).CheckProof(p) == nil {
		t.Error("the roots of another build type are believed")
	}
	subject := &Verified{Statement: Statement{Subject: []Subject{{Name: ProductTreeName, Digest: SHA256(tree.Root)}}}}
	if err := subject.CheckProof(p); err != nil {
		t.Error(err)
	}
	p.Tree = MaterialsTree
	if subject.CheckProof(p) == nil {
		t.Error("the root of the products proves a material")
	}
}
