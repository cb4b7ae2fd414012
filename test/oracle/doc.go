// Package oracle compares the references that pkg/actionref finds with those
// that two independent readers of workflows find: actionlint, and GitHub's own
// parser in TypeScript. It is a module of its own: the product needs neither.
package oracle
