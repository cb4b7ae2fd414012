package attest

// PredicateName names the predicate types that others' bundles have, for
// people; empty for one that is not known. Known means that a reader may look
// up what such a statement says, and no more: none of them is judged here.
func PredicateName(predicateType string) string {
	switch predicateType {
	case CollectionType:
		return "cilock collection"
	case WitnessCollectionType:
		return "Witness collection"
	case AflockCollectionType:
		return "CI/lock collection"
	case "https://slsa.dev/provenance/v1":
		return "SLSA provenance v1"
	case "https://slsa.dev/provenance/v0.2":
		return "SLSA provenance v0.2"
	case SummaryType:
		return "SLSA verification summary"
	case "https://github.com/npm/attestation/tree/main/specs/publish/v0.1":
		return "npm publication"
	case "https://spdx.dev/Document", "https://spdx.dev/Document/v2.3", "https://spdx.dev/Document/v2.2":
		return "SPDX bill of materials"
	case "https://cyclonedx.org/bom", "https://cyclonedx.org/schema", "https://cyclonedx.org/BOM/v1":
		return "CycloneDX bill of materials"
	case "https://openvex.dev/ns", "https://openvex.dev/ns/v0.2.0":
		return "OpenVEX statement"
	case "https://cosign.sigstore.dev/attestation/vuln/v1", "https://in-toto.io/attestation/vulns/v0.1", "https://in-toto.io/attestation/vulns/v0.2":
		return "vulnerability scan"
	case "https://cosign.sigstore.dev/attestation/v1":
		return "cosign attestation"
	case "https://sigstore.dev/cosign/sign/v1":
		return "cosign signature"
	case "https://in-toto.io/attestation/test-result/v0.1":
		return "test result"
	case "https://in-toto.io/attestation/release/v0.1":
		return "GitHub release"
	case "https://in-toto.io/attestation/scai/attribute-report/v0.2", "https://in-toto.io/attestation/scai/attribute-report":
		return "SCAI report"
	}
	return ""
}
