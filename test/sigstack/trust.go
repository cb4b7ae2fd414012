package main

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"os"
	"time"

	common "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	trustroot "github.com/sigstore/protobuf-specs/gen/pb-go/trustroot/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Media types of the two files (sigstore/protobuf-specs, sigstore_trustroot.proto).
const (
	trustedRootType   = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
	signingConfigType = "application/vnd.dev.sigstore.signingconfig.v0.2+json"
)

// trust is what a verifier must know and a signer may.
type trust struct {
	authority *authority
	fulcio    string
	log       *ctLog
	tsa       *tsa
	rekor     *rekor
}

func (t trust) root() proto.Message {
	ctID := sha256.Sum256(t.log.public) // RFC 6962, section 3.2
	return &trustroot.TrustedRoot{
		MediaType:              trustedRootType,
		Tlogs:                  []*trustroot.TransparencyLogInstance{instance(t.rekor.url, common.PublicKeyDetails_PKIX_ED25519, t.rekor.public, t.rekor.logID)},
		Ctlogs:                 []*trustroot.TransparencyLogInstance{instance(t.log.url, common.PublicKeyDetails_PKIX_ECDSA_P256_SHA_256, t.log.public, ctID[:])},
		CertificateAuthorities: []*trustroot.CertificateAuthority{certificateAuthority(t.fulcio, chain(t.authority))},
		TimestampAuthorities:   []*trustroot.CertificateAuthority{certificateAuthority(t.tsa.url, t.tsa.chain)},
	}
}

func instance(url string, details common.PublicKeyDetails, key, id []byte) *trustroot.TransparencyLogInstance {
	return &trustroot.TransparencyLogInstance{
		BaseUrl: url, HashAlgorithm: common.HashAlgorithm_SHA2_256, LogId: &common.LogId{KeyId: id},
		PublicKey: &common.PublicKey{RawBytes: key, KeyDetails: details, ValidFor: &common.TimeRange{Start: begin()}},
	}
}

func certificateAuthority(url string, chain []*x509.Certificate) *trustroot.CertificateAuthority {
	name := chain[len(chain)-1].Subject
	a := &trustroot.CertificateAuthority{
		Uri: url, CertChain: new(common.X509CertificateChain), ValidFor: &common.TimeRange{Start: begin()},
		Subject: &common.DistinguishedName{CommonName: name.CommonName},
	}
	if len(name.Organization) > 0 {
		a.Subject.Organization = name.Organization[0]
	}
	for _, c := range chain {
		a.CertChain.Certificates = append(a.CertChain.Certificates, &common.X509Certificate{RawBytes: c.Raw})
	}
	return a
}

// begin is when everything here becomes valid: the authority's certificates do
// then too.
func begin() *timestamppb.Timestamp { return timestamppb.New(time.Now().Add(-time.Hour)) }

func (t trust) signingConfig() proto.Message {
	service := func(url string, version uint32) []*trustroot.Service {
		return []*trustroot.Service{{
			Url: url, MajorApiVersion: version, Operator: "sigstack", ValidFor: &common.TimeRange{Start: begin()},
		}}
	}
	anyOne := func() *trustroot.ServiceConfiguration {
		return &trustroot.ServiceConfiguration{Selector: trustroot.ServiceSelector_ANY}
	}
	return &trustroot.SigningConfig{
		MediaType: signingConfigType,
		CaUrls:    service(t.fulcio, 1), OidcUrls: service(githubIssuer, 1),
		RekorTlogUrls: service(t.rekor.url, 2), RekorTlogConfig: anyOne(),
		TsaUrls: service(t.tsa.url, 1), TsaConfig: anyOne(),
	}
}

func writeMessage(path string, m proto.Message) error {
	data, err := protojson.MarshalOptions{Multiline: true}.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
