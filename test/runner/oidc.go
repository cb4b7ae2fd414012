package runner

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// issuer answers ID token requests as GitHub's service does, with the claims of
// "About security hardening with OpenID Connect" in GitHub's documentation, signed
// with RS256 by a key of its own. It also serves that key: discovery is at
// /.well-known/openid-configuration below URL.
type issuer struct {
	requestURL   string
	requestToken string
	url          string
	key          *rsa.PrivateKey
	claims       map[string]any
	owner        string // default audience
}

const keyID = "stand-in-1"

// githubIssuer is the iss claim of hosted GitHub; Options.Claims may replace it.
const githubIssuer = "https://token.actions.githubusercontent.com"

func newIssuer(t testing.TB, github map[string]any, overrides map[string]any) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatalf("runner: %v", err)
	}
	i := &issuer{key: key, requestToken: "stand-in." + rand.Text() + ".request", claims: idClaims(github)}
	for k, v := range overrides {
		if i.claims[k] = v; v == nil {
			delete(i.claims, k)
		}
	}
	i.owner = toString(github["server_url"]) + "/" + toString(github["repository_owner"])
	mux := http.NewServeMux()
	mux.HandleFunc("GET /idtoken", i.token)
	mux.HandleFunc("GET /.well-known/openid-configuration", i.discovery)
	mux.HandleFunc("GET /.well-known/jwks", i.keys)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	i.url = srv.URL
	i.requestURL = srv.URL + "/idtoken?api-version=2.0"
	return i
}

func idClaims(github map[string]any) map[string]any {
	c := map[string]any{
		"iss": githubIssuer, "repository_visibility": "public", "runner_environment": "github-hosted",
		"sub":              "repo:" + toString(github["repository"]) + ":ref:" + toString(github["ref"]),
		"job_workflow_ref": github["workflow_ref"], "job_workflow_sha": github["workflow_sha"],
	}
	for _, k := range []string{
		"ref", "sha", "repository", "repository_owner", "repository_owner_id", "repository_id", "run_id", "run_number", "run_attempt",
		"actor", "actor_id", "workflow", "head_ref", "base_ref", "event_name", "ref_type", "ref_protected", "workflow_ref", "workflow_sha",
	} {
		c[k] = github[k]
	}
	return c
}

// token answers GET URL&audience=X. The scheme's case is free (RFC 9110, section
// 11.1); api-version must have survived the caller's handling of the query.
func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") || token != i.requestToken {
		http.Error(w, `{"message":"unauthorized"}`, http.StatusUnauthorized)
		return
	}
	q := r.URL.Query()
	if q.Get("api-version") != "2.0" || len(q["audience"]) > 1 {
		http.Error(w, `{"message":"bad request"}`, http.StatusBadRequest)
		return
	}
	audience := q.Get("audience")
	if audience == "" {
		audience = i.owner
	}
	jwt, err := i.sign(audience)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, map[string]any{"count": len(jwt), "value": jwt})
}

// sign makes a token that is valid for five minutes around now, as GitHub's are.
func (i *issuer) sign(audience string) (string, error) {
	now := time.Now().Unix()
	claims := map[string]any{"aud": audience, "jti": guid(), "iat": now, "nbf": now - 600, "exp": now + 300}
	for k, v := range i.claims {
		claims[k] = v
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	header := `{"typ":"JWT","alg":"RS256","kid":"` + keyID + `"}`
	text := b64([]byte(header)) + "." + b64(payload)
	digest := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, digest[:])
	if err != nil {
		return "", err
	}
	return text + "." + b64(sig), nil
}

func (i *issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]any{
		"issuer": i.claims["iss"], "jwks_uri": i.url + "/.well-known/jwks",
		"id_token_signing_alg_values_supported": []string{"RS256"}, "subject_types_supported": []string{"public"},
		"response_types_supported": []string{"id_token"},
	})
}

func (i *issuer) keys(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]any{"keys": []any{map[string]string{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": keyID,
		"n": b64(i.key.N.Bytes()), "e": b64(big.NewInt(int64(i.key.E)).Bytes()),
	}}})
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // fails only if the caller has gone
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// Issuer is the URL of the ID token service, with its discovery document, or
// empty if the job has no right to a token.
func (r *Runner) Issuer() string {
	if r.issuer == nil {
		return ""
	}
	return r.issuer.url
}
