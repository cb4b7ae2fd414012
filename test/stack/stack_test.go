package stack

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

// payload returns the claims of a token.
func payload(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("the token has %d parts", len(parts))
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// TestClaims: a test says what is in a token, by each of the three ways.
func TestClaims(t *testing.T) {
	s := Start(t)
	claims := payload(t, s.Token(nil))
	if claims["iss"] != s.Issuer || claims["aud"] != "sigstore" || claims["repository"] != "octo-org/octo-repo" {
		t.Errorf("the default token claims %v", claims)
	}
	s.SetClaims(map[string]any{"repository": "file", "ref": "file"})
	claims = payload(t, s.Token(map[string]any{"ref": "query", "sha": nil}))
	if _, has := claims["sha"]; has || claims["repository"] != "file" || claims["ref"] != "query" {
		t.Errorf("the changed token claims %v", claims)
	}
	s.SetClaims(nil)
	environ := s.EnvWith(map[string]any{"event_name": "query"})
	claims = payload(t, ask(t, environ))
	if claims["event_name"] != "query" || claims["aud"] != "sigstore" || claims["repository"] != "octo-org/octo-repo" {
		t.Errorf("the job's token claims %v", claims)
	}
}

// ask asks for a token as a job does.
func ask(t *testing.T, environ []string) string {
	t.Helper()
	_, address, _ := strings.Cut(environ[0], "=")
	_, token, _ := strings.Cut(environ[1], "=")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"&audience=sigstore", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct{ Value string }
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%s: %s", response.Status, body)
	}
	return answer.Value
}

// TestTwoInstances: they share no key, so what one signs the other refuses.
func TestTwoInstances(t *testing.T) {
	one, other := Start(t), Start(t)
	texts := make([]string, 2)
	for i, s := range []*Stack{one, other} {
		text, err := os.ReadFile(s.TrustedRoot)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	var root struct {
		Tlogs, Ctlogs []struct{ PublicKey struct{ RawBytes string } }
	}
	if err := json.Unmarshal([]byte(texts[0]), &root); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{root.Tlogs[0].PublicKey.RawBytes, root.Ctlogs[0].PublicKey.RawBytes} {
		if !strings.Contains(texts[0], key) || strings.Contains(texts[1], key) {
			t.Errorf("the key %s is in both trusted roots", key)
		}
	}
	if one.FulcioURL == other.FulcioURL || one.RekorURL == other.RekorURL {
		t.Error("both have the same services")
	}
}
