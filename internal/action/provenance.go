package action

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/attest"
)

// builderUnknown is the builder where no workflow is known: whoever holds the
// key is to be trusted for the rest.
const builderUnknown = "https://github.com/org/cilock-action/builders/unknown/v1"

// jobFacts is what a provenance takes from the sections of a collection, as
// they are signed.
type jobFacts struct {
	git struct {
		CommitHash string   `json:"commithash"`
		Remotes    []string `json:"remotes"`
		Dirty      bool     `json:"dirty"`
	}
	github struct {
		Context map[string]string `json:"context"`
		Claims  map[string]any    `json:"claims"`
	}
	hasGit, hasGitHub bool
	actions           []attest.GitHubAction
}

func readJobFacts(c attest.Collection) (f jobFacts, err error) {
	if f.hasGit, err = c.Decode(attest.TypeGit, &f.git); err != nil {
		return f, err
	}
	if f.hasGitHub, err = c.Decode(attest.TypeGitHub, &f.github); err != nil {
		return f, err
	}
	for _, a := range c.Attestations {
		if a.Type != attest.TypeGitHubAction && a.Type != attest.TypeActionSelf {
			continue // what is local is part of the source
		}
		var one attest.GitHubAction
		if err := json.Unmarshal(a.Body, &one); err != nil {
			return f, fmt.Errorf("read attestation %s: %w", a.Type, err)
		}
		f.actions = append(f.actions, one)
	}
	return f, nil
}

// fact is what the token's issuer says, or else what the environment said.
func (f jobFacts) fact(claim, variable string) string {
	if s, ok := f.github.Claims[claim].(string); ok && s != "" {
		return s
	}
	return f.github.Context[variable]
}

// server is the address of the forge, which is the beginning of many names.
func (f jobFacts) server() string {
	if u, err := url.Parse(f.github.Context["server_url"]); err == nil && u.Scheme == "https" && u.Host != "" {
		return strings.TrimSuffix(f.github.Context["server_url"], "/")
	}
	return "https://github.com"
}

// newProvenance is the part of a provenance that every kind of it has.
func newProvenance(buildType string, f jobFacts) attest.Provenance {
	p := attest.Provenance{
		BuildDefinition: attest.BuildDefinition{
			BuildType: buildType, ExternalParameters: map[string]any{}, ResolvedDependencies: f.dependencies(),
		},
		RunDetails: attest.RunDetails{Builder: attest.Builder{ID: builderUnknown}, Metadata: &attest.BuildMetadata{}},
	}
	if !f.hasGitHub {
		return p
	}
	workflow := f.fact("workflow_ref", "workflow_ref") // OWNER/REPO/.github/workflows/NAME@REF
	repository := f.fact("repository", "repository")
	if signer := f.fact("job_workflow_ref", "workflow_ref"); signer != "" {
		// What Fulcio's certificates call the signer's identity.
		p.RunDetails.Builder.ID = f.server() + "/" + signer
	}
	if path, ref, ok := strings.Cut(workflow, "@"); ok {
		p.BuildDefinition.ExternalParameters["workflow"] = map[string]any{
			"repository": f.server() + "/" + repository, "ref": ref, "path": strings.TrimPrefix(path, repository+"/"),
		}
	}
	inner := map[string]any{}
	for _, name := range []string{"event_name", "repository_id", "repository_owner_id", "runner_environment"} {
		if s := f.fact(name, name); s != "" {
			inner[name] = s
		}
	}
	p.BuildDefinition.InternalParameters = map[string]any{"github": inner}
	if id := f.fact("run_id", "run_id"); id != "" {
		p.RunDetails.Metadata.InvocationID = f.server() + "/" + repository + "/actions/runs/" + id
		if attempt := f.fact("run_attempt", "run_attempt"); attempt != "" {
			p.RunDetails.Metadata.InvocationID += "/attempts/" + attempt
		}
	}
	return p
}

// dependencies are the source and the actions, each with the commit that it is.
func (f jobFacts) dependencies() (out []attest.ResourceDescriptor) {
	if source, ok := f.source(); ok {
		out = append(out, source)
	}
	seen := map[string]bool{}
	for _, a := range f.actions {
		if d := f.dependency(a); !seen[d.Name] {
			seen[d.Name] = true
			out = append(out, d)
		}
	}
	return out
}

// source is the checkout, or the commit of the job where there is none.
func (f jobFacts) source() (d attest.ResourceDescriptor, ok bool) {
	d.Name = "source"
	commit, job := f.git.CommitHash, f.github.Context["sha"]
	if commit == "" {
		commit = job
	}
	if repository := f.fact("repository", "repository"); repository != "" {
		d.URI = "git+" + f.server() + "/" + repository
		if ref := f.fact("ref", "ref"); ref != "" && commit == job {
			d.URI += "@" + ref
		}
	} else if len(f.git.Remotes) > 0 {
		if u, err := url.Parse(f.git.Remotes[0]); err == nil && u.Host != "" {
			d.URI = "git+" + f.git.Remotes[0]
		}
	}
	d.Digest = commitDigest(commit)
	if f.git.Dirty {
		d.Annotations = map[string]any{"dirty": true} // the files were not those of the commit
	}
	return d, d.Digest != nil
}

// commitDigest names a commit as in-toto does. One of a repository with SHA-256
// names is a SHA-256, over git's object.
func commitDigest(commit string) map[string]string {
	switch len(commit) {
	case 40:
		return map[string]string{"gitCommit": commit}
	case 64:
		return map[string]string{"sha256": commit}
	}
	return nil
}

// dependency is an action, workflow or image. One whose commit is not known
// has no digest, and one that is an expression no address either.
func (f jobFacts) dependency(a attest.GitHubAction) attest.ResourceDescriptor {
	name := strings.TrimPrefix(a.ActionRef, a.ActionType+" ") // as refs keeps the kinds apart that have no file
	d := attest.ResourceDescriptor{Name: name, Digest: commitDigest(a.ResolvedSHA)}
	switch actionref.Kind(a.ActionType) {
	case actionref.KindDocker, actionref.KindImage:
		image := strings.TrimPrefix(name, "docker://")
		d.URI, d.Digest = "docker://"+image, nil
		if _, sum, ok := attest.ParseDigest(image); ok {
			d.Digest = attest.SHA256(sum)
		}
	case actionref.KindAction, actionref.KindWorkflow:
		path, ref, _ := strings.Cut(name, "@")
		if parts := strings.SplitN(path, "/", 3); len(parts) > 1 {
			d.URI = "git+" + f.server() + "/" + parts[0] + "/" + parts[1] + "@" + ref
			if len(parts) == 3 {
				d.URI += "#" + parts[2] // the folder or file in it
			}
		}
	}
	return d
}
