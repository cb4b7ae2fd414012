package action

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/org/cilock-action/internal/sink"
)

const testSHA = "da39a3ee5e6b4b0d3255bfef95601890afd80709"

var actionsEnv = []string{
	"GITHUB_ACTIONS=true", "GITHUB_REPOSITORY=org/repo", "GITHUB_REPOSITORY_ID=42",
	"GITHUB_RUN_ID=7", "GITHUB_RUN_ATTEMPT=1", "GITHUB_SHA=" + testSHA, "GITHUB_EVENT_NAME=push",
	"GITHUB_WORKFLOW=Build", "GITHUB_WORKFLOW_REF=org/repo/.github/workflows/build.yml@refs/heads/main",
	"GITHUB_SERVER_URL=https://git.example.org", "RUNNER_NAME=r1", "RUNNER_OS=Linux", "RUNNER_ARCH=X64",
	"GITHUB_TOKEN=ghs_hunter2",
}

func testClaims() map[string]any {
	return map[string]any{
		"iss": "https://issuer.example.org", "aud": "cilock-action", "repository": "org/repo",
		"repository_id": "42", "run_id": "7", "run_attempt": "1", "sha": testSHA, "exp": 1700000000,
		"job_workflow_ref": "org/repo/.github/workflows/build.yml@refs/heads/main", "jti": "dropped", "other": "dropped",
	}
}

// testToken encodes claims as the issuer does. The signature would be checked
// by whoever checks it.
func testToken(claims any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	return "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString(payload) + ".c2lnbmF0dXJl"
}

func grant(token string) IDTokenFunc {
	return func(_ context.Context, audience string) (string, error) {
		if audience != "cilock-action" {
			return "", fmt.Errorf("unexpected audience %q", audience)
		}
		return token, nil
	}
}

func observeGitHub(t *testing.T, c githubCollector, env []string) (githubBody, Section) {
	t.Helper()
	stop, err := c.Start(context.Background(), Target{Plan: Plan{OwnEnv: env}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := stop(context.Background(), Step{})
	if err != nil {
		t.Fatal(err)
	}
	var b githubBody
	decodeBody(t, s, &b)
	return b, s
}

func TestGitHubOutsideActions(t *testing.T) {
	for _, env := range [][]string{nil, {"GITHUB_ACTIONS=false"}, {"GITHUB_ACTIONS=true", "GITHUB_ACTIONS="}} {
		wantNotApplicable(t, startError(t, newGitHub(nil), Plan{OwnEnv: env}))
	}
}

func TestGitHubContext(t *testing.T) {
	b, s := observeGitHub(t, newGitHub(nil), actionsEnv)
	wantNoGaps(t, s)
	want := githubBody{
		CIConfigPath: ".github/workflows/build.yml", PipelineID: "7", PipelineName: "Build",
		PipelineURL: "https://git.example.org/org/repo/actions/runs/7", ProjectURL: "https://git.example.org/org/repo",
		RunnerID: "r1", CIHost: "git.example.org", CIServerURL: "https://git.example.org", RunnerArch: "X64", RunnerOS: "Linux",
		Context: map[string]string{
			"repository": "org/repo", "repository_id": "42", "run_id": "7", "run_attempt": "1",
			"sha": testSHA, "event_name": "push", "workflow": "Build", "server_url": "https://git.example.org",
			"workflow_ref": "org/repo/.github/workflows/build.yml@refs/heads/main", "runner_name": "r1",
			"runner_os": "Linux", "runner_arch": "X64",
		},
	}
	if !reflect.DeepEqual(b, want) {
		t.Errorf("recorded %+v\nwant %+v", b, want)
	}
}

func TestGitHubClaims(t *testing.T) {
	token := testToken(testClaims())
	b, s := observeGitHub(t, newGitHub(grant(token)), actionsEnv)
	wantNoGaps(t, s)
	want := map[string]any{
		"iss": "https://issuer.example.org", "aud": "cilock-action", "repository": "org/repo",
		"repository_id": "42", "run_id": "7", "run_attempt": "1", "sha": testSHA, "exp": float64(1700000000),
		"job_workflow_ref": "org/repo/.github/workflows/build.yml@refs/heads/main",
	}
	if !b.Granted || !reflect.DeepEqual(b.Claims, want) {
		t.Errorf("granted %v, claims %v, want %v", b.Granted, b.Claims, want)
	}
	if b.Mismatch == nil || len(b.Mismatch) > 0 || len(s.Notices) > 0 {
		t.Errorf("mismatch %v, notices %v: want an empty list and no notice", b.Mismatch, s.Notices)
	}
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for part := range strings.SplitSeq(token, ".") {
		if strings.Contains(string(raw), part) {
			t.Errorf("a part of the token is in the section")
		}
	}
}

func TestGitHubMismatch(t *testing.T) {
	claims := testClaims()
	claims["sha"] = strings.Repeat("0", 40)
	claims["run_id"] = 8
	claims["aud"] = []string{"somebody-else"}
	delete(claims, "repository")
	delete(claims, "repository_id")
	b, s := observeGitHub(t, newGitHub(grant(testToken(claims))), actionsEnv)
	want := []claimMismatch{
		{"repository", "org/repo", ""},
		{"run_id", "7", "8"},
		{"sha", testSHA, strings.Repeat("0", 40)},
		{"aud", "cilock-action", "somebody-else"},
	}
	if !reflect.DeepEqual(b.Mismatch, want) {
		t.Errorf("mismatch %v, want %v", b.Mismatch, want)
	}
	if len(s.Notices) != len(want) || s.Notices[0].Level != WarningLevel {
		t.Errorf("notices %v", s.Notices)
	}
}

func TestGitHubTokenNotGranted(t *testing.T) {
	refused := func(context.Context, string) (string, error) { return "", fmt.Errorf("ask: %w", sink.ErrNotGranted) }
	for _, idToken := range []IDTokenFunc{nil, refused} {
		b, s := observeGitHub(t, newGitHub(idToken), actionsEnv)
		wantNoGaps(t, s)
		if b.Granted || b.Claims != nil || b.Mismatch != nil {
			t.Errorf("recorded %+v", b)
		}
	}
}

func TestGitHubTokenFails(t *testing.T) {
	many := map[string]int{}
	for i := range maxClaims + 1 {
		many[fmt.Sprint("c", i)] = i
	}
	payload := func(s string) string { return "e30." + base64.RawURLEncoding.EncodeToString([]byte(s)) + ".x" }
	for _, tt := range []struct{ name, token, want string }{
		{"empty", "", "not three parts"},
		{"four parts", "a.b.c.d", "not three parts"},
		{"not base64", "a.$$$.c", "not base64url"},
		{"not JSON", payload("hunter2"), "not a JSON object"},
		{"null", payload("null"), "not a JSON object"},
		{"a list", payload("[]"), "not a JSON object"},
		{"too large", strings.Repeat("x", maxToken+1), "longer than 65536"},
		{"too many claims", testToken(many), "more than 64 claims"},
		{"claim of another type", testToken(map[string]any{"sha": map[string]any{"a": "hunter2"}}), "claim sha has an unexpected type"},
		{"claim too large", testToken(map[string]any{"sub": strings.Repeat("x", maxClaimValue)}), "claim sub has an unexpected type or size"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, s := observeGitHub(t, newGitHub(grant(tt.token)), actionsEnv)
			wantGap(t, s, tt.want)
			wantGap(t, s, "id-token: write")
			if b.Granted || b.Claims != nil || strings.Contains(fmt.Sprint(s), "hunter2") {
				t.Errorf("granted %v, claims %v, gaps %q", b.Granted, b.Claims, s.Gaps)
			}
		})
	}
}

func TestGitHubTokenNeverComes(t *testing.T) {
	c := newGitHub(func(context.Context, string) (string, error) { select {} }) // does not heed its context
	c.timeout = time.Millisecond
	_, s := observeGitHub(t, c, actionsEnv)
	wantGap(t, s, context.DeadlineExceeded.Error())

	c = newGitHub(func(ctx context.Context, _ string) (string, error) { return "", errors.New("503\n::error::x") })
	_, s = observeGitHub(t, c, actionsEnv)
	wantGap(t, s, "503 ::error::x")
}

func TestGitHubFork(t *testing.T) {
	pr := func(head, base string) string {
		return `{"pull_request":{"head":{"repo":` + head + `},"base":{"repo":` + base + `}}}`
	}
	yes, no := true, false
	for _, tt := range []struct {
		name, event, payload string
		want                 *bool
		gap                  string
	}{
		{"same repository", "pull_request", pr(`{"id":1,"full_name":"a/b","fork":true}`, `{"id":1,"full_name":"a/b"}`), &no, ""},
		{"fork", "pull_request", pr(`{"id":2,"full_name":"a/b"}`, `{"id":1,"full_name":"a/b"}`), &yes, ""},
		{"fork by name", "pull_request_target", pr(`{"full_name":"x/b"}`, `{"full_name":"a/b"}`), &yes, ""},
		{"same by name", "pull_request_review", pr(`{"full_name":"A/b"}`, `{"full_name":"a/B"}`), &no, ""},
		{"deleted fork", "pull_request", pr(`null`, `{"id":1}`), &yes, ""},
		{"no base", "pull_request", pr(`{"id":1}`, `null`), nil, "no base repository"},
		{"nothing to compare", "pull_request", pr(`{}`, `{}`), nil, "does not identify"},
		{"run of a fork", "workflow_run", `{"workflow_run":{"head_repository":{"id":2}},"repository":{"id":1}}`, &yes, ""},
		{"run of our own", "workflow_run", `{"workflow_run":{"head_repository":{"id":1}},"repository":{"id":1}}`, &no, ""},
		{"not about a pull request", "push", `garbage`, nil, ""},
		{"wrong payload", "pull_request", `{}`, nil, "names no pull request"},
		{"garbage", "pull_request", `garbage`, nil, "not the JSON"},
		{"too large", "pull_request", strings.Repeat(" ", maxEvent+1), nil, "more than 4194304 bytes"},
		{"missing", "pull_request", "", nil, "read event"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "event.json")
			if tt.payload != "" {
				if err := os.WriteFile(path, []byte(tt.payload), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			b, s := observeGitHub(t, newGitHub(nil), append(actionsEnv, "GITHUB_EVENT_NAME="+tt.event, "GITHUB_EVENT_PATH="+path))
			if !reflect.DeepEqual(b.Fork, tt.want) {
				t.Errorf("fork %v, want %v", b.Fork, tt.want)
			}
			if tt.gap == "" {
				wantNoGaps(t, s)
			} else {
				wantGap(t, s, tt.gap)
			}
		})
	}
}

func TestGitHubLongValue(t *testing.T) {
	b, s := observeGitHub(t, newGitHub(nil), append(actionsEnv, "GITHUB_REF="+strings.Repeat("x", maxContextValue+1)))
	wantGap(t, s, "GITHUB_REF: longer than 4096 bytes")
	if _, ok := b.Context["ref"]; ok {
		t.Error("it is recorded all the same")
	}
}

func FuzzDecodeClaims(f *testing.F) {
	f.Add(testToken(testClaims()))
	f.Add("a.e30.c")
	f.Add(testToken(map[string]any{"aud": []string{"a", "b"}, "exp": 1e300, "ref_protected": true}))
	f.Add(testToken(map[string]any{"sub": "\x00\u2028\"", "sha": nil}))
	f.Fuzz(func(t *testing.T, token string) {
		claims, err := decodeClaims(token)
		if err != nil {
			return
		}
		raw, err := json.Marshal(claims)
		if err != nil {
			t.Fatalf("claims cannot be recorded: %v", err)
		}
		if len(raw) > 8*maxToken {
			t.Errorf("%d bytes of claims from %d bytes of token", len(raw), len(token))
		}
		compareClaims(map[string]string{}, claims)
	})
}

func FuzzEventIsFork(f *testing.F) {
	f.Add([]byte(`{"pull_request":{"head":{"repo":null},"base":{"repo":{"id":1}}}}`), false)
	f.Add([]byte(`{"workflow_run":{"head_repository":{"id":1}},"repository":{"full_name":"a/b"}}`), true)
	f.Fuzz(func(t *testing.T, payload []byte, fromRun bool) {
		if fork, err := eventIsFork(payload, fromRun); fork && err != nil {
			t.Error("an answer and an error")
		}
	})
}
