package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// githubIssuer is the iss claim of hosted GitHub.
const githubIssuer = "https://token.actions.githubusercontent.com"

// tokenPath is where a job asks for tokens. On GitHub it has more elements,
// which name the job.
const tokenPath = "/_apis/token"

const keyID = "sigstack-1"

// issuer stands in for GitHub's. Everything else in this program is real; this
// alone cannot be had. Tokens are signed with RS256, as GitHub's are.
type issuer struct {
	url          string // of the requests for tokens, and an issuer by itself
	requestToken string
	claimsFile   string
	key          *rsa.PrivateKey
}

func startIssuer(dir string) (*issuer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make the issuer's key: %w", err)
	}
	i := &issuer{
		key: key, claimsFile: filepath.Join(dir, "claims.json"),
		requestToken: "sigstack." + rand.Text() + ".request",
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+tokenPath, i.token)
	mux.HandleFunc("GET /.well-known/openid-configuration", i.discovery)
	mux.HandleFunc("GET /.well-known/jwks", i.keys)
	if i.url, err = serve("the issuer", mux); err != nil {
		return nil, err
	}
	return i, impersonate(githubIssuer, mux)
}

// token answers a job. The scheme's case is free (RFC 9110, section 11.1), and
// cosign writes it in lower case.
func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") || token != i.requestToken {
		http.Error(w, `{"message":"unauthorized"}`, http.StatusUnauthorized)
		return
	}
	query := r.URL.Query()
	if query.Get("api-version") != "2.0" {
		http.Error(w, `{"message":"api-version must be 2.0"}`, http.StatusBadRequest)
		return
	}
	claims := i.claims()
	if audience := query.Get("audience"); audience != "" {
		claims["aud"] = audience
	}
	if err := i.replace(claims, query.Get("claims")); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	jwt, err := i.sign(claims)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	reply(w, map[string]any{"count": len(jwt), "value": jwt})
}

// claims are those that GitHub documents for a push to a branch ("About
// security hardening with OpenID Connect"), valid for five minutes from now and
// a few before, as GitHub's are.
func (i *issuer) claims() map[string]any {
	const repository, commit = "octo-org/octo-repo", "4f3c8e7a1b2d9c6e5f0a7b8c9d0e1f2a3b4c5d6e"
	const workflow = repository + "/.github/workflows/release.yml@refs/heads/main"
	now := time.Now().Unix()
	return map[string]any{
		"iss": githubIssuer, "aud": "https://github.com/octo-org", "sub": "repo:" + repository + ":ref:refs/heads/main",
		"jti": rand.Text(), "iat": now, "nbf": now - 300, "exp": now + 300,
		"repository": repository, "repository_id": "74", "repository_visibility": "public",
		"repository_owner": "octo-org", "repository_owner_id": "65",
		"ref": "refs/heads/main", "ref_type": "branch", "ref_protected": "true", "sha": commit,
		"head_ref": "", "base_ref": "", "event_name": "push", "actor": "octocat", "actor_id": "12",
		"workflow": "release", "workflow_ref": workflow, "workflow_sha": commit,
		"job_workflow_ref": workflow, "job_workflow_sha": commit,
		"run_id": "30433642", "run_number": "10", "run_attempt": "2", "runner_environment": "github-hosted",
	}
}

// replace puts in the claims of the file, if there is one, and then those of
// the query.
func (i *issuer) replace(claims map[string]any, query string) error {
	file, err := os.ReadFile(i.claimsFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the claims: %w", err)
	}
	for _, text := range []string{string(file), query} {
		if text == "" {
			continue
		}
		var other map[string]any
		if err := json.Unmarshal([]byte(text), &other); err != nil {
			return fmt.Errorf("parse the claims %q: %w", text, err)
		}
		maps.Copy(claims, other)
	}
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return nil
}

func (i *issuer) sign(claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := b64([]byte(`{"typ":"JWT","alg":"RS256","kid":"`+keyID+`"}`)) + "." + b64(payload)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, digest[:])
	if err != nil {
		return "", err
	}
	return text + "." + b64(signature), nil
}

// discovery is an issuer's whichever name it was asked by.
func (i *issuer) discovery(w http.ResponseWriter, r *http.Request) {
	self := i.url
	if r.TLS != nil {
		self = githubIssuer
	}
	reply(w, map[string]any{
		"issuer": self, "jwks_uri": self + "/.well-known/jwks", "subject_types_supported": []string{"public"},
		"response_types_supported": []string{"id_token"}, "id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

func (i *issuer) keys(w http.ResponseWriter, _ *http.Request) {
	reply(w, map[string]any{"keys": []any{map[string]string{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": keyID,
		"n": b64(i.key.N.Bytes()), "e": b64(big.NewInt(int64(i.key.E)).Bytes()),
	}}})
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // fails only if the caller has gone
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
