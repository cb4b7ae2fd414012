//go:build unix

package keyless

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/org/cilock-action/test/stack"
)

// openssl runs it in the job's folder.
func (j *job) openssl(args ...string) {
	j.t.Helper()
	cmd := exec.Command("openssl", args...)
	cmd.Dir = j.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		j.t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// passes fails the test unless the program exits with 0.
func (j *job) passes(said string, code int) string {
	j.t.Helper()
	if code != 0 {
		j.t.Errorf("exit code %d:\n%s", code, said)
	}
	return said
}

// TestTokens: outside Actions an identity token comes from a file or the
// variable that Sigstore's tools read, and the step sees neither.
func TestTokens(t *testing.T) {
	s := stack.Start(t)
	token := s.Token(nil)
	t.Run("file", func(t *testing.T) {
		j := newJob(t, nil)
		file := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		j.passes(j.run(services(s), "--identity-token="+file, "--require-signing"))
		j.passes(j.verify(s, "e.json"))
	})
	t.Run("variable", func(t *testing.T) {
		j := newJob(t, []string{"SIGSTORE_ID_TOKEN=" + token})
		said, code := j.cilock("run", "--step=x", "--trace=off", "--outfile=e.json", services(s), "--", "sh", "-c", "env > out.txt; echo ${SIGSTORE_ID_TOKEN:-none}")
		want(t, j.passes(said, code), "none\n", "cilock: verdict: pass")
		j.passes(j.verify(s, "e.json"))
		for _, name := range []string{"out.txt", "e.json", "e.json.dsse.json", "e.json.slsa.json"} {
			if data, err := os.ReadFile(filepath.Join(j.dir, name)); err != nil || strings.Contains(string(data), token) {
				t.Errorf("the token is in %s, or that is not there: %v", name, err)
			}
		}
	})
}

// TestKeyIsLogged: a key's signature is timestamped and logged where services
// are named.
func TestKeyIsLogged(t *testing.T) {
	s, j := stack.Start(t), newJob(t, nil)
	j.writeKey("key.pem")
	said := j.passes(j.run("--key=key.pem", "--timestamp-server-url="+s.TSAURL, "--rekor-server-url="+s.RekorURL, "--require-signing"))
	want(t, said, "cilock: verdict: pass")
	said = j.passes(j.cilock("verify", "--key=key.pem.pub", "--trusted-root="+s.TrustedRoot, "--bundle=e.json", "out.txt"))
	want(t, said, "ok    log entry", "ok    trusted time")
}

// TestCertificate: a key with a certificate of somebody's own authority.
func TestCertificate(t *testing.T) {
	j := newJob(t, nil)
	j.writeKey("key.pem")
	j.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA", "-days", "30")
	j.openssl("req", "-new", "-key", "key.pem", "-subj", "/CN=builder", "-addext", "subjectAltName=email:builder@example.invalid", "-addext", "extendedKeyUsage=codeSigning", "-addext", "keyUsage=digitalSignature", "-out", "req.pem")
	j.openssl("x509", "-req", "-in", "req.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-copy_extensions", "copy", "-days", "10", "-out", "cert.pem")
	j.passes(j.run("--key=key.pem", "--cert=cert.pem", "--cert-chain=ca.pem"))
	j.passes(j.cilock("verify", "--cert=cert.pem", "--cert-chain=ca.pem", "--skip-log-unsafe", "--skip-timestamp-unsafe", "--skip-sct-unsafe", "--bundle=e.json", "out.txt"))

	other := newJob(t, nil)
	other.writeKey("key.pem")
	said, code := j.run("--key="+filepath.Join(other.dir, "key.pem"), "--cert=cert.pem")
	if code != 2 {
		t.Errorf("a certificate for another key: exit code %d", code)
	}
	want(t, said, "the first certificate is not for the signing key")
}

// TestWitnessEnvelope: the envelope for Witness carries the certificate, those
// above it, and the timestamp.
func TestWitnessEnvelope(t *testing.T) {
	s := stack.Start(t)
	j := newJob(t, s.Env)
	j.passes(j.run(services(s)))
	data, err := os.ReadFile(filepath.Join(j.dir, "e.json.dsse.json"))
	if err != nil {
		t.Fatal(err)
	}
	var e struct {
		Signatures []struct {
			Certificate   []byte   `json:"certificate"`
			Intermediates [][]byte `json:"intermediates"`
			Timestamps    []struct {
				Type string `json:"type"`
			} `json:"timestamps"`
		} `json:"signatures"`
	}
	if err := json.Unmarshal(data, &e); err != nil {
		t.Fatal(err)
	}
	if len(e.Signatures) != 1 {
		t.Fatalf("%d signatures", len(e.Signatures))
	}
	if sig := e.Signatures[0]; len(sig.Certificate) == 0 || len(sig.Intermediates) == 0 || len(sig.Timestamps) != 1 || sig.Timestamps[0].Type != "tsp" {
		t.Errorf("got %s", data[:min(len(data), 500)])
	}
	j.passes(j.verify(s, "e.json.dsse.json", "--skip-log-unsafe"))
}

// TestAtOnce: eight jobs share the log's next publication.
func TestAtOnce(t *testing.T) {
	s := stack.Start(t)
	var wg sync.WaitGroup
	for i := range 8 {
		j := newJob(t, s.Env)
		wg.Go(func() {
			said, code := j.run(services(s), "--require-signing")
			if code != 0 {
				t.Errorf("job %d: exit code %d:\n%s", i, code, said)
			}
		})
	}
	wg.Wait()
}

// TestAttest: a statement over artifacts, signed as the workflow.
func TestAttest(t *testing.T) {
	s := stack.Start(t)
	j := newJob(t, s.Env)
	for name, text := range map[string]string{"out.txt": "made\n", "p.json": `{"looked":true}`} {
		if err := os.WriteFile(filepath.Join(j.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	j.passes(j.cilock("attest", services(s), "--require-signing", "--type=https://example.invalid/review/v1", "--predicate=p.json", "--outfile=a.json", "out.txt"))
	j.passes(j.verify(s, "a.json"))
}

// TestFork: a pull request from a fork never gets a token, and does not fail
// for it.
func TestFork(t *testing.T) {
	event := filepath.Join(t.TempDir(), "event.json")
	text := `{"pull_request":{"head":{"repo":{"id":2,"full_name":"fork/repo"}},"base":{"repo":{"id":1,"full_name":"org/repo"}}}}`
	if err := os.WriteFile(event, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	j := newJob(t, []string{"GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=pull_request", "GITHUB_EVENT_PATH=" + event})
	want(t, j.passes(j.run("--keyless")), "identity: none")

	own := newJob(t, []string{"GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=push"})
	said, code := own.run("--keyless")
	if code != 2 {
		t.Errorf("without permission: exit code %d", code)
	}
	want(t, said, "id-token: write")
}
