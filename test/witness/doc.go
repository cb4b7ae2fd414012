// Package witness proves that an independent verifier, go-witness, accepts and
// refuses our envelopes as it should. It is a module of its own: go-witness
// brings some three hundred modules, none of which the product needs.
package witness
