//go:build unix

package keyless

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/org/cilock-action/test/stack"
)

// writeKey makes a key pair in the job's folder: NAME and NAME.pub.
func (j *job) writeKey(name string) {
	j.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		j.t.Fatal(err)
	}
	private, _ := x509.MarshalPKCS8PrivateKey(key)
	public, _ := x509.MarshalPKIXPublicKey(&key.PublicKey)
	j.write(name, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	j.write(name+".pub", string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})))
}

// TestSignerCommand: a command that gives no signature of its key costs the
// evidence its signer, and not the evidence.
func TestSignerCommand(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil && os.Getenv("CI") != "true" {
		t.Skip("no openssl")
	}
	sign := func(key string) string { return "openssl pkeyutl -sign -inkey " + key + "\n" }
	for name, test := range map[string]struct {
		script string
		signs  bool
	}{
		"good":                      {sign("k"), true},
		"a child that keeps a pipe": {"(sleep 20 2>&1 &)\n" + sign("k"), true},
		"another key":               {sign("other"), false},
		"garbage":                   {"echo '::error::no'\n", false},
		"nothing":                   {"exit 0\n", false},
		"megabytes":                 {"head -c 9000000 /dev/zero\n", false},
		"fails and says so":         {"printf '\\n::error::no\\n##[error]no' >&2; exit 7\n", false},
		"not there":                 {"", false},
	} {
		t.Run(name, func(t *testing.T) {
			j := newJob(t, []string{"GITHUB_ACTIONS=true"})
			j.writeKey("k")
			j.writeKey("other")
			command := "sh sign.sh"
			if test.script == "" {
				command = "./sign.sh"
			}
			j.write("sign.sh", test.script)
			said, code := j.run("--key=k.pub", "--signer-command="+command)
			if code != 0 {
				t.Errorf("exit code %d", code)
			}
			key, says := "k.pub", "cilock: signer: key "
			if !test.signs {
				key, says = "e.json.pub", "cilock: signer: none"
			}
			want(t, said, says)
			if name == "megabytes" {
				want(t, said, "wrote more than a signature")
			}
			if said, code := j.cilock("verify", "--key="+key, "--bundle=e.json", "out.txt"); code != 0 {
				t.Errorf("verify: exit code %d:\n%s", code, said)
			}
			noCommands(t, said)
			if test.signs {
				return
			}
			if said, code = j.run("--key=k.pub", "--signer-command="+command, "--require-signing"); code != 4 {
				t.Errorf("with --require-signing: exit code %d:\n%s", code, said)
			}
		})
	}
}

// TestCancelled: a signal while somebody is waited for leaves evidence that
// verifies with what lies beside it.
func TestCancelled(t *testing.T) {
	s := stack.Start(t)
	for name, service := range map[string]func(through) *stack.Proxy{
		"Fulcio": func(p through) *stack.Proxy { return p.fulcio },
		"TSA":    func(p through) *stack.Proxy { return p.tsa },
		"Rekor":  func(p through) *stack.Proxy { return p.rekor },
		"signer": nil,
	} {
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			t.Run(name+" "+sig.String(), func(t *testing.T) {
				t.Parallel()
				p, j := before(t, s), newJob(t, s.Env)
				j.writeKey("k")
				ready := filepath.Join(j.dir, "ready")
				if err := syscall.Mkfifo(ready, 0o600); err != nil {
					t.Fatal(err)
				}
				flags := p.flags("--keyless", "--signing-timeout=10m")
				if service == nil {
					j.write("sign.sh", "echo > ready; exec sleep 600\n")
					flags = []string{"--key=k.pub", "--signer-command=sh sign.sh", "--signing-timeout=10m"}
				} else {
					service(p).Always(stack.Fault{Kind: stack.Hang})
				}
				said, code := j.interrupted(sig, ready, service, p, flags)
				if code != 0 {
					t.Errorf("exit code %d", code)
				}
				want(t, said, "cilock: verdict: ")
				switch name {
				case "Fulcio", "signer":
					if said, code := j.cilock("verify", "--key=e.json.pub", "--bundle=e.json", "out.txt"); code != 0 {
						t.Errorf("verify: exit code %d:\n%s", code, said)
					}
				case "Rekor":
					if said, code := j.verify(s, "e.json", "--skip-log-unsafe"); code != 0 {
						t.Errorf("verify: exit code %d:\n%s", code, said)
					}
				}
			})
		}
	}
}
