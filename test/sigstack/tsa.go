package main

import (
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/timestamp-authority/v2/pkg/server"
	"github.com/spf13/viper"
)

// tsa is a timestamp authority.
type tsa struct {
	url   string              // of the timestamps, path included
	chain []*x509.Certificate // the leaf first
}

// startTSA configures Sigstore's timestamp authority, which takes its settings
// from viper and keeps its state in a package variable: one in a process.
// Settings without a flag of ours are those of its command (v2.1.3).
func startTSA() (*tsa, error) {
	const policy = "1.3.6.1.4.1.57264.2"
	viper.Set("timestamp-signer", "memory")
	viper.Set("timestamp-signer-hash", "sha256")
	viper.Set("default-policy-oid", policy)
	viper.Set("accepted-policy-oids", []string{policy})
	viper.Set("max-request-body-size", 1<<20)
	viper.Set("disable-ntp-monitoring", true)
	handler := server.NewRestAPIServer("127.0.0.1", 0, []string{"http"}, false, 10*time.Second, 10*time.Second).GetHandler()
	url, err := serve("the timestamp authority", handler)
	if err != nil {
		return nil, err
	}
	url += "/api/v1/timestamp"
	response, err := http.Get(url + "/certchain")
	if err != nil {
		return nil, fmt.Errorf("ask the timestamp authority for its chain: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("read the chain of the timestamp authority: %w", err)
	}
	chain, err := cryptoutils.UnmarshalCertificatesFromPEM(text)
	if err != nil || len(chain) < 2 {
		return nil, fmt.Errorf("parse the chain of the timestamp authority, %d certificates: %w", len(chain), err)
	}
	return &tsa{url: url, chain: chain}, nil
}
