// Package attest holds the evidence: in-toto statements about a step, the
// envelopes that carry them, and the functions that sign and verify both.
//
// Sign side: a [Statement] and a [Key] make a [Bundle]. Verify side: a Bundle
// and a [PublicKey] make a [Verified], which exists only if every check held.
// Nothing here reads the environment or the network.
package attest
