package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// SigningInputs are what a caller asks for with the flags for signing.
type SigningInputs struct {
	Key            string // path of a PEM file, env://NAME, or the PEM text itself
	Command        string // that signs a digest, instead of a private key
	Cert           string // file with the key's certificate
	CertChain      string // file with the certificates above it
	Keyless        bool
	Local          bool   // never keyless, whatever the job was granted
	IdentityToken  string // file with an OIDC token
	SigningConfig  string // file that names the services
	FulcioURL      string
	RekorURL       string
	TimestampURL   string
	Timeout        string // for all services together, as time.ParseDuration reads it
	RequireSigning bool
}

// Signing is how the evidence is signed.
type Signing struct {
	Key    *attest.Key   // of the caller, or made for the run
	Chain  [][]byte      // the key's certificates, if it has any: DER, its own first
	KeyAt  string        // where the public key of a signing command is, as --key takes it; empty: not known
	Notary attest.Notary // what is asked beside it
	// Token fetches an identity token; nil where no certificate is asked for.
	Token func(ctx context.Context) (string, error)
	// Asked says that the caller named keyless signing: evidence without an
	// identity is then incomplete, and not merely something to warn of.
	Asked bool
	// Declined says that the job may ask for a token, and was told not to.
	Declined bool
	// Public says that the instance is Sigstore's own, which anybody can read.
	Public   bool
	Required bool          // nothing less than a signed and logged statement will do
	Within   time.Duration // the most that all services may take
	// Failed is why the key that was asked for has not signed, and a local one did.
	Failed error
}

// alone is what is left of signing when the caller's key is out of reach: a key
// made for the run, which says who signed to nobody, but loses no evidence.
func (g Signing) alone(why error) (Signing, error) {
	key, err := attest.NewEphemeralKey()
	return Signing{Key: key, Asked: true, Required: g.Required, Within: g.Within, Failed: why}, err
}

// defaultSigningTimeout bounds what the services may add to a step.
const defaultSigningTimeout = time.Minute

// online reports whether any service is asked.
func (g Signing) online() bool {
	return g.Notary.Fulcio != "" && g.Token != nil || g.Notary.Rekor != "" || len(g.Notary.Timestamps) > 0
}

// planSigning decides how the evidence is signed. Without a word about it that
// is keyless where the job was granted a token, and a key of the run's own
// elsewhere.
func planSigning(p *Plan, in Inputs, d Deps) error {
	s := Signing{Required: in.Signing.RequireSigning, Asked: in.Signing.Keyless || in.Signing.IdentityToken != ""}
	for _, part := range []func(*Signing, SigningInputs, Deps) error{signingTimeout, signingServices, signingKey, signingChain, signingToken} {
		if err := part(&s, in.Signing, d); err != nil {
			return err
		}
	}
	if s.Required && s.Key.Ephemeral() && s.Token == nil {
		return verdict.Misuse("require-signing is set and there is nothing to sign with: give --key, or grant the job `id-token: write`")
	}
	p.Signing = s
	return nil
}

func signingTimeout(s *Signing, in SigningInputs, _ Deps) (err error) {
	s.Within = defaultSigningTimeout
	if in.Timeout != "" {
		s.Within, err = duration("signing-timeout", in.Timeout)
	}
	return err
}

// duration reads how long something may take.
func duration(flag, text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, verdict.Misuse("%s is %q, expected a duration such as 60s", flag, text)
	}
	return d, nil
}

// signingServices takes the instance from the signing configuration, and single
// services from their URLs.
func signingServices(s *Signing, in SigningInputs, d Deps) error {
	if in.SigningConfig != "" {
		data, err := readSmall("signing-config", in.SigningConfig)
		if err != nil {
			return err
		}
		if s.Notary.Instance, err = attest.ParseSigningConfig(data, d.Now()); err != nil {
			return verdict.Misuse("signing-config %s: %w", in.SigningConfig, err)
		}
	}
	if in.FulcioURL != "" {
		s.Notary.Fulcio = in.FulcioURL
	}
	if in.RekorURL != "" {
		s.Notary.Rekor, s.Notary.RekorVersion = in.RekorURL, 0
	}
	if in.TimestampURL != "" {
		s.Notary.Timestamps = []string{in.TimestampURL}
	}
	if err := s.Notary.Check(); err != nil {
		return verdict.Misuse("%w", err)
	}
	return nil
}

func signingKey(s *Signing, in SigningInputs, d Deps) (err error) {
	if in.Key == "" {
		if in.Command != "" {
			return verdict.Misuse("signer-command needs --key with the public key that it signs for")
		}
		if s.Key, err = attest.NewEphemeralKey(); err != nil {
			return verdict.Misuse("%w", err)
		}
		return nil
	}
	if s.Asked {
		return verdict.Misuse("key and keyless exclude each other: give one")
	}
	if in.FulcioURL != "" {
		return verdict.Misuse("fulcio-server-url has no meaning with a key: Fulcio certifies keys made for the run")
	}
	text, name, err := ReadKey(in.Key, d.Getenv)
	if err != nil {
		return err
	}
	if in.Command != "" {
		public, err := attest.ParsePublicKey(text)
		if err != nil {
			return verdict.Misuse("public key %s: %w", name, err)
		}
		if s.Key, err = attest.NewCommandKey(public, strings.Fields(in.Command)); err != nil {
			return verdict.Misuse("signer-command: %w", err)
		}
		s.KeyAt, err = keyAt(in.Key)
		return err
	}
	if s.Key, err = attest.ParseKey(text); err != nil {
		return verdict.Misuse("signing key %s: %w", name, err)
	}
	return nil
}

// keyAt is how a key is named from any folder; empty if it was given as text.
func keyAt(from string) (string, error) {
	switch {
	case isPEM(from):
		return "", nil
	case strings.HasPrefix(from, keyFromEnv):
		return from, nil
	}
	path, err := filepath.Abs(from)
	if err != nil {
		return "", verdict.Misuse("public key: %w", err)
	}
	return path, nil
}

// signingChain reads the certificates of a key.
func signingChain(s *Signing, in SigningInputs, _ Deps) error {
	if in.Cert == "" {
		if in.CertChain != "" {
			return verdict.Misuse("cert-chain has a meaning with cert only")
		}
		return nil
	}
	if in.Key == "" {
		return verdict.Misuse("cert needs --key: a certificate alone signs nothing")
	}
	text, err := readSmall("cert", in.Cert)
	if err != nil {
		return err
	}
	if in.CertChain != "" {
		rest, err := readSmall("cert-chain", in.CertChain)
		if err != nil {
			return err
		}
		text = append(append(text, '\n'), rest...)
	}
	if s.Chain, err = attest.ParseChain(text, s.Key.Public()); err != nil {
		return verdict.Misuse("certificate %s: %w", in.Cert, err)
	}
	return nil
}

// tokenVariable is where an identity token is found outside Actions: the name
// that Sigstore's tools read.
const tokenVariable = "SIGSTORE_ID_TOKEN"

// signingToken finds out where an identity token comes from: a file, the
// variable, or the job. Where no service was named it is for Sigstore's own
// instance.
func signingToken(s *Signing, in SigningInputs, d Deps) (err error) {
	given := d.Getenv(tokenVariable)
	switch {
	case in.Local && in.IdentityToken != "":
		return verdict.Misuse("keyless=false and identity-token exclude each other: give one")
	case in.Key != "" || in.Local:
		s.Declined = in.Key == "" && d.Getenv("ACTIONS_ID_TOKEN_REQUEST_URL") != ""
		return nil
	case in.IdentityToken != "":
		text, err := readSmall("identity-token", in.IdentityToken)
		if err != nil {
			return err
		}
		if s.Token, err = always(string(text), d.Now()); err != nil {
			return verdict.Misuse("identity-token %s: %w", in.IdentityToken, err)
		}
	case given != "":
		if s.Token, err = always(given, d.Now()); err != nil {
			return verdict.Misuse("%s: %w", tokenVariable, err)
		}
		s.Asked = true
	case d.Getenv("ACTIONS_ID_TOKEN_REQUEST_URL") != "" && d.IDToken != nil:
		s.Token = func(ctx context.Context) (string, error) { return d.IDToken(ctx, attest.TokenAudience) }
	case s.Asked && !s.Required && fromFork(d):
		s.Asked = false // a fork's job is never granted one, and shall not fail for it
	case s.Asked && d.Getenv("GITHUB_ACTIONS") == "true":
		return verdict.Misuse("keyless: the job has no permission to ask for a token: add `permissions: id-token: write` (a pull request from a fork never has it)")
	case s.Asked:
		return verdict.Misuse("keyless: no identity token: give --identity-token FILE or %s", tokenVariable)
	}
	if s.Token == nil {
		return nil
	}
	if n := s.Notary; n.Fulcio == "" && n.Rekor == "" && len(n.Timestamps) == 0 {
		s.Notary.Instance, s.Public = attest.PublicInstance(), true
	}
	if s.Notary.Fulcio == "" {
		return verdict.Misuse("keyless: no Fulcio to ask for a certificate: give --fulcio-server-url or a signing-config that names one")
	}
	return nil
}

// always is a token that is there already. One that cannot be a token, or has
// expired, is refused before the step runs. For whom it is is not looked at: a
// private instance may want another audience.
func always(token string, now time.Time) (func(context.Context) (string, error), error) {
	token = strings.TrimSpace(token)
	if token == "" {
		return nil, errors.New("it is empty, expected an OIDC token")
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("it is not one OIDC token")
	}
	if err := usable(token, now); err != nil {
		return nil, err
	}
	return func(context.Context) (string, error) { return token, nil }, nil
}

// usable is an error if a token is no compact JWT (RFC 7519) or has expired. It
// does not check the signature, and its errors do not quote the token.
func usable(token string, now time.Time) error {
	payload, err := tokenPayload(token)
	if err != nil {
		return fmt.Errorf("it is not an OIDC token: %w", err)
	}
	var claims struct {
		Expires *float64 `json:"exp"` // NumericDate, seconds
	}
	if json.Unmarshal(payload, &claims) != nil {
		return errors.New("it is not an OIDC token: the payload is not a JSON object with exp as a number")
	}
	if e := claims.Expires; e != nil && float64(now.Unix()) > *e {
		return errors.New("the token has expired: get a new one")
	}
	return nil
}

// fromFork reports whether the job is for a pull request from a fork.
func fromFork(d Deps) bool {
	fork, err := readFork(d.Getenv("GITHUB_EVENT_NAME"), d.Getenv("GITHUB_EVENT_PATH"))
	return err == nil && fork != nil && *fork
}

// maxSigningFile bounds configuration, tokens and certificates, in bytes.
const maxSigningFile = 1 << 20

// readSmall reads a file that a flag names.
func readSmall(flag, path string) ([]byte, error) {
	data, err := readInput(path, maxSigningFile)
	if err != nil {
		return nil, verdict.Misuse("read %s: %w", flag, err)
	}
	return data, nil
}
