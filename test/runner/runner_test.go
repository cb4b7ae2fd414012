//go:build unix

package runner

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// action writes an action with one bash step for each script.
func action(t *testing.T, scripts ...string) string {
	t.Helper()
	dir := t.TempDir()
	text := "runs:\n  using: composite\n  steps:\n"
	for i, s := range scripts {
		text += fmt.Sprintf("    - id: s%d\n      shell: bash\n      run: |\n", i)
		for line := range strings.SplitSeq(s, "\n") {
			text += "        " + line + "\n"
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "action.yml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func run1(t *testing.T, o Options, scripts ...string) *Result {
	t.Helper()
	return New(t, o).RunAction(t.Context(), Call{Dir: action(t, scripts...)})
}

func TestEnvironmentIsTheRunnersAndNothingElse(t *testing.T) {
	t.Setenv("LEAKED_FROM_THE_TEST", "1")
	r := New(t, Options{Env: map[string]string{"FROM_JOB": "j", "GITHUB_SHA": "forged"}})
	r.RunAction(t.Context(), Call{Dir: "testdata/show", Repository: "acme/show", Ref: "releases/v1", Inputs: map[string]string{"greeting": "hi"}, Env: map[string]string{"FROM_STEP": "s"}})
	b, err := os.ReadFile(filepath.Join(r.Temp, "env"))
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	for kv := range strings.SplitSeq(strings.TrimSuffix(string(b), "\x00"), "\x00") {
		k, v, _ := strings.Cut(kv, "=")
		env[k] = v
	}
	var names []string
	for k := range env {
		if k != "_" && k != "PWD" && k != "SHLVL" && k != "OLDPWD" { // bash's own
			names = append(names, k)
		}
	}
	slices.Sort(names)
	want := strings.Fields(`CI FROM_JOB FROM_STEP GITHUB_ACTION GITHUB_ACTIONS GITHUB_ACTION_PATH GITHUB_ACTION_REF GITHUB_ACTION_REPOSITORY
		GITHUB_ACTOR GITHUB_ACTOR_ID GITHUB_API_URL GITHUB_BASE_REF GITHUB_ENV GITHUB_EVENT_NAME GITHUB_EVENT_PATH GITHUB_GRAPHQL_URL
		GITHUB_HEAD_REF GITHUB_JOB GITHUB_OUTPUT GITHUB_PATH GITHUB_REF GITHUB_REF_NAME GITHUB_REF_PROTECTED GITHUB_REF_TYPE
		GITHUB_REPOSITORY GITHUB_REPOSITORY_ID GITHUB_REPOSITORY_OWNER GITHUB_REPOSITORY_OWNER_ID GITHUB_RETENTION_DAYS
		GITHUB_RUN_ATTEMPT GITHUB_RUN_ID GITHUB_RUN_NUMBER GITHUB_SERVER_URL GITHUB_SHA GITHUB_STATE GITHUB_STEP_SUMMARY
		GITHUB_TRIGGERING_ACTOR GITHUB_WORKFLOW GITHUB_WORKFLOW_REF GITHUB_WORKFLOW_SHA GITHUB_WORKSPACE HOME LANG PATH RUNNER_ARCH
		RUNNER_ENVIRONMENT RUNNER_NAME RUNNER_OS RUNNER_TEMP RUNNER_TOOL_CACHE RUNNER_TRACKING_ID RUNNER_WORKSPACE USER`)
	if !slices.Equal(names, want) {
		t.Errorf("names\n%v, want\n%v", names, want)
	}
	if env["GITHUB_ACTION_REF"] != "" || env["GITHUB_ACTION_REPOSITORY"] != "" {
		t.Errorf("a run: step knows its action's ref: %q %q", env["GITHUB_ACTION_REF"], env["GITHUB_ACTION_REPOSITORY"])
	}
	if env["GITHUB_SHA"] == "forged" {
		t.Error("env: overwrote a variable of the context")
	}
	at := filepath.Join(filepath.Dir(env["RUNNER_TEMP"]), "_actions", "acme", "show", "releases", "v1")
	if env["GITHUB_ACTION_PATH"] != at || env["GITHUB_WORKSPACE"] != r.Workspace || env["PWD"] != r.Workspace {
		t.Errorf("action path %s, workspace %s, directory %s", env["GITHUB_ACTION_PATH"], env["GITHUB_WORKSPACE"], env["PWD"])
	}
	if _, err := os.Stat(at + ".completed"); err != nil {
		t.Error(err)
	}
}

func TestShow(t *testing.T) {
	r := New(t, Options{Job: map[string]any{"check_run_id": 99.0}})
	if err := os.Mkdir(filepath.Join(r.Workspace, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	res := r.RunAction(t.Context(), Call{Dir: "testdata/show", Repository: "acme/show", Ref: "v1", Inputs: map[string]string{"more": "false"}})
	if res.Conclusion != "success" || res.ExitCode != 0 {
		t.Fatalf("%s, exit %d\n%s", res.Conclusion, res.ExitCode, res.Log)
	}
	// The string 'false' is true, as it is on GitHub.
	want := map[string]string{"poem": "hello, octocat\n\nk=v", "last": "blue in sub", "nothing": ""}
	for k, v := range want {
		if got, ok := res.Outputs[k]; !ok || got != v {
			t.Errorf("output %s is %q, want %q", k, got, v)
		}
	}
	if len(res.Outputs) != len(want) {
		t.Errorf("an undeclared output leaves the action: %q", res.Outputs)
	}
	if res.Env["COLOUR"] != "blue" || len(res.Path) != 1 || res.Path[0] != r.Workspace+"/bin" || res.Steps[1].State["pid"] != "7" {
		t.Errorf("env %q, path %q, state %q", res.Env, res.Path, res.Steps[1].State)
	}
	if want := "# hello, octocat, token ***\n"; res.Summary != want {
		t.Errorf("summary %q, want %q", res.Summary, want)
	}
	for _, line := range []string{"the password is ***, the token ***\n", "ref acme/show@v1\n", `  "check_run_id": 99,`, "##[group]Run env -0 >"} {
		if !strings.Contains(res.Log, line) {
			t.Errorf("the log lacks %q:\n%s", line, res.Log)
		}
	}
	if strings.Contains(res.Log, "ghs_") {
		t.Error("the token is in the log")
	}
	slices.SortFunc(res.Annotations, func(a, b Annotation) int { return strings.Compare(a.Level, b.Level) })
	got := fmt.Sprintf("%v", res.Annotations)
	if want := "[{error in the old form map[]} {warning first\nsecond map[file:a.go line:3 title:a,b:]}]"; got != want {
		t.Errorf("annotations %s, want %s", got, want)
	}
}

func TestLaterStepsSeeWhatWasSet(t *testing.T) {
	r := New(t, Options{})
	tool := filepath.Join(r.Workspace, "bin", "tool")
	set := action(t, `mkdir bin; printf '#!/bin/sh\necho tool ran\n' > bin/tool; chmod +x bin/tool
echo "$PWD/bin" >> $GITHUB_PATH; echo A=1 >> $GITHUB_ENV; echo "$GITHUB_OUTPUT" > first`,
		`[ "$(cat first)" != "$GITHUB_OUTPUT" ]; [ ! -s "$GITHUB_OUTPUT" ]; tool; echo "A is $A"`)
	if res := r.RunAction(t.Context(), Call{Dir: set}); res.Conclusion != "success" || !strings.Contains(res.Log, "tool ran\nA is 1\n") {
		t.Errorf("in the same action: %s\n%s", res.Conclusion, res.Log)
	}
	res := r.RunAction(t.Context(), Call{Dir: action(t, `command -v tool; echo "A is $A"`), Env: map[string]string{"A": "2"}})
	if !strings.Contains(res.Log, tool+"\nA is 2\n") {
		t.Errorf("in a later step:\n%s", res.Log)
	}
}

// The calling step's own env: shadows GITHUB_ENV inside the action, the job's does
// not, and for the next step of the job both have changed.
func TestWhoseEnvironmentWins(t *testing.T) {
	r := New(t, Options{Env: map[string]string{"OF_JOB": "0", "OF_STEP": "0"}})
	set := action(t, `printf 'OF_JOB=1\nOF_STEP=1\n' >> $GITHUB_ENV`, `echo "now $OF_JOB $OF_STEP"`)
	if res := r.RunAction(t.Context(), Call{Dir: set, Env: map[string]string{"OF_STEP": "2"}}); !strings.Contains(res.Log, "\nnow 1 2\n") {
		t.Errorf("inside:\n%s", res.Log)
	}
	if res := r.RunAction(t.Context(), Call{Dir: action(t, `echo "now $OF_JOB $OF_STEP"`)}); !strings.Contains(res.Log, "\nnow 1 1\n") {
		t.Errorf("afterwards:\n%s", res.Log)
	}
}

func TestAnnotationsAreMasked(t *testing.T) {
	res := run1(t, Options{}, `echo "::add-mask::hunter22"; echo "::error::it is hunter22"`)
	if len(res.Annotations) != 1 || res.Annotations[0].Message != "it is ***" {
		t.Errorf("%v", res.Annotations)
	}
}

func TestAnnotationLimits(t *testing.T) {
	res := run1(t, Options{}, `for i in $(seq 12); do echo "::notice::n$i"; echo "##[warning]w$i"; done`,
		`echo "::error::$(head -c 5000 /dev/zero | tr '\0' x)"; exit 3`)
	count := map[string]int{}
	for _, a := range res.Annotations {
		count[a.Level]++
		if len(a.Message) > 4096 {
			t.Errorf("a message of %d", len(a.Message))
		}
	}
	if count["notice"] != 10 || count["warning"] != 10 || count["error"] != 2 || res.Annotations[0].Message != "n1" {
		t.Errorf("kept %v", count)
	}
	if last := res.Annotations[len(res.Annotations)-1]; last.Message != "Process completed with exit code 3." || res.ExitCode != 3 || res.Conclusion != "failure" {
		t.Errorf("%v, exit %d, %s", last, res.ExitCode, res.Conclusion)
	}
	if len(res.Commands) != 25 {
		t.Errorf("%d commands", len(res.Commands))
	}
}

func TestStopCommands(t *testing.T) {
	res := run1(t, Options{}, `{ echo "::stop-commands::token-123"; echo "::error::not read"; echo "##[token-123]"; echo "::notice::read"
echo "::stop-commands::other-token"; } >&2`, `echo "::notice::a new step starts afresh"`, `echo "::stop-commands::error"`)
	var got []string
	for _, a := range res.Annotations {
		got = append(got, a.Message)
	}
	if res.Conclusion != "failure" || len(got) != 4 || got[0] != "read" || got[1] != "a new step starts afresh" || !strings.Contains(res.Log, "\n::error::not read\n") {
		t.Errorf("%s, annotations %q", res.Conclusion, got)
	}
}

func TestDisabledCommandsFailTheStep(t *testing.T) {
	for _, line := range []string{"::set-env name=A::b", "::add-path::/tmp"} {
		if res := run1(t, Options{}, `echo "`+line+`"`); res.Conclusion != "failure" || len(res.Env)+len(res.Path) > 0 {
			t.Errorf("%s: %s, %q %q", line, res.Conclusion, res.Env, res.Path)
		}
	}
}

func TestMalformedFilesFailTheStep(t *testing.T) {
	for name, tc := range map[string]struct{ script, file string }{
		"no equals sign":  {`printf 'a=1\nnonsense\n' >> $GITHUB_OUTPUT`, "output"},
		"no end":          {`printf 'a<<EOF\nx\n' >> $GITHUB_OUTPUT`, "output"},
		"empty delimiter": {`echo 'a<<' >> $GITHUB_STATE`, "state"},
	} {
		t.Run(name, func(t *testing.T) {
			res := run1(t, Options{}, tc.script, `echo "the next step"`)
			want := "Unable to process file command '" + tc.file + "' successfully."
			if res.Conclusion != "failure" || res.ExitCode != 0 || len(res.Steps) != 2 || res.Steps[1].Outcome != "skipped" || len(res.Annotations) != 2 || res.Annotations[0].Message != want {
				t.Errorf("%s, exit %d, %v", res.Conclusion, res.ExitCode, res.Annotations)
			}
		})
	}
}

func TestNodeOptionsAreLost(t *testing.T) {
	res := run1(t, Options{}, `printf 'NODE_OPTIONS=x\nA=b\n' >> $GITHUB_ENV`, `echo "$A${NODE_OPTIONS-}" >> $GITHUB_STEP_SUMMARY`)
	if res.Conclusion != "success" || res.Summary != "b\n" || len(res.Annotations) != 1 {
		t.Errorf("%s, %q, %v", res.Conclusion, res.Summary, res.Annotations)
	}
}

func TestSummaryThatIsTooLargeIsLost(t *testing.T) {
	res := run1(t, Options{}, `head -c 1048576 /dev/zero | tr '\0' x > $GITHUB_STEP_SUMMARY`, `head -c 1048577 /dev/zero | tr '\0' y > $GITHUB_STEP_SUMMARY`)
	if res.Conclusion != "success" || len(res.Summary) != 1<<20+1 || strings.Contains(res.Summary, "y") || len(res.Annotations) != 1 {
		t.Errorf("%s, %d bytes, %d annotations", res.Conclusion, len(res.Summary), len(res.Annotations))
	}
}

func TestShells(t *testing.T) {
	for script, ok := range map[string]bool{"false | true": false, "false; true": false, `[ -z "$UNSET" ]`: true, "! read line": true} {
		if res := run1(t, Options{}, script); (res.Conclusion == "success") != ok {
			t.Errorf("bash, %s: %s", script, res.Conclusion)
		}
	}
}

// onLine calls f when a line of the log starts with prefix.
type onLine struct {
	prefix string
	f      func()
}

func (o onLine) Write(p []byte) (int, error) {
	if bytes.HasPrefix(p, []byte(o.prefix)) {
		o.f()
	}
	return len(p), nil
}

// Only the process itself gets the signals: a shell that does not forward them
// leaves its child behind, which is why an action's script must exec.
func TestCancellation(t *testing.T) {
	const long, short = time.Minute, 300 * time.Millisecond
	loop := "; echo ready; while :; do sleep 0.01; done"
	for name, tc := range map[string]struct {
		script    string
		int, term time.Duration
		exit      int
		log       []string
	}{
		"SIGINT is enough":   {"trap 'echo got INT; exit 5' INT" + loop, long, long, 5, []string{"got INT"}},
		"SIGTERM is next":    {"trap 'echo got INT' INT; trap 'echo got TERM; exit 6' TERM" + loop, short, long, 6, []string{"got INT", "got TERM"}},
		"then it is killed":  {"trap : INT TERM" + loop, short, short, 137, nil},
		"exec gets a signal": {"echo ready; exec sleep 1000", long, long, 130, nil},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			r := New(t, Options{Log: onLine{"ready", cancel}, SIGINTWait: tc.int, SIGTERMWait: tc.term, DrainWait: short})
			res := r.RunAction(ctx, Call{Dir: action(t, tc.script, "echo never")})
			if res.Conclusion != "cancelled" || res.ExitCode != tc.exit || len(res.Steps) != 2 || res.Steps[1].Outcome != "skipped" {
				t.Errorf("%s, exit %d, %d steps\n%s", res.Conclusion, res.ExitCode, len(res.Steps), res.Log)
			}
			for _, line := range tc.log {
				if !strings.Contains(res.Log, "\n"+line+"\n") {
					t.Errorf("the log lacks %q:\n%s", line, res.Log)
				}
			}
		})
	}
}

// A survivor that keeps the output open delays the step by DrainWait, no more.
func TestSurvivorDoesNotHangTheStep(t *testing.T) {
	res := run1(t, Options{DrainWait: 50 * time.Millisecond}, `sleep 1000 & echo started`)
	if res.Conclusion != "success" || !strings.Contains(res.Log, "\nstarted\n") {
		t.Errorf("%s\n%s", res.Conclusion, res.Log)
	}
}

func TestIDTokenOnlyWhenGranted(t *testing.T) {
	script := `env | grep ACTIONS_ID_TOKEN || true`
	if res := run1(t, Options{}, script); strings.Contains(res.Log, "\nACTIONS_ID_TOKEN") {
		t.Errorf("not granted, and yet:\n%s", res.Log)
	}
	if res := run1(t, Options{IDToken: true}, script); !strings.Contains(res.Log, "\nACTIONS_ID_TOKEN_REQUEST_TOKEN=***\n") {
		t.Errorf("granted, and yet:\n%s", res.Log)
	}
}

func TestIDToken(t *testing.T) {
	r := New(t, Options{IDToken: true, GitHub: map[string]string{"run_attempt": "2"}, Claims: map[string]any{"job_workflow_ref": "acme/templates/.github/workflows/a.yml@refs/tags/v1"}})
	get := func(url, authorization string) (int, []byte) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", authorization)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, body
	}
	for _, auth := range []string{"", "Bearer wrong", r.issuer.requestToken, "Basic " + r.issuer.requestToken} {
		if code, _ := get(r.issuer.requestURL, auth); code != http.StatusUnauthorized {
			t.Errorf("authorization %q: status %d", auth, code)
		}
	}
	if code, _ := get(r.Issuer()+"/idtoken?audience=a", "Bearer "+r.issuer.requestToken); code != http.StatusBadRequest {
		t.Errorf("no api-version: status %d", code)
	}
	code, body := get(r.issuer.requestURL+"&audience=sigstore", "bEaReR "+r.issuer.requestToken)
	var got struct{ Value string }
	if err := json.Unmarshal(body, &got); code != http.StatusOK || err != nil {
		t.Fatal(code, err)
	}
	claims := decodeClaims(t, got.Value)
	for k, v := range map[string]string{
		"aud": "sigstore", "iss": githubIssuer, "repository": "octo-org/octo-repo", "run_attempt": "2", "runner_environment": "github-hosted",
		"job_workflow_ref": "acme/templates/.github/workflows/a.yml@refs/tags/v1", "sub": "repo:octo-org/octo-repo:ref:refs/heads/main",
	} {
		if claims[k] != v {
			t.Errorf("claim %s is %v, want %s", k, claims[k], v)
		}
	}
	_, body = get(r.issuer.requestURL, "bearer "+r.issuer.requestToken)
	if err := json.Unmarshal(body, &got); err != nil || decodeClaims(t, got.Value)["aud"] != "https://github.com/octo-org" {
		t.Errorf("the default audience is %v, %v", decodeClaims(t, got.Value)["aud"], err)
	}
}
