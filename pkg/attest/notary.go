package attest

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/digitorus/timestamp"
	protobundle "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
	protorekor "github.com/sigstore/protobuf-specs/gen/pb-go/rekor/v1"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/sign"
	"google.golang.org/protobuf/encoding/protojson"
)

// Instance says where the services of a Sigstore instance are. One that is
// empty is not asked.
type Instance struct {
	Fulcio       string   // URL, without the path of its API
	Timestamps   []string // whole URLs of RFC 3161 services; each is asked
	Rekor        string   // URL, without the path of its API
	RekorVersion int      // of the API: 1, 2, or 0 for whichever answers
}

// PublicInstance is Sigstore's own
// (https://docs.sigstore.dev/about/the-public-good-instance/).
func PublicInstance() Instance {
	return Instance{
		Fulcio:     "https://fulcio.sigstore.dev",
		Timestamps: []string{"https://timestamp.sigstore.dev/api/v1/timestamp"},
		Rekor:      "https://rekor.sigstore.dev", RekorVersion: 1,
	}
}

// ParseSigningConfig reads a signing_config.json (Sigstore's SigningConfig
// v0.2) and takes from it the services that are valid at a time.
func ParseSigningConfig(data []byte, now time.Time) (i Instance, err error) {
	config, err := root.NewSigningConfigFromJSON(data)
	if err != nil {
		if mediaType(data, "trustedroot") {
			return i, errors.New("this is a trusted_root.json, expected signing_config.json")
		}
		return i, fmt.Errorf("read the signing configuration: %w", err)
	}
	fulcio, err := root.SelectService(config.FulcioCertificateAuthorityURLs(), sign.FulcioAPIVersions, now)
	if err != nil {
		return i, fmt.Errorf("find Fulcio in the signing configuration: %w", err)
	}
	i.Fulcio = fulcio.URL
	if all := config.TimestampAuthorityURLs(); len(all) > 0 {
		chosen, err := root.SelectServices(all, config.TimestampAuthorityURLsConfig(), sign.TimestampAuthorityAPIVersions, now)
		if err != nil {
			return i, fmt.Errorf("find a timestamp authority in the signing configuration: %w", err)
		}
		for _, s := range chosen {
			i.Timestamps = append(i.Timestamps, s.URL)
		}
	}
	if all := config.RekorLogURLs(); len(all) > 0 {
		chosen, err := root.SelectServices(all, config.RekorLogURLsConfig(), sign.RekorAPIVersions, now)
		if err != nil {
			return i, fmt.Errorf("find Rekor in the signing configuration: %w", err)
		}
		i.Rekor, i.RekorVersion = chosen[0].URL, int(chosen[0].MajorAPIVersion)
	}
	return i, nil
}

// Notary fetches from an instance what proves a signature to strangers: whose
// it is, and when it was made.
type Notary struct {
	Instance
	// Transport is nil for http.DefaultTransport.
	Transport http.RoundTripper
}

// rekorName is what its errors call the log.
const rekorName = "Rekor"

// TokenAudience is the audience of the identity tokens that Fulcio takes.
const TokenAudience = "sigstore"

// Check refuses URLs that no request should go to.
func (i Instance) Check() error {
	for _, one := range append([]string{i.Fulcio, i.Rekor}, i.Timestamps...) {
		if one == "" {
			continue
		}
		_, err := checkURL(one)
		if err == nil && (one == i.Fulcio || one == i.Rekor) {
			err = checkBase(one)
		}
		if err != nil {
			return fmt.Errorf("service %s: %w", shown(one), err)
		}
	}
	return nil
}

// Certify has the key bound to the identity that token stands for.
func (n Notary) Certify(ctx context.Context, key *Key, token string) (Certificate, error) {
	if n.Fulcio == "" {
		return Certificate{}, errors.New("no Fulcio to ask for a certificate")
	}
	return n.certify(ctx, key, token)
}

// Complete adds timestamps and the log's entry. Both are asked at once, so that
// one that hangs leaves its time to the other. What came is in the signature
// also where there is an error, which joins a *ServiceError for each service
// that failed.
func (n Notary) Complete(ctx context.Context, s Signature) (Signature, error) {
	stamps := make([][]byte, len(n.Timestamps))
	errs := make([]error, len(n.Timestamps)+1)
	var entry json.RawMessage
	var wg sync.WaitGroup
	for i, url := range n.Timestamps {
		wg.Go(func() { stamps[i], errs[i+1] = n.timestamp(ctx, url, s) })
	}
	if n.Rekor != "" {
		entry, errs[0] = n.log(ctx, s)
	}
	wg.Wait()
	for _, stamp := range stamps {
		if stamp != nil {
			s.Timestamps = append(s.Timestamps, stamp)
		}
	}
	if entry != nil {
		s.Entries = append(s.Entries, entry)
	}
	return s, errors.Join(errs...)
}

// timestamp asks for an RFC 3161 response over a signature.
func (n Notary) timestamp(ctx context.Context, url string, s Signature) (response []byte, err error) {
	l := leg{service: "the timestamp authority", url: url, accepts: []string{"application/timestamp-reply"}, base: n.Transport}
	err = l.do(ctx, func(ctx context.Context, transport http.RoundTripper) (err error) {
		tsa := sign.NewTimestampAuthority(&sign.TimestampAuthorityOptions{URL: url, Timeout: -1, Transport: transport})
		if response, err = tsa.GetTimestamp(ctx, s.Sig); err != nil {
			return err
		}
		return stamps(response, s)
	})
	if err != nil {
		return nil, err
	}
	return response, nil
}

// stamps is an error if the response is about something else, or of a time at
// which nobody could have signed: its client checks that it can be read.
func stamps(response []byte, s Signature) error {
	stamp, err := timestamp.ParseResponse(response)
	if err != nil {
		return fmt.Errorf("read the timestamp: %w", err)
	}
	if sum := sha256.Sum256(s.Sig); stamp.HashAlgorithm != crypto.SHA256 || !bytes.Equal(stamp.HashedMessage, sum[:]) {
		return wrong("the timestamp is of another signature")
	}
	at := stamp.Time.UTC().Format(time.RFC3339)
	if off := time.Since(stamp.Time).Abs(); off > maxSkew {
		return wrong("the timestamp says %s, and it is %s here", at, time.Now().UTC().Format(time.RFC3339))
	}
	if len(s.Certificates) == 0 {
		return nil
	}
	leaf, err := x509.ParseCertificate(s.Certificates[0])
	if err != nil {
		return fmt.Errorf("read the certificate: %w", err)
	}
	if stamp.Time.Before(leaf.NotBefore) || stamp.Time.After(leaf.NotAfter) {
		return wrong("the timestamp says %s, when the certificate was not valid", at)
	}
	return nil
}

// log has Rekor log the signature and prove it.
func (n Notary) log(ctx context.Context, s Signature) (json.RawMessage, error) {
	b, verifier, err := s.loggable()
	if err != nil {
		return nil, fmt.Errorf("log the signature: %w", err)
	}
	l := leg{service: rekorName, url: n.Rekor, accepts: []string{"application/json"}, base: n.Transport}
	version := n.RekorVersion
	var entry *protorekor.TransparencyLogEntry
	err = l.do(ctx, func(ctx context.Context, transport http.RoundTripper) (err error) {
		if version != 1 {
			entry, err = addToRekor2(ctx, n.Rekor, transport, b, verifier)
			if err == nil {
				return s.isLogged(entry)
			}
			if r := new(refusal); version == 2 || !errors.As(err, &r) || r.status != http.StatusNotFound {
				return err
			}
			version = 1 // there is no such path: it is of the first kind
		}
		transport.(*bounded).through = http.StatusConflict // it tells then where the entry is
		if entry, err = addToRekor1(ctx, n.Rekor, transport, b, verifier); err != nil {
			return err
		}
		return s.isLogged(entry)
	})
	if err != nil {
		return nil, err
	}
	text, err := protojson.Marshal(entry)
	if err != nil {
		return nil, fmt.Errorf("encode the log's entry: %w", err)
	}
	return text, nil
}

// loggable is the signature as sigstore-go's client of Rekor reads it, and the
// PEM of what verifies it.
func (s Signature) loggable() (*protobundle.Bundle, []byte, error) {
	text, err := Signature{Payload: s.Payload, PayloadType: s.PayloadType, Sig: s.Sig, Key: s.Key, Certificates: s.Certificates}.Bundle()
	if err != nil {
		return nil, nil, err
	}
	var b protobundle.Bundle
	if err := protojson.Unmarshal(text, &b); err != nil {
		return nil, nil, err
	}
	if len(s.Certificates) == 0 {
		return &b, s.Key.pem, nil
	}
	return &b, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificates[0]}), nil
}
