package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain registers cilock itself, and what the scripts need to make keys and
// to look into evidence. Each runs as a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"cilock":  main,
		"genkey":  tool(genkey),
		"payload": tool(payload),
		"flip":    tool(flip),
		"graft":   tool(graft),
		"plant":   tool(plant),
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			// The tests may themselves run under a CI that is a runner.
			e.Setenv("GITHUB_ACTIONS", "")
			e.Setenv("GODEBUG", os.Getenv("GODEBUG")) // fips140=only, in .ci/run
			e.Setenv("CILOCK_TEST_UID", fmt.Sprint(os.Getuid()))
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, "cache"))
			e.Values["forge"] = &forge{tb: e.T().(testing.TB)}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"github": githubCommand, "sigstore": sigstoreFile},
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Getuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
	})
}

// tool turns a function of arguments into a script command.
func tool(f func(args []string) error) func() {
	return func() {
		if err := f(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// genkey TYPE PRIVATE PUBLIC writes a generated key pair.
func genkey(args []string) error {
	var private crypto.Signer
	var err error
	switch args[0] {
	case "p256":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "p384":
		private, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ed25519":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case "rsa":
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		err = fmt.Errorf("unknown key type %q", args[0])
	}
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	if err := os.WriteFile(args[1], pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		return err
	}
	if der, err = x509.MarshalPKIXPublicKey(private.Public()); err != nil {
		return err
	}
	return os.WriteFile(args[2], pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600)
}

// load reads a bundle or a bare envelope, and returns its DSSE part.
func load(path string) (doc, dsse map[string]any, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, nil, err
	}
	if inner, ok := doc["dsseEnvelope"].(map[string]any); ok {
		return doc, inner, nil
	}
	return doc, doc, nil
}

// payload FILE [TYPE] prints the signed statement, or one attestation of it.
func payload(args []string) error {
	_, dsse, err := load(args[0])
	if err != nil {
		return err
	}
	text, err := base64.StdEncoding.DecodeString(dsse["payload"].(string))
	if err != nil {
		return err
	}
	if len(args) == 1 {
		fmt.Println(string(text))
		return nil
	}
	var st struct {
		Predicate struct {
			Attestations []struct {
				Type        string
				Attestation json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(text, &st); err != nil {
		return err
	}
	for _, a := range st.Predicate.Attestations {
		if a.Type == args[1] {
			fmt.Println(string(a.Attestation))
			return nil
		}
	}
	return fmt.Errorf("no attestation of type %s", args[1])
}

// flip FILE OUT changes one byte in the middle of the payload.
func flip(args []string) error {
	doc, dsse, err := load(args[0])
	if err != nil {
		return err
	}
	text, err := base64.StdEncoding.DecodeString(dsse["payload"].(string))
	if err != nil {
		return err
	}
	text[len(text)/2] ^= 1
	dsse["payload"] = base64.StdEncoding.EncodeToString(text)
	return save(args[1], doc)
}

// graft FROM TO OUT writes TO with the signature of FROM.
func graft(args []string) error {
	_, from, err := load(args[0])
	if err != nil {
		return err
	}
	doc, to, err := load(args[1])
	if err != nil {
		return err
	}
	to["signatures"] = from["signatures"]
	return save(args[2], doc)
}

// plant PREFIX N FILE writes a secret that nobody issued: the prefix and n random
// letters and digits.
func plant(args []string) error {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	secret := args[0]
	for secret[len(args[0]):] == "" || len(secret) < len(args[0])+n {
		secret += strings.Map(func(r rune) rune {
			if r == '-' || r == '_' {
				return -1
			}
			return r
		}, base64.RawURLEncoding.EncodeToString(randomBytes(24)))
	}
	return os.WriteFile(args[2], []byte(secret[:len(args[0])+n]), 0o600)
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return b
}

func save(path string, doc any) error {
	data, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}
