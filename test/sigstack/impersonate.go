package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"time"
)

// impersonate makes h answer for an https URL to this process. Fulcio looks up
// an issuer through http.DefaultTransport; here that reaches loopback and
// nothing else, so certificates carry the genuine issuer, and no test depends
// on a network.
func impersonate(address string, h http.Handler) error {
	name, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("impersonate %s: %w", address, err)
	}
	certificate, err := selfSigned(name.Hostname())
	if err != nil {
		return fmt.Errorf("impersonate %s: %w", address, err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("impersonate %s: %w", address, err)
	}
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13},
	}
	go func() { _ = server.ServeTLS(listener, "", "") }() // it ends with the process

	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return fmt.Errorf("impersonate %s: the default transport is %T", address, http.DefaultTransport)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate.Leaf)
	transport.Proxy = nil
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}
	transport.DialContext = loopbackOnly(name.Hostname()+":443", listener.Addr().String())
	return nil
}

// loopbackOnly dials to instead of from, loopback as asked, and refuses all else.
func loopbackOnly(from, to string) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		switch {
		case address == from:
			address = to
		case !net.ParseIP(host).IsLoopback():
			return nil, fmt.Errorf("connect to %s: sigstack connects to loopback alone", address)
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
}

func selfSigned(host string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}
