//go:build unix

package keyless

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/stack"
)

const (
	builder   = "org/cilock-action/.github/workflows/trace-build.yml@0123456789abcdef0123456789abcdef01234567"
	theCommit = "4f3c8e7a1b2d9c6e5f0a7b8c9d0e1f2a3b4c5d6e" // of the stack's tokens
)

// inRun is the environment of a job of the run of the stack's tokens, with changes.
func inRun(env []string, changes ...string) []string {
	return slices.Concat([]string{
		"GITHUB_ACTIONS=true", "GITHUB_SERVER_URL=https://github.com", "GITHUB_REPOSITORY=octo-org/octo-repo", "GITHUB_SHA=" + theCommit,
		"GITHUB_RUN_ID=30433642", "GITHUB_WORKFLOW_REF=octo-org/octo-repo/.github/workflows/release.yml@refs/heads/main", "GITHUB_EVENT_NAME=push",
		"RUNNER_ENVIRONMENT=self-hosted",
	}, env, changes)
}

// handedOver is a job that wrapped a step without a token, and the one after it, in
// the same folder.
func handedOver(t *testing.T, s *stack.Stack, changes ...string) (sign *job) {
	t.Helper()
	build := newJob(t, inRun(nil, changes...))
	if said, code := build.run("--keyless=false", "--attestations=github environment"); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, said)
	}
	sign = newJob(t, inRun(s.EnvWith(map[string]any{"job_workflow_ref": builder})))
	sign.dir = build.dir
	return sign
}

// payload is the statement of a bundle or envelope.
func (j *job) payload(name string) string {
	j.t.Helper()
	var b struct {
		Payload  string
		Envelope struct{ Payload string } `json:"dsseEnvelope"`
	}
	if err := json.Unmarshal([]byte(j.read(name)), &b); err != nil {
		j.t.Fatal(err)
	}
	text, err := base64.StdEncoding.DecodeString(b.Payload + b.Envelope.Payload)
	if err != nil {
		j.t.Fatal(err)
	}
	return string(text)
}

func (j *job) read(name string) string {
	j.t.Helper()
	text, err := os.ReadFile(filepath.Join(j.dir, name))
	if err != nil {
		j.t.Fatal(err)
	}
	return string(text)
}

// TestCountersign: evidence of a job that could not sign as a workflow gets the
// identity of the one after it. The statement stays as it was; the provenance names
// the workflow that signs and the runner that built.
func TestCountersign(t *testing.T) {
	s := stack.Start(t)
	j := handedOver(t, s)
	before := j.payload("e.json")
	theirs := j.payload("e.json.dsse.json")
	said, code := j.cilock("attest", "--countersign=e.json", "--require-signing", services(s))
	if code != 0 {
		t.Fatalf("exit code %d:\n%s", code, said)
	}
	if _, err := os.Stat(filepath.Join(j.dir, "e.json.pub")); err == nil {
		t.Error("the first key is still there")
	}
	if j.payload("e.json") != before || j.payload("e.json.dsse.json") != theirs {
		t.Error("the statement is another one")
	}
	provenance := j.payload("e.json.slsa.json")
	want(t, provenance, `"id":"https://github.com/`+builder+`"`, `"gitCommit":"`+theCommit+`"`, `"runner_environment":"self-hosted"`)
	for _, bundle := range []string{"e.json", "e.json.slsa.json"} {
		who := []string{"verify", "--cert-identity=https://github.com/" + builder, "--verify-repo=octo-org/octo-repo", "--trusted-root=" + s.TrustedRoot, "--bundle=" + bundle, "out.txt"}
		said, code := j.cilock(append(who, "--verify-commit="+theCommit)...)
		if code != 0 {
			t.Errorf("%s: exit code %d:\n%s", bundle, code, said)
		}
		want(t, said, "verdict: pass", "ok    commit        "+theCommit)
		said, code = j.cilock(append(who, "--verify-commit="+strings.Repeat("a", 40))...)
		if code != 3 {
			t.Errorf("%s for another commit: exit code %d:\n%s", bundle, code, said)
		}
		want(t, said, "FAIL  commit        expected a certificate for commit "+strings.Repeat("a", 40), `found    "`+theCommit+`"`)
	}
	if said, code := j.cilock("verify", "--skip-log-unsafe", "--cert-identity=https://github.com/"+builder, "--trusted-root="+s.TrustedRoot, "--bundle=e.json.dsse.json", "out.txt"); code != 0 {
		t.Errorf("envelope: exit code %d:\n%s", code, said)
	}

	// Once is enough: the key that could show that the files belong together is gone.
	if said, code := j.cilock("attest", "--countersign=e.json", services(s)); code != 3 {
		t.Errorf("again: exit code %d:\n%s", code, said)
	}
}

// TestCountersignRefuses: what is not evidence of this run is signed by nobody, and
// no service is asked. All files stay as they were.
func TestCountersignRefuses(t *testing.T) {
	s := stack.Start(t)
	p := before(t, s)
	asked := []string{"--fulcio-server-url=" + p.fulcio.URL, "--rekor-server-url=" + p.rekor.URL, "--timestamp-server-url=" + p.tsa.URL}
	for name, test := range map[string]struct {
		changes []string // of the first job's environment
		spoil   func(j *job)
		code    int
		says    string
	}{
		"another repository": {[]string{"GITHUB_REPOSITORY=octo-org/other"}, nil, 3, `expected repository "octo-org/octo-repo", found "octo-org/other"`},
		"another commit":     {[]string{"GITHUB_SHA=" + strings.Repeat("a", 40)}, nil, 3, `expected sha "` + theCommit + `"`},
		"another run":        {[]string{"GITHUB_RUN_ID=7"}, nil, 3, `expected run_id "30433642", found "7"`},
		"another workflow":   {[]string{"GITHUB_WORKFLOW_REF=octo-org/octo-repo/.github/workflows/evil.yml@refs/heads/main"}, nil, 3, "expected workflow_ref"},
		"no job at all":      {[]string{"GITHUB_ACTIONS=false"}, nil, 3, `expected repository "octo-org/octo-repo", found ""`},
		"provenance in its place": {nil, func(j *job) {
			j.write("e.json", j.read("e.json.slsa.json"))
		}, 3, "expected the evidence of a step"},
		"another key": {nil, func(j *job) { j.writeKey("k"); j.write("e.json.pub", j.read("k.pub")) }, 3, "signature check failed"},
		"no key":      {nil, func(j *job) { os.Remove(filepath.Join(j.dir, "e.json.pub")) }, 3, "read the key that signed it"},
		"changed": {nil, func(j *job) {
			j.write("e.json", strings.Replace(j.read("e.json"), `"payload":"e`, `"payload":"f`, 1))
		}, 3, "countersign e.json"},
		"no evidence":     {nil, func(j *job) { os.Remove(filepath.Join(j.dir, "e.json")) }, 3, "no such file"},
		"no token":        {nil, func(j *job) { j.env = inRun(nil) }, 2, "id-token: write"},
		"outside of jobs": {nil, func(j *job) { j.env = append(j.env, "GITHUB_ACTIONS=") }, 2, "only a job of GitHub Actions"},
	} {
		t.Run(name, func(t *testing.T) {
			j := handedOver(t, s, test.changes...)
			if test.spoil != nil {
				test.spoil(j)
			}
			old := j.files()
			said, code := j.cilock(append([]string{"attest", "--countersign=e.json"}, asked...)...)
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			want(t, said, test.says)
			if now := j.files(); now != old {
				t.Error("files were changed")
			}
		})
	}
	if n := len(p.fulcio.Requests()) + len(p.rekor.Requests()) + len(p.tsa.Requests()); n != 0 {
		t.Errorf("the services were asked %d times", n)
	}
	for _, flags := range [][]string{{"--type=vsa"}, {"--predicate=e.json"}, {"out.txt"}, {"--outfile=x.json"}, {"--log-later=e.json"}} {
		j := newJob(t, inRun(s.Env))
		if said, code := j.cilock(append([]string{"attest", "--countersign=e.json"}, flags...)...); code != 2 {
			t.Errorf("%q: exit code %d:\n%s", flags, code, said)
		}
	}
}

// TestCountersignCheckout: a step that ran on the files of another commit than that
// of the job, as its own checkout says, is not the job's build.
func TestCountersignCheckout(t *testing.T) {
	s := stack.Start(t)
	build := newJob(t, inRun(nil, "GIT_CONFIG_NOSYSTEM=1"))
	for _, args := range [][]string{
		{"init", "--quiet"}, {"-c", "user.name=c", "-c", "user.email=c@example.invalid", "commit", "--quiet", "--allow-empty", "--message=other"},
	} {
		git := exec.Command("git", args...)
		git.Dir, git.Env = build.dir, build.env
		if out, err := git.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	if said, code := build.run("--keyless=false", "--attestations=github git"); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, said)
	}
	sign := newJob(t, inRun(s.Env))
	sign.dir = build.dir
	said, code := sign.cilock("attest", "--countersign=e.json", services(s))
	if code != 3 {
		t.Errorf("exit code %d", code)
	}
	want(t, said, `expected a checkout of commit "`+theCommit+`"`)
}

// TestCountersignClaims: claims of a token that the other job wrote down are its own
// word, forged or not, and get no signature that rules over claims would rely on.
func TestCountersignClaims(t *testing.T) {
	s := stack.Start(t)
	build := newJob(t, inRun(s.EnvWith(map[string]any{"environment": "production"})))
	if said, code := build.run("--keyless=false", "--attestations=github"); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, said)
	}
	if !strings.Contains(build.payload("e.json"), `"environment":"production"`) {
		t.Fatal("the evidence has no claims")
	}
	sign := newJob(t, inRun(s.Env))
	sign.dir = build.dir
	old := sign.files()
	said, code := sign.cilock("attest", "--countersign=e.json", services(s))
	if code != 3 || sign.files() != old {
		t.Errorf("exit code %d, or files were changed", code)
	}
	want(t, said, "the evidence has claims of a token, which nobody can check")
}

// files are the names and contents of a job's folder.
func (j *job) files() (all string) {
	j.t.Helper()
	entries, err := os.ReadDir(j.dir)
	if err != nil {
		j.t.Fatal(err)
	}
	for _, e := range entries {
		all += e.Name() + "\n" + j.read(e.Name()) + "\n"
	}
	return all
}

// TestCountersignWithoutFulcio: no certificate, no change.
func TestCountersignWithoutFulcio(t *testing.T) {
	s := stack.Start(t)
	j := handedOver(t, s)
	old := j.files()
	said, code := j.cilock("attest", "--countersign=e.json", "--fulcio-server-url=http://127.0.0.1:1", "--rekor-server-url="+s.RekorURL, "--timestamp-server-url="+s.TSAURL, "--signing-timeout=2s")
	if code != 1 || j.files() != old {
		t.Errorf("exit code %d, or files were changed:\n%s", code, said)
	}
	want(t, said, "no certificate, and nothing was changed")
}
