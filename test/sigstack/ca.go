package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// authority is a root and the intermediate that Fulcio signs with, both of
// P-384, as in Sigstore's public instance.
type authority struct {
	root, intermediate *x509.Certificate
	key                *ecdsa.PrivateKey // the intermediate's; the root's is forgotten
	rootsFile          string            // PEM, for the certificate log
}

func newAuthority(dir string) (*authority, error) {
	rootKey, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the root's key: %w", err)
	}
	a := &authority{rootsFile: filepath.Join(dir, "roots.pem")}
	if a.key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader); err != nil {
		return nil, fmt.Errorf("make the intermediate's key: %w", err)
	}
	template := caTemplate("sigstack root")
	if a.root, err = certify(template, template, rootKey, rootKey); err != nil {
		return nil, fmt.Errorf("make the root: %w", err)
	}
	template = caTemplate("sigstack intermediate")
	template.MaxPathLenZero = true
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}
	if a.intermediate, err = certify(template, a.root, a.key, rootKey); err != nil {
		return nil, fmt.Errorf("make the intermediate: %w", err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.root.Raw})
	if err := os.WriteFile(a.rootsFile, block, 0o600); err != nil {
		return nil, fmt.Errorf("write the root: %w", err)
	}
	return a, nil
}

// caTemplate begins an hour ago, so that no clock that lags makes a test fail.
func caTemplate(name string) *x509.Certificate {
	serial := new(big.Int).SetBytes([]byte(rand.Text()[:16])) // 16 of the 20 bytes of RFC 5280
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Organization: []string{"sigstack"}, CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, IsCA: true, BasicConstraintsValid: true,
	}
}

func certify(template, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// chain is what signs a certificate, the nearest first.
func chain(a *authority) []*x509.Certificate { return []*x509.Certificate{a.intermediate, a.root} }
