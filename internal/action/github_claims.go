package action

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Bounds of an ID token. GitHub's are about 2 KiB with some 30 claims.
const (
	maxToken      = 64 << 10 // bytes
	maxClaims     = 64
	maxClaimValue = 4 << 10 // bytes
	maxAudiences  = 16
)

// recordedClaims are the claims that are recorded, all other being ignored.
// Source: docs.github.com/actions/reference/openid-connect-reference. Left
// out is jti, the one claim that is about the token and not about the job.
var recordedClaims = []string{
	"iss", "sub", "aud", "exp", "iat", "nbf",
	"repository", "repository_id", "repository_owner", "repository_owner_id", "repository_visibility",
	"workflow", "workflow_ref", "workflow_sha", "job_workflow_ref", "job_workflow_sha",
	"sha", "ref", "ref_type", "ref_protected", "head_ref", "base_ref",
	"run_id", "run_number", "run_attempt", "check_run_id", "event_name", "actor", "actor_id",
	"runner_environment", "environment", "environment_node_id", "enterprise", "enterprise_id",
}

// decodeClaims returns the recorded claims of a compact JWT (RFC 7519), as
// string, bool, json.Number or, for aud, a list of strings. It does not check
// the signature. Its errors never quote the token.
func decodeClaims(token string) (map[string]any, error) {
	payload, err := tokenPayload(token)
	if err != nil {
		return nil, fmt.Errorf("decode ID token: %w", err)
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(payload, &all) != nil || all == nil {
		return nil, errors.New("decode ID token: the payload is not a JSON object")
	}
	if len(all) > maxClaims {
		return nil, fmt.Errorf("decode ID token: more than %d claims", maxClaims)
	}
	claims := map[string]any{}
	for _, name := range recordedClaims {
		raw, ok := all[name]
		if !ok || string(raw) == "null" {
			continue
		}
		value, ok := decodeClaim(raw)
		if !ok {
			return nil, fmt.Errorf("decode ID token: claim %s has an unexpected type or size", name)
		}
		claims[name] = value
	}
	return claims, nil
}

// tokenPayload is the payload of a compact JWT, which nobody has verified. Its
// errors do not quote the token.
func tokenPayload(token string) ([]byte, error) {
	if len(token) > maxToken {
		return nil, fmt.Errorf("longer than %d bytes", maxToken)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("not three parts")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, errors.New("the payload is not base64url")
	}
	return payload, nil
}

func decodeClaim(raw json.RawMessage) (any, bool) {
	if len(raw) > maxClaimValue {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // numbers are recorded as they were written
	var value any
	if d.Decode(&value) != nil {
		return nil, false
	}
	switch v := value.(type) {
	case string, bool, json.Number:
		return v, true
	case []any:
		list := make([]string, 0, len(v))
		for _, item := range v {
			s, ok := item.(string)
			if !ok {
				return nil, false
			}
			list = append(list, s)
		}
		return list, len(list) <= maxAudiences
	}
	return nil, false
}

// claimText returns a claim in the form in which the environment has it. A
// list of one is that one.
func claimText(claim any) string {
	switch v := claim.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case []string:
		return strings.Join(v, ",")
	}
	return ""
}

// maxEvent bounds the event file, in bytes.
const maxEvent = 4 << 20

type eventRepo struct {
	ID       int64  `json:"id"`
	FullName string `json:"full_name"`
}

type eventBranch struct {
	Repo *eventRepo `json:"repo"`
}

// event is the part of a webhook payload that says whose code runs. Source:
// docs.github.com/webhooks/webhook-events-and-payloads
type event struct {
	PullRequest *struct {
		Head eventBranch `json:"head"`
		Base eventBranch `json:"base"`
	} `json:"pull_request"`
	WorkflowRun *struct {
		HeadRepository *eventRepo `json:"head_repository"`
	} `json:"workflow_run"`
	Repository *eventRepo `json:"repository"`
}

// readFork says whether the event is about a pull request from another
// repository. For events that are not about pull requests it returns nil
// without reading the file; for those that are, not knowing is an error.
func readFork(eventName, path string) (*bool, error) {
	fromRun := eventName == "workflow_run"
	if !fromRun && !strings.HasPrefix(eventName, "pull_request") {
		return nil, nil
	}
	if path == "" {
		return nil, errors.New("read event: GITHUB_EVENT_PATH is not set")
	}
	b, err := readRegular(path, maxEvent)
	if err != nil {
		return nil, fmt.Errorf("read event: %w", err)
	}
	fork, err := eventIsFork(b, fromRun)
	if err != nil {
		return nil, fmt.Errorf("read event %s: %w", path, err)
	}
	return &fork, nil
}

// eventIsFork compares the head's repository with the base's. The payload's
// own "fork" field is no answer: it is also true of a pull request within a
// repository that happens to be a fork. A head that is null is a fork that
// has been deleted.
func eventIsFork(payload []byte, fromRun bool) (bool, error) {
	var e event
	if json.Unmarshal(payload, &e) != nil {
		return false, errors.New("not the JSON of an event")
	}
	var head, base *eventRepo
	switch {
	case fromRun && e.WorkflowRun != nil:
		head, base = e.WorkflowRun.HeadRepository, e.Repository
	case !fromRun && e.PullRequest != nil:
		head, base = e.PullRequest.Head.Repo, e.PullRequest.Base.Repo
	default:
		return false, errors.New("it names no pull request or run")
	}
	switch {
	case base == nil:
		return false, errors.New("it names no base repository")
	case head == nil:
		return true, nil
	case head.ID != 0 && base.ID != 0:
		return head.ID != base.ID, nil
	case head.FullName != "" && base.FullName != "":
		return !strings.EqualFold(head.FullName, base.FullName), nil
	}
	return false, errors.New("it does not identify the repositories")
}
