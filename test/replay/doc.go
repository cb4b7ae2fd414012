// Package replay plays known attacks on pipelines again, without their harm: the
// secrets are made up for each test, the thief's server listens on loopback, and
// what he touches lies in a temporary folder. Each attack has a twin that does the
// same work without the theft. Both run under the real program with real tracing,
// and the same signed policy judges both; a table says which layer sees what.
package replay
