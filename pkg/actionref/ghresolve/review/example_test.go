package review_test

import (
	"fmt"

	"github.com/org/cilock-action/pkg/actionref/ghresolve/review"
)

// On a public repository anybody can approve, and most approvals mean nothing.
func ExampleApproval_Counts() {
	for _, a := range []review.Approval{
		{Login: "octocat", Association: "MEMBER"}, {Login: "passer-by", Association: "NONE"}, {Login: "robot[bot]", Association: "MEMBER", Bot: true},
	} {
		fmt.Println(a.Login, a.Counts())
	}
	// Output:
	// octocat true
	// passer-by false
	// robot[bot] false
}
