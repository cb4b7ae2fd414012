package attest

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Predicate types of SLSA (https://slsa.dev/spec/v1.1/).
const (
	SLSAProvenanceType = "https://slsa.dev/provenance/v1"
	SLSASummaryType    = "https://slsa.dev/verification_summary/v1"
)

// The build types of the provenance that is written here: docs/provenance.md
// says what their parameters mean.
const (
	// BuildTypeStep is one command that `run` wrapped.
	BuildTypeStep = "https://github.com/org/cilock-action/buildtypes/step/v1"
	// BuildTypeAttested is a build that nobody watched: `attest` was told of its
	// artifacts afterwards.
	BuildTypeAttested = "https://github.com/org/cilock-action/buildtypes/attested/v1"
)

// Provenance is the predicate of SLSA provenance v1
// (https://slsa.dev/spec/v1.1/provenance).
type Provenance struct {
	BuildDefinition BuildDefinition `json:"buildDefinition"`
	RunDetails      RunDetails      `json:"runDetails"`
}

// BuildDefinition is what was to be built, from what.
type BuildDefinition struct {
	BuildType            string               `json:"buildType"`
	ExternalParameters   map[string]any       `json:"externalParameters"`
	InternalParameters   map[string]any       `json:"internalParameters,omitempty"`
	ResolvedDependencies []ResourceDescriptor `json:"resolvedDependencies,omitempty"`
}

// RunDetails is who built it, and what came out beside the subjects.
type RunDetails struct {
	Builder    Builder              `json:"builder"`
	Metadata   *BuildMetadata       `json:"metadata,omitempty"`
	Byproducts []ResourceDescriptor `json:"byproducts,omitempty"`
}

// Builder is whom a reader must trust for the rest to be true.
type Builder struct {
	ID                  string               `json:"id"`
	Version             map[string]string    `json:"version,omitempty"`
	BuilderDependencies []ResourceDescriptor `json:"builderDependencies,omitempty"`
}

// BuildMetadata is about this one run.
type BuildMetadata struct {
	InvocationID string     `json:"invocationId,omitempty"`
	StartedOn    *time.Time `json:"startedOn,omitempty"`
	FinishedOn   *time.Time `json:"finishedOn,omitempty"`
}

// ResourceDescriptor is in-toto's v1 resource descriptor
// (https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md).
// Its digests may have names that are in-toto's and not Witness', gitCommit
// above all.
type ResourceDescriptor struct {
	Name             string            `json:"name,omitempty"`
	URI              string            `json:"uri,omitempty"`
	Digest           map[string]string `json:"digest,omitempty"`
	Content          []byte            `json:"content,omitempty"`
	DownloadLocation string            `json:"downloadLocation,omitempty"`
	MediaType        string            `json:"mediaType,omitempty"`
	Annotations      map[string]any    `json:"annotations,omitempty"`
}

// Check refuses a provenance without what the specification requires.
func (p Provenance) Check() error {
	switch {
	case p.BuildDefinition.BuildType == "":
		return errors.New("provenance has no buildDefinition.buildType")
	case p.BuildDefinition.ExternalParameters == nil:
		return errors.New("provenance has no buildDefinition.externalParameters")
	case p.RunDetails.Builder.ID == "":
		return errors.New("provenance has no runDetails.builder.id")
	}
	for _, d := range p.BuildDefinition.ResolvedDependencies {
		if d.Name == "" && d.URI == "" && len(d.Digest) == 0 {
			return errors.New("provenance has a dependency without name, uri and digest")
		}
	}
	return nil
}

// TreeByproduct names the by-product that is the root of a tree of the step;
// its annotation "leafcount" is the number of leaves. With it a Proof can be
// verified against the provenance alone.
func TreeByproduct(tree, root string, leaves int) ResourceDescriptor {
	return ResourceDescriptor{
		Name: tree + treeByproductSuffix, Digest: SHA256(root), Annotations: map[string]any{"leafcount": leaves},
	}
}

const treeByproductSuffix = " (RFC 6962 root)"

// rootsOfProvenance are the roots among the by-products of a provenance that
// was written here. Those of others are not looked at: the name could mean
// anything there.
func rootsOfProvenance(predicate []byte) (roots []signedRoot, err error) {
	var p struct {
		BuildDefinition struct {
			BuildType string `json:"buildType"`
		} `json:"buildDefinition"`
		RunDetails struct {
			Byproducts []struct {
				Name        string            `json:"name"`
				Digest      map[string]string `json:"digest"`
				Annotations struct {
					LeafCount int `json:"leafcount"`
				} `json:"annotations"`
			} `json:"byproducts"`
		} `json:"runDetails"`
	}
	if err := errors.Join(json.Unmarshal(predicate, &p), distinctEverywhere(predicate)); err != nil {
		return nil, fmt.Errorf("read provenance: %w", err)
	}
	if p.BuildDefinition.BuildType != BuildTypeStep {
		return nil, nil
	}
	for _, b := range p.RunDetails.Byproducts {
		for _, tree := range []string{MaterialsTree, ProductsTree, TraceTree} {
			if b.Name == tree+treeByproductSuffix {
				roots = append(roots, signedRoot{tree, b.Digest["sha256"], b.Annotations.LeafCount})
			}
		}
	}
	return roots, nil
}
