// Sigstack runs a private Sigstore instance on loopback for tests: Fulcio with
// its certificate log, a timestamp authority and Rekor v2, all of them the real
// ones, and a stand-in for GitHub's issuer of ID tokens.
//
//	sigstack -dir DIR
//
// It prints one line of JSON (see answer) when everything serves, and ends when
// its standard input does. It listens on 127.0.0.1 alone, writes below DIR
// alone, and connects to nothing else. Two of them with a folder each are two
// instances that have no key in common.
//
// A module of its own: what it links needs some two hundred modules.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// answer is what the caller is told. Paths are absolute, URLs have no slash at
// the end.
type answer struct {
	TrustedRoot   string `json:"trusted_root"`
	SigningConfig string `json:"signing_config"`
	Fulcio        string `json:"fulcio_url"`
	Rekor         string `json:"rekor_url"`
	TSA           string `json:"tsa_url"` // with its path, as clients want it
	CTLog         string `json:"ctlog_url"`

	// Issuer is in the certificates by default; OtherIssuer is there if a token
	// is asked for with that iss claim.
	Issuer      string `json:"issuer"`
	OtherIssuer string `json:"other_issuer"`

	// ClaimsFile may be written at any time: a JSON object of claims that
	// replace those of the next tokens. A null removes a claim.
	ClaimsFile string `json:"claims_file"`

	// Env is what a job with id-token: write has. The URL takes a query
	// parameter claims, which is as the claims file and goes before it.
	Env map[string]string `json:"env"`
}

func main() {
	if os.Getenv(roleVariable) == rekorRole {
		rekorMain()
		return
	}
	dir := flag.String("dir", "", "folder to write to")
	flag.Parse()
	// The services log to standard output as well, which is for the answer.
	out := os.Stdout
	os.Stdout = os.Stderr
	if err := run(*dir, os.Stdin, out); err != nil {
		fmt.Fprintln(os.Stderr, "sigstack:", err)
		os.Exit(1)
	}
}

// run starts everything, answers, and returns at the end of in or when Rekor
// ends before.
func run(dir string, in io.Reader, out io.Writer) error {
	if dir == "" {
		return errors.New("-dir is required")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("find the folder %s: %w", dir, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	rekor, err := startRekor(dir) // it needs longest, and nothing of the others
	if err != nil {
		return err
	}
	defer rekor.stop()
	a, err := start(ctx, dir, rekor)
	if err != nil {
		return err
	}
	line, err := json.Marshal(a)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "%s\n", line); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, in) // an error is an end too
	}()
	select {
	case <-ended:
		return nil
	case <-rekor.ended:
		return fmt.Errorf("rekor has ended by itself: %w", rekor.err)
	}
}

// start starts what runs in this process, waits for Rekor, and writes down whom
// to trust and where to sign.
func start(ctx context.Context, dir string, rekor *rekor) (*answer, error) {
	issuer, err := startIssuer(dir)
	if err != nil {
		return nil, err
	}
	authority, err := newAuthority(dir)
	if err != nil {
		return nil, err
	}
	log, err := startCTLog(ctx, dir, authority)
	if err != nil {
		return nil, err
	}
	fulcio, err := startFulcio(issuer, authority, log)
	if err != nil {
		return nil, err
	}
	tsa, err := startTSA()
	if err != nil {
		return nil, err
	}
	if err := rekor.ready(); err != nil {
		return nil, err
	}
	a := &answer{
		Fulcio: fulcio, Rekor: rekor.url, TSA: tsa.url, CTLog: log.url,
		Issuer: githubIssuer, OtherIssuer: issuer.url, ClaimsFile: issuer.claimsFile,
		Env: map[string]string{
			"ACTIONS_ID_TOKEN_REQUEST_URL":   issuer.url + tokenPath + "?api-version=2.0",
			"ACTIONS_ID_TOKEN_REQUEST_TOKEN": issuer.requestToken,
		},
		TrustedRoot: filepath.Join(dir, "trusted_root.json"), SigningConfig: filepath.Join(dir, "signing_config.json"),
	}
	trust := trust{authority: authority, fulcio: fulcio, log: log, tsa: tsa, rekor: rekor}
	if err := writeMessage(a.TrustedRoot, trust.root()); err != nil {
		return nil, err
	}
	if err := writeMessage(a.SigningConfig, trust.signingConfig()); err != nil {
		return nil, err
	}
	return a, nil
}
