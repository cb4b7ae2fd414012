package actionref_test

import (
	"fmt"

	"github.com/org/cilock-action/pkg/actionref"
)

// Find the references of a workflow, and pin one in place.
func ExamplePin() {
	src := []byte("on: push\njobs:\n  a:\n    steps:\n      - uses: acme/build@v1\n      - uses: ./local\n")
	var pins []actionref.Pinning
	for _, use := range actionref.Find(src).Uses {
		fmt.Printf("%d:%d %s %s pinned=%t\n", use.Line, use.Col, use.Ref.Kind(), use.Ref, use.Ref.Pinned())
		if use.Ref.Kind() == actionref.KindAction {
			pins = append(pins, actionref.Pinning{Use: use, To: "3f1c9a7be0d25486af77c41be83d90265cb1e8d4", Version: "v1.2.0"})
		}
	}
	out, refused := actionref.Pin(src, pins)
	fmt.Printf("%d refused\n%s", len(refused), out)
	// Output:
	// 5:15 action acme/build@v1 pinned=false
	// 6:15 local ./local pinned=false
	// 0 refused
	// on: push
	// jobs:
	//   a:
	//     steps:
	//       - uses: acme/build@3f1c9a7be0d25486af77c41be83d90265cb1e8d4 # v1.2.0
	//       - uses: ./local
}
