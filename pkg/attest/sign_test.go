package attest

import "context"

// signBundle and signEnvelope sign with a key and nothing beside it.
func signBundle(key *Key, payload []byte) ([]byte, error) {
	s, err := key.Sign(context.Background(), payload)
	if err != nil {
		return nil, err
	}
	return s.Bundle()
}

func signEnvelope(key *Key, payload []byte) ([]byte, error) {
	s, err := key.Sign(context.Background(), payload)
	if err != nil {
		return nil, err
	}
	return s.Envelope()
}
