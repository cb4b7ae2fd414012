package secretscan_test

import (
	"fmt"
	"os"

	"github.com/org/cilock-action/pkg/secretscan"
)

func ExampleRedactor() {
	environ := []string{"DEPLOY_TOKEN=fake-0123456789", "HOME=/home/me"} // os.Environ()
	r := secretscan.NewRedactor(environ, secretscan.Options{})

	fmt.Println(r.RedactString("login with fake-0123456789"))
	fmt.Println(r.RedactArgs([]string{"push", "--password", "-x", "https://me:pw@example.com/"}))

	w := r.Writer(os.Stdout)
	fmt.Fprint(w, "in pieces: fake-0123")
	fmt.Fprintln(w, "456789")
	w.Close()
	// Output:
	// login with [REDACTED:DEPLOY_TOKEN]
	// [push --password [REDACTED:arg] https://[REDACTED:url]@example.com/]
	// in pieces: [REDACTED:DEPLOY_TOKEN]
}
