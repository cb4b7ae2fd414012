package attest

import (
	"context"
	"crypto"
	"crypto/sha256"

	protocommon "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
)

// keypair is a Key as sigstore-go's clients use it (sign.Keypair).
type keypair struct{ *Key }

func (keypair) GetHashAlgorithm() protocommon.HashAlgorithm {
	return protocommon.HashAlgorithm_SHA2_256
}

func (k keypair) GetSigningAlgorithm() protocommon.PublicKeyDetails {
	if k.public.algorithm == "ed25519" {
		return protocommon.PublicKeyDetails_PKIX_ED25519
	}
	return protocommon.PublicKeyDetails_PKIX_ECDSA_P256_SHA_256
}

func (k keypair) GetHint() []byte { return []byte(k.public.id) }

func (k keypair) GetKeyAlgorithm() string {
	if k.public.algorithm == "ed25519" {
		return "ED25519"
	}
	return "ECDSA"
}

func (k keypair) GetPublicKey() crypto.PublicKey { return k.public.key }

func (k keypair) GetPublicKeyPem() (string, error) { return string(k.public.pem), nil }

func (k keypair) SignData(ctx context.Context, data []byte) (sig, digest []byte, err error) {
	sig, err = k.sign(ctx, data)
	sum := sha256.Sum256(data)
	return sig, sum[:], err
}
