// Package attacks tries to have evidence believed that must not be: each test
// takes a bundle that a workflow really signed at a private Sigstore instance
// (test/stack), does to it what an attacker could, and expects `cilock verify`
// to refuse it and to name the stage that saw it.
package attacks
