// Package oracle compares what is ours with independent programs that do the
// same. The references that pkg/actionref finds: actionlint, and GitHub's own
// parser in TypeScript. Expressions and hashFiles of internal/runner/expr:
// GitHub's own evaluator and glob in TypeScript. It is a module of its own: the
// product needs none of them.
package oracle
