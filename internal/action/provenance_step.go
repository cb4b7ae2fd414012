package action

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"

	"github.com/org/cilock-action/pkg/attest"
)

// stepProvenance is the statement of SLSA provenance for what the step made, or
// nil if there is nothing to say: a step that failed, was cancelled or made
// nothing. Who only asks for provenance must not find some of a build that
// failed.
func stepProvenance(p Plan, e Evidence, c attest.Collection, docs Documents) ([]byte, error) {
	var products map[string]attest.Product
	if _, err := c.Decode(attest.TypeProduct, &products); err != nil {
		return nil, err
	}
	if !e.Step.Started || e.Step.ExitCode != 0 || e.Step.Cancelled != "" || len(products)+len(chosenSubjects(e)) == 0 {
		return nil, nil
	}
	facts, err := readJobFacts(c)
	if err != nil {
		return nil, err
	}
	prov := newProvenance(attest.BuildTypeStep, facts)
	if err := describeStep(&prov, c); err != nil {
		return nil, err
	}
	start, end := e.Step.Start.UTC(), e.Step.End.UTC()
	prov.RunDetails.Metadata.StartedOn, prov.RunDetails.Metadata.FinishedOn = &start, &end
	if prov.RunDetails.Byproducts, err = byproducts(p, c, docs); err != nil {
		return nil, err
	}
	return provenanceStatement(p, prov, docs.Subjects)
}

func provenanceStatement(p Plan, prov attest.Provenance, subjects []attest.Subject) ([]byte, error) {
	predicate, err := attest.Encode(prov)
	if err == nil {
		predicate, err = redactJSON(p.redact, predicate)
	}
	if err != nil {
		return nil, fmt.Errorf("encode provenance: %w", err)
	}
	return statement(attest.SLSAProvenanceType, subjects, predicate)
}

// describeStep says what was run and how it was watched.
func describeStep(prov *attest.Provenance, c attest.Collection) error {
	var run attest.CommandRun
	if _, err := c.Decode(attest.TypeCommandRun, &run); err != nil {
		return err
	}
	var done attest.Completeness
	if _, err := c.Decode(attest.TypeCompleteness, &done); err != nil {
		return err
	}
	gaps, sensor := 0, "none"
	for _, row := range done.Collectors {
		gaps += len(row.Gaps)
		if row.State == attest.StateFailed && len(row.Gaps) == 0 {
			gaps++
		}
		if row.Backend != "" {
			sensor = row.Backend
		}
	}
	d := &prov.BuildDefinition
	d.ExternalParameters["step"], d.ExternalParameters["command"] = c.Name, run.Cmd
	if d.InternalParameters == nil {
		d.InternalParameters = map[string]any{}
	}
	d.InternalParameters["evidence"] = map[string]any{"gaps": gaps, "sensor": sensor}
	return nil
}

// byproducts are the evidence and the roots of its trees. The evidence is named
// by the digest of its statement: the bundle around it may still get a log entry.
func byproducts(p Plan, c attest.Collection, docs Documents) ([]attest.ResourceDescriptor, error) {
	name := recordedText(p.redact(filepath.Base(p.Outfile)))
	sum := sha256.Sum256(docs.Statement)
	out := []attest.ResourceDescriptor{{
		Name: name + " (statement)", MediaType: attest.PayloadType, Digest: attest.SHA256(hex.EncodeToString(sum[:])),
		Annotations: map[string]any{"predicateType": attest.CollectionType},
	}}
	var trees attest.Trees
	if _, err := c.Decode(attest.TypeTrees, &trees); err != nil {
		return nil, err
	}
	for _, t := range []struct {
		name string
		attest.Tree
	}{{attest.MaterialsTree, trees.Materials}, {attest.ProductsTree, trees.Products}} {
		if t.LeafCount > 0 {
			out = append(out, attest.TreeByproduct(t.name, t.Root, t.LeafCount))
		}
	}
	var trace attest.Trace
	if _, err := c.Decode(attest.TypeTrace, &trace); err != nil {
		return nil, err
	}
	if trace.Root != "" {
		out = append(out,
			attest.TreeByproduct(attest.TraceTree, trace.Root, trace.LeafCount),
			attest.ResourceDescriptor{Name: name + TraceSuffix, MediaType: "application/zstd", Digest: trace.Sidecar})
	}
	return out, nil
}
