// Package policy decides: it reads policy documents as Witness writes them,
// builds and checks ours, and evaluates their Rego modules on attestations. It
// is the home of OPA.
//
// Whatever a module says or leaves unsaid, doubt is no pass: a module that
// yields no set of denials, is stopped, or reads what is not there, is an error,
// and an error fails.
package policy
