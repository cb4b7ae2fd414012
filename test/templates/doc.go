// Package templates runs the reusable workflows of .github/workflows as a consumer
// does, with act: called from another repository by a commit, with a Sigstore
// instance on loopback, and with stand-ins for the artifact actions. It also reads
// them and the starters in workflow-templates: pins, permissions, inputs.
package templates
