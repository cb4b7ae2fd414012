//go:build unix

package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/runner"
)

// secret is made up.
const secret = "Zk9qLw72-HyPx3vRt&5n"

// forms are the spellings of the secret that must not be found either.
func forms() []string {
	return []string{
		secret, base64.StdEncoding.EncodeToString([]byte(secret))[:20], hex.EncodeToString([]byte(secret)),
		strings.ReplaceAll(secret, "&", "%26"), strings.ReplaceAll(secret, "&", `\u0026`),
	}
}

// ours are the lines of the log that are not the command's.
func ours(r *runner.Result) string {
	_, text, _ := strings.Cut(r.Log, "cilock: verdict:")
	return text
}

func silent(t *testing.T, where, text string) {
	t.Helper()
	for _, form := range forms() {
		if strings.Contains(text, form) {
			t.Errorf("%s holds the secret as %q:\n%s", where, form, text)
		}
	}
}

// TestSecret: a secret that the command prints, names a file after, and got as
// an argument is in nothing that we write. The job masks nothing here, as when
// a secret is not one of the runner's own.
func TestSecret(t *testing.T) {
	t.Parallel()
	j := newJob(t, runner.Options{Env: map[string]string{"DEPLOY_TOKEN": secret}})
	r := j.use(map[string]string{"step": "deploy", "command": `
		echo "the token is $DEPLOY_TOKEN"
		printf %s "$DEPLOY_TOKEN" | base64
		echo 1 > "name-$DEPLOY_TOKEN"
		echo "made=$DEPLOY_TOKEN" >> "$GITHUB_OUTPUT"
		sh -c 'exit 41' --token='` + secret + `' "--url=https://me:$DEPLOY_TOKEN@example.invalid"`})
	want(t, r, "failure", 41)
	if !strings.Contains(r.Log, "the token is ") {
		t.Fatalf("the command's output is lost:\n%s", r.Log)
	}
	path := r.Outputs["evidence-path"]
	v := j.evidence(t, path)
	silent(t, "the statement", string(v.Statement.Predicate))
	for _, s := range v.Statement.Subject {
		silent(t, "a subject", s.Name)
	}
	silent(t, "the Witness envelope", string(j.evidence(t, path+".dsse.json").Statement.Predicate))
	silent(t, "the summary", r.Summary)
	silent(t, "a line of ours", ours(r))
	for _, a := range r.Annotations {
		silent(t, "an annotation", a.Message+a.Properties["title"]+a.Properties["file"])
	}
}

// TestSecretInRefusals: an error quotes what was given; not if it is a secret.
func TestSecretInRefusals(t *testing.T) {
	t.Parallel()
	j := newJob(t, runner.Options{Env: map[string]string{"DEPLOY_TOKEN": secret}})
	for name, value := range map[string]string{
		"outfile": "no/" + secret + "/e.json", "workingdir": secret, "shell": secret, "mode": secret, "fail-on": secret,
		"attestations": secret, "step": secret + "\x01", "product-include-glob": secret + "[", "require-signing": secret,
	} {
		r := j.use(map[string]string{"command": "true", name: value})
		want(t, r, "failure", 2)
		_, log, _ := strings.Cut(r.Log, "##[endgroup]\n")
		silent(t, "the log after a bad "+name, log)
		for _, a := range r.Annotations {
			silent(t, "an annotation about a bad "+name, a.Message)
		}
	}
	r := j.use(map[string]string{"command": "echo 1 > out.txt"})
	again := j.verify(r.Outputs["evidence-path"], "name-"+secret)
	want(t, again, "failure", 3)
	_, log, _ := strings.Cut(again.Log, "##[endgroup]\n")
	silent(t, "the log of mode verify", log)
	again = j.verify(filepath.Join(j.Temp, secret), "out.txt")
	_, log, _ = strings.Cut(again.Log, "##[endgroup]\n")
	silent(t, "the log of mode verify", log)
}
