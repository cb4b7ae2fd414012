// Package attest holds the evidence: in-toto statements about a step, the
// envelopes that carry them, and the functions that sign and verify both.
//
// Sign side: a [Statement] and a [Key] make a [Bundle]. Verify side: a Bundle
// and a [PublicKey] make a [Verified], which exists only if every check held.
// Between the two a [Notary] may complete a signature at a Sigstore instance:
// a certificate, timestamps, a log entry. It is all that uses the network here,
// and nothing reads the environment.
package attest
