package attest

import "time"

// Trust is who may have signed: a PublicKey, PublicKeys, a LoggedKey, a
// *Keyless or a *CertificateTrust. Only this package implements it.
type Trust interface {
	// prove checks one signature of b over message, the PAE of its payload, and
	// returns what that proves. Its errors are *CheckError.
	prove(b *Bundle, message []byte, c claim) (Signer, []Check, error)
}

// Signer is what was proved about one signature.
type Signer struct {
	// KeyID is the lower-case hex SHA-256 of the signer's public key in PEM.
	KeyID     string `json:"keyId"`
	Algorithm string `json:"algorithm"`
	// Certificate is what a certificate says of the signer; nil for a bare key.
	Certificate *CertificateSigner `json:"certificate,omitempty"`
	// Log has the log entries that were verified, Times the times that somebody
	// else than the signer vouches for. Both are empty unless they were asked for.
	Log   []LogEntry    `json:"log,omitempty"`
	Times []TrustedTime `json:"times,omitempty"`
	// Trusts are the members of a OneOf that hold, as positions in it.
	Trusts []int `json:"-"`
}

// CertificateSigner is the identity that a certificate authority vouches for.
type CertificateSigner struct {
	Identity   string    `json:"identity"`         // the one subject alternative name
	Issuer     string    `json:"issuer,omitempty"` // of the OIDC token (Fulcio)
	Build      Build     `json:"build,omitzero"`
	Authority  string    `json:"authority"` // subject of the certificate that signed it
	NotBefore  time.Time `json:"notBefore"`
	NotAfter   time.Time `json:"notAfter"`
	SCTs       bool      `json:"scts"` // a certificate transparency log vouches for it
	Thumbprint string    `json:"sha256"`
}

// LogEntry is an entry of a transparency log, and what of it was verified.
type LogEntry struct {
	Log   string `json:"log"`   // URL, from the trusted root
	ID    string `json:"id"`    // of the log, lower-case hex
	Index int64  `json:"index"` // in the log
	Kind  string `json:"kind"`  // as "dsse 0.0.1"
	// Proved means that the entry is in the tree of a checkpoint that the log
	// signed. Without it there is the log's promise alone.
	Proved bool `json:"proved"`
	// Time is when the log took it in, as the log has signed it; zero if it has
	// not, as with Rekor v2.
	Time time.Time `json:"time,omitzero"`
}

// TrustedTime is a moment at which the signature existed.
type TrustedTime struct {
	Time time.Time `json:"time"`
	By   string    `json:"by"`     // "timestamp authority" or "transparency log"
	URL  string    `json:"source"` // from the trusted root
}

// Unsafe drops parts of a verification. The zero value drops nothing.
type Unsafe struct {
	SkipLogUnsafe       bool // no entry of a transparency log is needed, and none is looked at
	SkipTimestampUnsafe bool // no trusted time is needed
	SkipSCTUnsafe       bool // the certificate need not be in a certificate transparency log
}

// prove accepts a signature by this key. Whatever key the file names, only
// this one is tried. It asks for no trusted time: a key has no validity period.
func (p PublicKey) prove(b *Bundle, message []byte, c claim) (Signer, []Check, error) {
	if !p.verifies(message, c.sig) {
		found := "a signature that does not fit the payload: the evidence was changed, or somebody else signed it"
		switch {
		case c.certificate != nil:
			found = "a signature that names a certificate: verify it with --verify-repo or --cert-identity, and --trusted-root"
		case b.KeyHint != "" && b.KeyHint != p.id:
			found = "a signature that names key " + quote(b.KeyHint) + ": verify it with that one, if it is whom you expect"
		}
		return Signer{}, nil, &CheckError{"signature", "envelope", "a valid signature by key " + p.id, found}
	}
	return Signer{KeyID: p.id, Algorithm: p.algorithm}, []Check{{"signature", p.algorithm + " key " + p.id}}, nil
}

// PublicKeys trusts several keys: an envelope with several signatures is
// accepted if each of them is by one of these.
type PublicKeys []PublicKey

func (keys PublicKeys) prove(b *Bundle, message []byte, c claim) (s Signer, held []Check, err error) {
	err = &CheckError{"signature", "envelope", "a signature by a key that is trusted", "no key to verify with"}
	for _, key := range keys {
		if s, held, err = key.prove(b, message, c); err == nil {
			return s, held, nil
		}
	}
	return s, held, err
}

// LoggedKey trusts a key for what is in a transparency log of Root. A
// timestamp is verified if there is one.
type LoggedKey struct {
	Key  PublicKey
	Root *TrustedRoot
	Unsafe
}

func (k LoggedKey) prove(b *Bundle, message []byte, c claim) (Signer, []Check, error) {
	s, held, err := k.Key.prove(b, message, c)
	if err != nil {
		return Signer{}, nil, err
	}
	seen := observed{bundle: b, claim: c, key: k.Key.key, root: k.Root, material: k.Root.material(k.Key.key)}
	checks, err := seen.check(k.Unsafe, false)
	if err != nil {
		return Signer{}, nil, err
	}
	s.Log, s.Times = seen.log, seen.times
	return s, append(held, checks...), nil
}
