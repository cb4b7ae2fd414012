package attest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
)

// Key signs. It is made from a PEM file or generated for one run.
type Key struct {
	private   crypto.Signer
	public    PublicKey
	ephemeral bool
}

// PublicKey verifies. Its ID is the lower-case hex SHA-256 of its PEM, which
// is what a Witness policy calls publickeyid.
type PublicKey struct {
	key       crypto.PublicKey
	pem       []byte
	id        string
	algorithm string
}

// ID is the lower-case hex SHA-256 of the key's PEM.
func (p PublicKey) ID() string { return p.id }

// PEM is the PKIX form, as `openssl pkey -pubout` writes it.
func (p PublicKey) PEM() []byte { return p.pem }

// Algorithm is ecdsa-p256 or ed25519.
func (p PublicKey) Algorithm() string { return p.algorithm }

// Public is the half that verifies.
func (k *Key) Public() PublicKey { return k.public }

// Ephemeral reports a key made for one run: its signature says that nobody
// changed the evidence, and not who made it.
func (k *Key) Ephemeral() bool { return k.ephemeral }

// ParseKey reads a private key: PKCS#8 PEM, ECDSA P-256 or Ed25519. The error
// says what the file holds instead and, where there is one, the command that
// converts it. No error holds any part of the key.
func ParseKey(data []byte) (*Key, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("no PEM block found: expected a PKCS#8 private key (-----BEGIN PRIVATE KEY-----)")
	}
	switch block.Type {
	case "PRIVATE KEY":
	case "EC PRIVATE KEY":
		return nil, errors.New("key is in SEC 1 form, expected PKCS#8: convert it with `openssl pkcs8 -topk8 -nocrypt -in KEY -out KEY.pkcs8`")
	case "ENCRYPTED PRIVATE KEY", "ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY":
		return nil, errors.New("key is encrypted: expected an unencrypted PKCS#8 private key")
	case "PUBLIC KEY", "CERTIFICATE":
		return nil, fmt.Errorf("file holds a %s, signing needs the private key", block.Type)
	default:
		return nil, fmt.Errorf("PEM block is %q, expected PRIVATE KEY (PKCS#8)", block.Type)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("PEM block is not a PKCS#8 private key")
	}
	signer, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("key type %T cannot sign", parsed)
	}
	return newKey(signer, false)
}

// NewEphemeralKey makes an ECDSA P-256 key that lives as long as the process.
func NewEphemeralKey() (*Key, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate local key: %w", err)
	}
	return newKey(private, true)
}

func newKey(private crypto.Signer, ephemeral bool) (*Key, error) {
	public, err := newPublicKey(private.Public())
	if err != nil {
		return nil, err
	}
	return &Key{private: private, public: public, ephemeral: ephemeral}, nil
}

// ParsePublicKey reads a PKIX public key in PEM, ECDSA P-256 or Ed25519.
func ParsePublicKey(data []byte) (PublicKey, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return PublicKey{}, errors.New("no PEM block found: expected a public key (-----BEGIN PUBLIC KEY-----)")
	}
	if block.Type != "PUBLIC KEY" {
		hint := ""
		if block.Type == "PRIVATE KEY" {
			hint = ": write the public half with `openssl pkey -pubout`"
		}
		return PublicKey{}, fmt.Errorf("PEM block is %q, expected PUBLIC KEY%s", block.Type, hint)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return PublicKey{}, errors.New("PEM block is not a PKIX public key")
	}
	return newPublicKey(key)
}

func newPublicKey(key crypto.PublicKey) (PublicKey, error) {
	algorithm, err := algorithmOf(key)
	if err != nil {
		return PublicKey{}, err
	}
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return PublicKey{}, fmt.Errorf("encode public key: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	sum := sha256.Sum256(text)
	return PublicKey{key: key, pem: text, id: hex.EncodeToString(sum[:]), algorithm: algorithm}, nil
}

// algorithmOf names the key's algorithm, and refuses those that are not
// signed with here.
func algorithmOf(key crypto.PublicKey) (string, error) {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() {
			return "ecdsa-p256", nil
		}
		return "", fmt.Errorf("key is ECDSA %s, expected ECDSA P-256 or Ed25519", k.Curve.Params().Name)
	case ed25519.PublicKey:
		return "ed25519", nil
	default:
		return "", fmt.Errorf("key is %T, expected ECDSA P-256 or Ed25519", key)
	}
}

// sign signs a message: its SHA-256 for ECDSA, itself for Ed25519. What came is
// checked, since a key may be behind somebody's command; the error of such a key
// is a *CommandError.
func (k *Key) sign(ctx context.Context, data []byte) ([]byte, error) {
	opts, message := crypto.SignerOpts(crypto.Hash(0)), data
	if k.public.algorithm == "ecdsa-p256" {
		sum := sha256.Sum256(message)
		opts, message = crypto.SHA256, sum[:]
	}
	command, behindCommand := k.private.(commandSigner)
	var sig []byte
	var err error
	if behindCommand {
		sig, err = command.sign(ctx, message)
	} else {
		sig, err = k.private.Sign(rand.Reader, message, opts)
	}
	if err == nil && !k.public.verifies(data, sig) {
		err = errors.New("the signature does not fit the key")
	}
	switch {
	case err == nil:
		return sig, nil
	case behindCommand:
		return nil, &CommandError{fmt.Errorf("sign with key %s: %w", k.public.id, err)}
	}
	return nil, fmt.Errorf("sign with key %s: %w", k.public.id, err)
}

// verifies reports whether sig is by this key, over a message of any kind.
func (p PublicKey) verifies(message, sig []byte) bool {
	switch key := p.key.(type) {
	case *ecdsa.PublicKey:
		sum := sha256.Sum256(message)
		return ecdsa.VerifyASN1(key, sum[:], sig)
	case ed25519.PublicKey:
		return ed25519.Verify(key, message, sig)
	}
	return false // the zero PublicKey
}
