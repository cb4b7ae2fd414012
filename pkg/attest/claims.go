package attest

// Claims is what a bundle says of itself before anybody has verified it. It is
// for showing and never for deciding: [Verify] is for that.
type Claims struct {
	Statement  Statement
	Signers    []ClaimedSigner // one for each signature
	LogEntries int             // of transparency logs
	Timestamps int             // RFC 3161
}

// ClaimedSigner is who a signature says made it.
type ClaimedSigner struct {
	KeyHint     string             // empty if the file names no key
	Certificate *CertificateSigner // nil if there is none that can be read
	Problem     string             // why there is none, if the file has something in its place
}

// Claims reads the payload and the signers' certificates as they are. The error
// says why the payload is no in-toto statement.
func (b *Bundle) Claims() (Claims, error) {
	c := Claims{LogEntries: len(b.entries)}
	for _, one := range b.signatures {
		c.Timestamps += len(one.timestamps)
		signer := ClaimedSigner{KeyHint: b.KeyHint}
		if one.certificate != nil {
			leaf, _, err := one.leaf()
			if err == nil {
				signer.Certificate, err = describe(leaf)
			}
			if err != nil {
				signer.Problem = err.Error()
			}
		}
		c.Signers = append(c.Signers, signer)
	}
	if b.envelope.PayloadType != PayloadType {
		return c, &CheckError{"payload type", "envelope", PayloadType, quote(b.envelope.PayloadType)}
	}
	var err error
	c.Statement, err = parseStatement(b.envelope.Payload)
	return c, err
}
