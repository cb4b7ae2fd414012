package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets this binary be Rekor, as main does.
func TestMain(m *testing.M) {
	if os.Getenv(roleVariable) == rekorRole {
		rekorMain()
		return
	}
	os.Exit(m.Run())
}

// TestRun: all services answer, every file is in the folder, and everything
// ends with the input. That they work together is tested in test/sigstore.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	in, input := io.Pipe()
	output, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(dir, in, out)
		out.CloseWithError(err)
		done <- err
	}()
	line, err := bufio.NewReader(output).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(line, &a); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ address, want string }{
		"fulcio":      {a.Fulcio + "/api/v2/trustBundle", "BEGIN CERTIFICATE"},
		"fulcio's":    {a.Fulcio + "/api/v2/configuration", githubIssuer},
		"log":         {a.CTLog + "/ct/v1/get-roots", "certificates"},
		"tsa":         {a.TSA + "/certchain", "BEGIN CERTIFICATE"},
		"rekor":       {a.Rekor + "/healthz", "SERVING"},
		"issuer":      {a.OtherIssuer + "/.well-known/openid-configuration", a.OtherIssuer + "/.well-known/jwks"},
		"impersonate": {githubIssuer + "/.well-known/openid-configuration", githubIssuer + "/.well-known/jwks"},
	} {
		if body := get(t, c.address); !strings.Contains(body, c.want) {
			t.Errorf("%s says %q", name, body)
		}
		if u, err := url.Parse(c.address); err != nil || name != "impersonate" && u.Hostname() != "127.0.0.1" {
			t.Errorf("%s is at %s", name, c.address)
		}
	}
	for _, path := range []string{a.TrustedRoot, a.SigningConfig} {
		if _, err := os.Stat(path); err != nil || filepath.Dir(path) != dir {
			t.Errorf("%s: %v", path, err)
		}
	}
	input.Close()
	if err := <-done; err != nil {
		t.Errorf("the end: %v", err)
	}
	if _, err := http.Get(a.Rekor + "/healthz"); err == nil {
		t.Error("rekor still serves")
	}
}

func get(t *testing.T, address string) string {
	t.Helper()
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestLoopbackOnly: nothing that is linked in here reaches another machine.
func TestLoopbackOnly(t *testing.T) {
	dial := loopbackOnly("issuer.test:443", "127.0.0.1:1")
	for _, address := range []string{"192.0.2.1:443", "issuer.test:80", "other.test:443"} {
		if _, err := dial(t.Context(), "tcp", address); err == nil || !strings.Contains(err.Error(), "loopback alone") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestReplace(t *testing.T) {
	i := &issuer{claimsFile: filepath.Join(t.TempDir(), "claims.json")}
	claims := map[string]any{"a": 1, "b": 1, "c": 1, "d": 1}
	if err := os.WriteFile(i.claimsFile, []byte(`{"b":2,"c":2}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := i.replace(claims, `{"c":3,"d":null}`); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(claims)
	if want := `{"a":1,"b":2,"c":3}`; err != nil || string(got) != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	if err := i.replace(claims, `{`); err == nil {
		t.Error("claims that are no JSON are taken")
	}
}
