// Package refs is the verb `refs`: it finds the workflows and actions of a
// repository, judges every action reference in them, and says so as text, JSON,
// SARIF or annotations. The reading of one file is pkg/actionref's.
//
//	Discover -> Scan -> (Resolve) -> Judge -> Lines, JSON, SARIF, Annotate
//	 folders    files    network     pure     pure
//
// What cannot be read, and what is beyond a limit, is a finding: a clean answer
// means that everything was looked at.
package refs
