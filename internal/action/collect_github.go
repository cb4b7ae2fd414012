package action

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/org/cilock-action/internal/sink"
	"github.com/org/cilock-action/pkg/attest"
)

// tokenAudience is the audience of the ID token whose claims are recorded. It
// is ours alone, so that the token would be of no use to anybody else.
const tokenAudience = "cilock-action"

// IDTokenFunc fetches the job's ID token for an audience.
type IDTokenFunc func(ctx context.Context, audience string) (string, error)

// githubBody is Witness' github attestation, with fields of ours from context
// on. Of its fields jwt is left out: a token is never recorded.
type githubBody struct {
	CIConfigPath string `json:"ciconfigpath"` // of the workflow in its repository
	PipelineID   string `json:"pipelineid"`
	PipelineName string `json:"pipelinename"`
	PipelineURL  string `json:"pipelineurl"`
	ProjectURL   string `json:"projecturl"`
	RunnerID     string `json:"runnerid"`
	CIHost       string `json:"cihost"`
	CIServerURL  string `json:"ciserverurl"`
	RunnerArch   string `json:"runnerarch"`
	RunnerOS     string `json:"runneros"`

	Context  map[string]string `json:"context"`
	Granted  bool              `json:"granted"`
	Claims   map[string]any    `json:"claims,omitempty"`
	Mismatch []claimMismatch   `json:"mismatch,omitzero"` // empty, not absent, if claims were compared
	Fork     *bool             `json:"fork,omitempty"`    // absent if the event is not about a pull request
}

// claimMismatch is a fact on which the ID token and the environment disagree.
type claimMismatch struct {
	Name    string `json:"name"`
	Context string `json:"context"`
	Claim   string `json:"claim"`
}

// contextVariables are the variables of the recorded context, by the names
// that the github and runner contexts give them. Source:
// docs.github.com/actions/reference/variables-reference
var contextVariables = map[string]string{
	"repository": "GITHUB_REPOSITORY", "repository_id": "GITHUB_REPOSITORY_ID",
	"repository_owner_id": "GITHUB_REPOSITORY_OWNER_ID",
	"workflow":            "GITHUB_WORKFLOW", "workflow_ref": "GITHUB_WORKFLOW_REF", "workflow_sha": "GITHUB_WORKFLOW_SHA",
	"job": "GITHUB_JOB", "run_id": "GITHUB_RUN_ID", "run_number": "GITHUB_RUN_NUMBER",
	"run_attempt": "GITHUB_RUN_ATTEMPT", "event_name": "GITHUB_EVENT_NAME",
	"ref": "GITHUB_REF", "ref_name": "GITHUB_REF_NAME", "ref_type": "GITHUB_REF_TYPE",
	"ref_protected": "GITHUB_REF_PROTECTED", "head_ref": "GITHUB_HEAD_REF", "base_ref": "GITHUB_BASE_REF",
	"sha": "GITHUB_SHA", "actor": "GITHUB_ACTOR", "actor_id": "GITHUB_ACTOR_ID",
	"triggering_actor": "GITHUB_TRIGGERING_ACTOR",
	"server_url":       "GITHUB_SERVER_URL", "api_url": "GITHUB_API_URL",
	"runner_environment": "RUNNER_ENVIRONMENT", "runner_os": "RUNNER_OS", "runner_arch": "RUNNER_ARCH",
	"runner_name": "RUNNER_NAME",
}

// maxContextValue bounds a recorded variable, in bytes.
const maxContextValue = 4 << 10

// githubCollector describes the job as the runner tells it and, where the job
// may have an ID token, as the token's issuer does.
type githubCollector struct {
	idToken IDTokenFunc
	timeout time.Duration // for the token
}

// newGitHub returns the collector of the github section. A nil idToken means
// that no token is granted.
func newGitHub(idToken IDTokenFunc) githubCollector {
	return githubCollector{idToken: idToken, timeout: 5 * time.Second}
}

func (githubCollector) Name() string { return "github" }

// Start collects everything at once: the step can write the event file.
func (c githubCollector) Start(ctx context.Context, t Target) (Stop, error) {
	if v, _ := lookupEnv(t.Plan.OwnEnv, "GITHUB_ACTIONS"); v != "true" {
		return nil, &NotApplicable{Reason: "not in GitHub Actions"}
	}
	s := c.section(ctx, t.Plan.OwnEnv)
	return func(context.Context, Step) (Section, error) { return s, nil }, nil
}

func (c githubCollector) section(ctx context.Context, env []string) Section {
	s := Section{Type: attest.TypeGitHub, Phase: PreMaterial, Limits: []string{
		"the context is what the environment said: nothing authenticates it but the claims",
	}}
	var body githubBody
	body.Context, s.Gaps = readContext(env)
	body.fillWitness()

	claims, err := c.claims(ctx)
	switch {
	case errors.Is(err, sink.ErrNotGranted):
	case err != nil:
		s.Gaps = append(s.Gaps, "ID token (needs the permission id-token: write): "+oneLine(err.Error(), 500))
	default:
		s.Limits = append(s.Limits, "the ID token came from the runner's endpoint over TLS; its signature was not checked here")
		body.Granted, body.Claims = true, claims
		body.Mismatch = compareClaims(body.Context, claims)
	}
	for _, m := range body.Mismatch {
		s.Notices = append(s.Notices, Notice{Level: WarningLevel, Text: fmt.Sprintf(
			"the environment says %s is %q, the ID token says %q", m.Name, m.Context, m.Claim)})
	}

	eventPath, _ := lookupEnv(env, "GITHUB_EVENT_PATH")
	if body.Fork, err = readFork(body.Context["event_name"], eventPath); err != nil {
		s.Gaps = append(s.Gaps, "whether the pull request is from a fork: "+oneLine(err.Error(), 500))
	}
	s.Body = body
	return s
}

// readContext returns the variables of the context that are set, and a gap
// for each that cannot be recorded.
func readContext(env []string) (values map[string]string, gaps []string) {
	values = map[string]string{}
	for name, variable := range contextVariables {
		v, _ := lookupEnv(env, variable)
		if len(v) > maxContextValue {
			gaps = append(gaps, fmt.Sprintf("%s: longer than %d bytes", variable, maxContextValue))
		} else if v != "" {
			values[name] = recordedText(v)
		}
	}
	slices.Sort(gaps)
	return values, gaps
}

// fillWitness derives the fields that Witness defines from the context.
func (b *githubBody) fillWitness() {
	c := b.Context
	b.PipelineID, b.PipelineName = c["run_id"], c["workflow"]
	b.RunnerID, b.RunnerArch, b.RunnerOS = c["runner_name"], c["runner_arch"], c["runner_os"]
	b.CIServerURL = c["server_url"]
	if u, err := url.Parse(b.CIServerURL); err == nil {
		b.CIHost = u.Hostname()
	}
	b.ProjectURL = b.CIServerURL + "/" + c["repository"]
	b.PipelineURL = b.ProjectURL + "/actions/runs/" + b.PipelineID
	// workflow_ref is OWNER/REPO/.github/workflows/NAME@REF
	path, _, _ := strings.Cut(c["workflow_ref"], "@")
	if inside, ok := strings.CutPrefix(path, c["repository"]+"/"); ok && c["repository"] != "" {
		b.CIConfigPath = inside
	}
}

// claims fetches a token and returns its claims. The token itself does not
// leave this function. It is decoded and not verified: the caller's function
// got it over TLS from the endpoint that the runner named, and whoever could
// forge that answer could as well forge this whole record.
func (c githubCollector) claims(ctx context.Context) (map[string]any, error) {
	if c.idToken == nil {
		return nil, sink.ErrNotGranted
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	type answer struct {
		token string
		err   error
	}
	answers := make(chan answer, 1) // buffered: a late answer is dropped, not waited for
	go func() {
		token, err := c.idToken(ctx, tokenAudience)
		answers <- answer{token, err}
	}()
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("fetch ID token: %w", ctx.Err())
	case a := <-answers:
		if a.err != nil {
			return nil, fmt.Errorf("fetch ID token: %w", a.err)
		}
		return decodeClaims(a.token)
	}
}

// compareClaims lists the facts on which environment and token disagree.
// What an older server leaves out of the environment is not a disagreement;
// the first three are never left out.
func compareClaims(context map[string]string, claims map[string]any) []claimMismatch {
	found := []claimMismatch{}
	for i, name := range []string{"repository", "run_id", "sha", "repository_id", "run_attempt"} {
		said := context[name]
		claim := claimText(claims[name])
		if i > 2 && (said == "" || claim == "") {
			continue
		}
		if said != claim {
			found = append(found, claimMismatch{Name: name, Context: said, Claim: claim})
		}
	}
	if aud := claimText(claims["aud"]); aud != tokenAudience {
		found = append(found, claimMismatch{Name: "aud", Context: tokenAudience, Claim: aud})
	}
	return found
}
