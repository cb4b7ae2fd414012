package attest_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/org/cilock-action/pkg/attest"
)

// Sign a statement about a file, and verify it.
func ExampleVerify() {
	key, err := attest.NewEphemeralKey()
	if err != nil {
		panic(err)
	}
	digest := "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4"
	payload, err := attest.Statement{
		Type:          attest.StatementType,
		Subject:       []attest.Subject{{Name: "out.txt", Digest: attest.SHA256(digest)}},
		PredicateType: "https://example.invalid/review/v1",
		Predicate:     json.RawMessage(`{"looked":true}`),
	}.Marshal()
	if err != nil {
		panic(err)
	}
	signature, err := key.Sign(context.Background(), payload)
	if err != nil {
		panic(err)
	}
	file, err := signature.Bundle()
	if err != nil {
		panic(err)
	}

	bundle, err := attest.ParseBundle(file)
	if err != nil {
		panic(err)
	}
	verified, err := attest.Verify(bundle, key.Public())
	if err != nil {
		panic(err)
	}
	where, ok := verified.MatchSubject(digest)
	fmt.Println(where, ok)
	// Output: subject out.txt true
}
