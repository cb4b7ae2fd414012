package ghresolve_test

import (
	"fmt"

	"github.com/org/cilock-action/pkg/actionref/ghresolve"
)

// A deny-list says which commits nobody shall use, whatever names them.
func ExampleParseDenied() {
	list, err := ghresolve.ParseDenied([]byte("# known attacks\nacme/scanner 3f1c9a7be0d25486af77c41be83d90265cb1e8d4 steals credentials\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ghresolve.ReasonDenied(list, "3f1c9a7be0d25486af77c41be83d90265cb1e8d4", "acme/scanner"))
	// Output: steals credentials
}
