package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/google/certificate-transparency-go/client"
	"github.com/google/certificate-transparency-go/jsonclient"
	"github.com/transparency-dev/tessera"
	tesseraposix "github.com/transparency-dev/tessera/storage/posix"
	"github.com/transparency-dev/tesseract"
	"github.com/transparency-dev/tesseract/storage"
	"github.com/transparency-dev/tesseract/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

// ctLog is a certificate transparency log, TesseraCT, on a folder.
type ctLog struct {
	url    string
	public []byte // PKIX, DER
	client *client.LogClient
}

func startCTLog(ctx context.Context, dir string, a *authority) (*ctLog, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the certificate log's key: %w", err)
	}
	log := new(ctLog)
	if log.public, err = x509.MarshalPKIXPublicKey(key.Public()); err != nil {
		return nil, fmt.Errorf("encode the certificate log's key: %w", err)
	}
	folder := filepath.Join(dir, "ctlog")
	handler, err := tesseract.NewLogHandler(ctx, "sigstack.test/ctlog", key,
		tesseract.ChainValidationConfig{RootsPEMFile: a.rootsFile, ExtKeyUsages: "CodeSigning"},
		func(ctx context.Context, signer note.Signer) (*storage.CTStorage, error) {
			return ctStorage(ctx, folder, signer)
		},
		10*time.Second, false, "", tesseract.LogHandlerOpts{})
	if err != nil {
		return nil, fmt.Errorf("start the certificate log: %w", err)
	}
	if log.url, err = serve("the certificate log", handler); err != nil {
		return nil, err
	}
	log.client, err = client.New(log.url, &http.Client{Timeout: 30 * time.Second}, jsonclient.Options{PublicKeyDER: log.public})
	if err != nil {
		return nil, fmt.Errorf("make a client of the certificate log: %w", err)
	}
	return log, nil
}

// ctStorage answers as soon as a certificate has its place: a promise to log is
// all that an SCT is, and to wait for a checkpoint would cost a second each.
func ctStorage(ctx context.Context, folder string, signer note.Signer) (*storage.CTStorage, error) {
	driver, err := tesseraposix.New(ctx, tesseraposix.Config{Path: folder})
	if err != nil {
		return nil, err
	}
	options := tessera.NewAppendOptions().WithCheckpointSigner(signer).WithCTLayout().
		WithCheckpointInterval(time.Second).WithBatching(1, 10*time.Millisecond)
	appender, _, reader, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return nil, err
	}
	issuers, err := posix.NewIssuerStorage(ctx, folder)
	if err != nil {
		return nil, err
	}
	return storage.NewCTStorage(ctx, &storage.CTStorageOptions{
		Appender: appender, Reader: reader, IssuerStorage: issuers, EnableAwaiter: false,
	})
}
