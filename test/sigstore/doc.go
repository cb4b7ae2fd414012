// Package sigstore proves that sigstore-go, Sigstore's own client, and pkg/attest
// accept each other's bundles and refuse the same ones. It is a module of its
// own: the product does not need sigstore-go to sign and verify with a key, and
// starting a program that links it costs some twenty milliseconds at every step.
package sigstore
