package main

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/sigstore/fulcio/pkg/ca"
	"github.com/sigstore/fulcio/pkg/ca/baseca"
	"github.com/sigstore/fulcio/pkg/config"
	"github.com/sigstore/fulcio/pkg/generated/protobuf"
	"github.com/sigstore/fulcio/pkg/server"
	common "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	"github.com/sigstore/sigstore/pkg/signature"
	"google.golang.org/grpc/metadata"
)

// fulcioConfig names the issuers and says which claim becomes which extension.
//
//go:embed fulcio.yaml
var fulcioConfig string

// maxRequest is Fulcio's own limit for a request, in bytes.
const maxRequest = 4 << 20

// startFulcio serves Fulcio's HTTP interface and returns its URL.
func startFulcio(i *issuer, a *authority, log *ctLog) (string, error) {
	text := strings.ReplaceAll(fulcioConfig, "OTHER_ISSUER", i.url)
	cfg, err := config.Read([]byte(text))
	if err != nil {
		return "", fmt.Errorf("configure fulcio: %w", err)
	}
	signer := &ca.SignerCerts{Certs: chain(a), Signer: a.key}
	algorithms, err := signature.NewAlgorithmRegistryConfig(clientAlgorithms())
	if err != nil {
		return "", fmt.Errorf("configure fulcio: %w", err)
	}
	issuing := server.NewGRPCCAServer(log.client, &baseca.BaseCA{SignerWithChain: signer}, algorithms, server.NewIssuerPool(cfg))

	mux := runtime.NewServeMux(runtime.WithMetadata(bearer))
	if err := protobuf.RegisterCAHandlerServer(context.Background(), mux, &configured{issuing, cfg}); err != nil {
		return "", fmt.Errorf("start fulcio: %w", err)
	}
	return serve("fulcio", http.MaxBytesHandler(mux, maxRequest))
}

// clientAlgorithms are those that Fulcio certifies by default.
func clientAlgorithms() []common.PublicKeyDetails {
	return []common.PublicKeyDetails{
		common.PublicKeyDetails_PKIX_RSA_PKCS1V15_2048_SHA256,
		common.PublicKeyDetails_PKIX_RSA_PKCS1V15_3072_SHA256,
		common.PublicKeyDetails_PKIX_RSA_PKCS1V15_4096_SHA256,
		common.PublicKeyDetails_PKIX_ECDSA_P256_SHA_256,
		common.PublicKeyDetails_PKIX_ECDSA_P384_SHA_384,
		common.PublicKeyDetails_PKIX_ECDSA_P521_SHA_512,
		common.PublicKeyDetails_PKIX_ED25519,
	}
}

// bearer puts the token of the request where Fulcio looks for it: clients send
// it in the header.
func bearer(_ context.Context, r *http.Request) metadata.MD {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") {
		return nil
	}
	return metadata.Pairs(server.MetadataOIDCTokenKey, token)
}

// configured gives each call the configuration, as an interceptor does in
// Fulcio's own binary; there is no gRPC between the gateway and it here.
type configured struct {
	protobuf.CAServer
	cfg *config.FulcioConfig
}

func (c *configured) CreateSigningCertificate(ctx context.Context, r *protobuf.CreateSigningCertificateRequest) (*protobuf.SigningCertificate, error) {
	return c.CAServer.CreateSigningCertificate(config.With(ctx, c.cfg), r)
}

func (c *configured) GetConfiguration(ctx context.Context, r *protobuf.GetConfigurationRequest) (*protobuf.Configuration, error) {
	return c.CAServer.GetConfiguration(config.With(ctx, c.cfg), r)
}
