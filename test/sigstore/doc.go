// Package sigstore proves that sigstore-go, Sigstore's own client, and pkg/attest
// accept each other's bundles and refuse the same ones. It is a module of its
// own: these tests need more of sigstore-go than the product does.
package sigstore
