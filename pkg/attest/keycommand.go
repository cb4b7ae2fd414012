package attest

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// NewCommandKey signs with a command: a KMS, an HSM or a vault has one, and its
// key stays there. The command gets what is to be signed on its standard input,
// and writes the signature to its standard output: for an ECDSA key the 32
// bytes of a SHA-256 in, an ASN.1 DER signature out, as `openssl pkeyutl -sign`
// has it; for Ed25519 the message itself in, 64 bytes out. Every signature is
// checked with the public key.
func NewCommandKey(public PublicKey, argv []string) (*Key, error) {
	if len(argv) == 0 {
		return nil, errors.New("no command to sign with")
	}
	return &Key{private: commandSigner{public, argv}, public: public}, nil
}

// commandSigner is a crypto.Signer whose key is behind a command.
type commandSigner struct {
	public PublicKey
	argv   []string
}

// Bounds of a signing command.
const (
	commandWithin   = 30 * time.Second
	maxCommandSays  = 300
	maxSignatureDER = 1 << 10
)

func (c commandSigner) Public() crypto.PublicKey { return c.public.key }

func (c commandSigner) Sign(_ io.Reader, message []byte, _ crypto.SignerOpts) ([]byte, error) {
	return c.sign(context.Background(), message)
}

// CommandError is a signing command that gave no signature of its key: the key
// may be elsewhere, and the way to it be cut.
type CommandError struct{ Err error }

func (e *CommandError) Error() string { return e.Err.Error() }
func (e *CommandError) Unwrap() error { return e.Err }

func (c commandSigner) sign(ctx context.Context, message []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, commandWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.argv[0], c.argv[1:]...)
	cmd.Stdin = bytes.NewReader(message)
	cmd.WaitDelay = time.Second // for a child that keeps the pipe
	out, said := &limited{max: maxSignatureDER}, &limited{max: maxCommandSays}
	cmd.Stdout, cmd.Stderr = out, said
	// A child that keeps the pipe is no reason to lose a signature: it is checked.
	if err := cmd.Run(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		if ctx.Err() != nil {
			err = fmt.Errorf("no signature in time: %w", context.Cause(ctx))
		}
		why := "the command printed nothing"
		if said.kept.Len() > 0 {
			why = quote(said.kept.String())
		}
		return nil, fmt.Errorf("run the signing command %s: %w: %s", quote(c.argv[0]), err, why)
	}
	if out.cut {
		return nil, fmt.Errorf("the signing command %s wrote more than a signature", quote(c.argv[0]))
	}
	return out.kept.Bytes(), nil
}

// limited keeps the beginning of what is written to it. The buffer is no embedded
// field: io.Copy would find its ReadFrom, which knows no limit.
type limited struct {
	kept bytes.Buffer
	max  int
	cut  bool
}

func (l *limited) Write(p []byte) (int, error) {
	keep := min(len(p), l.max-l.kept.Len())
	l.cut = l.cut || keep < len(p)
	l.kept.Write(p[:keep])
	return len(p), nil
}
