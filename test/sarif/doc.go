// Package sarif holds our SARIF against the published schema of SARIF 2.1.0
// (errata 01), which GitHub's code scanning demands. The schema comes with
// go-sarif, which keeps a copy of it in its source; it is a module of its own so
// that nothing of that reaches the product.
package sarif
