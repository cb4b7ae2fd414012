// Package stack gives tests a private Sigstore instance on loopback: the real
// Fulcio, certificate log, timestamp authority and Rekor, started from
// test/sigstack, with a stand-in for GitHub's issuer. Each Start is an instance
// of its own, up in a fifth of a second, that no other test sees.
//
//	s := stack.Start(t)
//	cmd.Env = append(os.Environ(), s.Env...) // a job with id-token: write
//	cmd.Args = append(cmd.Args, "--signing-config", s.SigningConfig, "--trusted-root", s.TrustedRoot)
//
// The package also has a proxy that makes any of the services fail, and cosign
// as an independent verifier.
package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/org/cilock-action/test/act"
	"github.com/org/cilock-action/test/buildcache"
)

// Stack is a running instance. URLs have no slash at the end.
type Stack struct {
	TrustedRoot   string // path of a trusted_root.json
	SigningConfig string // path of a signing_config.json, version 0.2

	FulcioURL string
	RekorURL  string
	TSAURL    string // with its path, as clients want it
	CTLogURL  string

	// RekorVersion is the major version of the log's interface: 2, or 1 after
	// StartRekor1.
	RekorVersion int

	// Issuer is the issuer in certificates, hosted GitHub's. OtherIssuer is in
	// them if the claims say "iss": OtherIssuer.
	Issuer      string
	OtherIssuer string

	// Env is what a job with id-token: write has in its environment:
	// ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN.
	Env []string

	requestURL   string
	requestToken string
	claimsFile   string
	tb           testing.TB
}

// Binary returns the path of the sigstack program, and builds it if the cache
// has none: four minutes when nothing is compiled. See buildcache.Require.
func Binary(t testing.TB) string {
	t.Helper()
	return module(t, "sigstack")
}

// module builds a module of its own below test.
func module(t testing.TB, name string) string {
	t.Helper()
	return buildcache.Require(t, buildcache.Program{
		Name: name, Dir: filepath.Join(act.Root(t), "test", name), Flags: []string{"-buildvcs=false"},
	})
}

// Start starts an instance and ends it with the test.
func Start(t testing.TB) *Stack {
	t.Helper()
	binary := Binary(t)
	var a struct {
		TrustedRoot   string            `json:"trusted_root"`
		SigningConfig string            `json:"signing_config"`
		Fulcio        string            `json:"fulcio_url"`
		Rekor         string            `json:"rekor_url"`
		TSA           string            `json:"tsa_url"`
		CTLog         string            `json:"ctlog_url"`
		Issuer        string            `json:"issuer"`
		OtherIssuer   string            `json:"other_issuer"`
		ClaimsFile    string            `json:"claims_file"`
		Env           map[string]string `json:"env"`
	}
	start(t, &a, binary, "-dir", t.TempDir())
	const requestURL, requestToken = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
	return &Stack{
		TrustedRoot: a.TrustedRoot, SigningConfig: a.SigningConfig,
		FulcioURL: a.Fulcio, RekorURL: a.Rekor, TSAURL: a.TSA, CTLogURL: a.CTLog, RekorVersion: 2,
		Issuer: a.Issuer, OtherIssuer: a.OtherIssuer,
		Env:        []string{requestURL + "=" + a.Env[requestURL], requestToken + "=" + a.Env[requestToken]},
		requestURL: a.Env[requestURL], requestToken: a.Env[requestToken], claimsFile: a.ClaimsFile, tb: t,
	}
}

// EnvWith is Env for a job with other claims: those of a push to main of
// octo-org/octo-repo are replaced one by one, and a nil removes one. The
// certificate's identity is https://github.com/ + job_workflow_ref.
func (s *Stack) EnvWith(claims map[string]any) []string {
	s.tb.Helper()
	return []string{
		"ACTIONS_ID_TOKEN_REQUEST_URL=" + s.requestURL + "&claims=" + url.QueryEscape(s.encode(claims)),
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN=" + s.requestToken,
	}
}

// SetClaims replaces claims of all tokens from now on, also of those that a job
// asks for with Env. Nil takes that back.
func (s *Stack) SetClaims(claims map[string]any) {
	s.tb.Helper()
	part := s.claimsFile + ".part" // renamed, so that nobody reads a half
	if err := os.WriteFile(part, []byte(s.encode(claims)), 0o600); err != nil {
		s.tb.Fatal(err)
	}
	if err := os.Rename(part, s.claimsFile); err != nil {
		s.tb.Fatal(err)
	}
}

// Token returns an ID token for Fulcio, audience sigstore, with claims as
// EnvWith takes them; nil for the default.
func (s *Stack) Token(claims map[string]any) string {
	s.tb.Helper()
	token, err := s.token(s.tb.Context(), claims)
	if err != nil {
		s.tb.Fatalf("get an ID token: %v", err)
	}
	return token
}

func (s *Stack) token(ctx context.Context, claims map[string]any) (string, error) {
	address := s.requestURL + "&audience=sigstore&claims=" + url.QueryEscape(s.encode(claims))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+s.requestToken)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return "", err
	}
	var answer struct{ Value string }
	if err := json.Unmarshal(body, &answer); err != nil || response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %q", response.Status, body)
	}
	return answer.Value, nil
}

func (s *Stack) encode(claims map[string]any) string {
	s.tb.Helper()
	if claims == nil {
		return "{}"
	}
	text, err := json.Marshal(claims)
	if err != nil {
		s.tb.Fatalf("encode claims: %v", err)
	}
	return string(text)
}
