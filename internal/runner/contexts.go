package runner

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/runner/expr"
)

// The contexts of each place in an action.yml (action_yaml.json). There are no
// secrets, vars and needs in actions.
func inputDefaultScope() expr.Scope {
	return expr.Scope{Contexts: []string{"github", "strategy", "matrix", "job", "runner"}, Functions: []string{"hashFiles"}}
}

func outputScope() expr.Scope {
	return expr.Scope{Contexts: []string{"github", "strategy", "matrix", "steps", "inputs", "job", "runner", "env"}}
}

func stepScope() expr.Scope {
	return expr.Scope{Contexts: outputScope().Contexts, Functions: []string{"hashFiles"}}
}

func conditionScope() expr.Scope {
	return expr.Scope{Contexts: outputScope().Contexts, Functions: []string{"hashFiles", "always", "success", "failure", "cancelled"}}
}

func containerScope() expr.Scope { return expr.Scope{Contexts: []string{"inputs"}} }

// maxEvent bounds the webhook payload, in bytes. GitHub sends at most 25 MB
// (documentation, "Webhook events and payloads").
const maxEvent = 32 << 20

// githubFields are the variables from which the github context is made again
// (GitHubContext.cs has them as the other way round). The rest of that context
// is the event, the token, and what each step has of its own.
func githubFields() []string {
	return []string{
		"actor", "actor_id", "api_url", "base_ref", "event_name", "event_path", "graphql_url", "head_ref", "job", "ref", "ref_name",
		"ref_protected", "ref_type", "repository", "repository_id", "repository_owner", "repository_owner_id", "retention_days",
		"run_attempt", "run_id", "run_number", "server_url", "sha", "triggering_actor", "workflow", "workflow_ref", "workflow_sha", "workspace",
	}
}

// githubContext is what is the same for all steps.
func githubContext(get func(string) string, token string) (*expr.Object, error) {
	o := &expr.Object{}
	if token != "" {
		o.Set("token", token)
	}
	for _, field := range githubFields() {
		value := get("GITHUB_" + strings.ToUpper(field))
		if field == "ref_protected" {
			o.Set(field, value == "true")
			continue
		}
		o.Set(field, value)
	}
	o.Set("repositoryUrl", "git://"+strings.TrimPrefix(strings.TrimPrefix(get("GITHUB_SERVER_URL"), "https://"), "http://")+"/"+get("GITHUB_REPOSITORY")+".git")
	event := expr.Value(&expr.Object{})
	if path := get("GITHUB_EVENT_PATH"); path != "" {
		data, err := filetree.ReadRegular(path, maxEvent)
		if err != nil && !os.IsNotExist(err) {
			return nil, fmt.Errorf("read the event: %w", err)
		}
		if len(data) > 0 {
			if event, err = expr.FromJSON(string(data)); err != nil {
				return nil, fmt.Errorf("read the event %s: %w", path, err)
			}
		}
	}
	o.Set("event", event)
	return o, nil
}

// runnerContext is made of the RUNNER_ variables.
func runnerContext(get func(string) string) *expr.Object {
	o := &expr.Object{}
	for _, field := range []string{"os", "arch", "name", "environment", "tool_cache", "temp", "workspace", "debug"} {
		if value := get("RUNNER_" + strings.ToUpper(field)); value != "" {
			o.Set(field, value)
		}
	}
	return o
}

// jsonContext is one that comes as JSON, or what stands for it.
func jsonContext(name, text string, otherwise expr.Value) (expr.Value, error) {
	if strings.TrimSpace(text) == "" {
		return otherwise, nil
	}
	v, err := expr.FromJSON(text)
	if err != nil {
		return nil, fmt.Errorf("read the context %s: %w", name, err)
	}
	return v, nil
}

// with is a copy of an object with other values in it.
func with(o *expr.Object, pairs ...Pair) *expr.Object {
	c := &expr.Object{}
	for _, k := range o.Keys() {
		v, _ := o.Get(k)
		c.Set(k, v)
	}
	for _, p := range pairs {
		c.Set(p.Name, p.Value)
	}
	return c
}

// objectOf is a mapping of texts, in the order of their names.
func objectOf(m map[string]string) *expr.Object {
	o := &expr.Object{}
	for _, k := range sortedKeys(m) {
		o.Set(k, m[k])
	}
	return o
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
