package action

import (
	"github.com/org/cilock-action/pkg/secretscan"
)

// collector is one line of the list: a Collector and whether it is on.
type collector struct {
	Collector
	on bool
}

// collectors is the literal list, in the order in which sections stand in the
// evidence. Adding one is one file collect_NAME.go and one line here.
func collectors(p Plan, d Deps) []collector {
	files := newWorkspace(p) // material and product are two looks at one folder
	return []collector{
		{newEnvironment(secretscan.SecretName), p.on("environment")},
		{newGit(), p.on("git")},
		{newGitHub(d.IDToken), p.on("github")},
		{actionsCollector{}, p.on("github-action")},
		{reviewCollector{p.Named}, p.on(reviewName)},
		{lockfileCollector{}, p.on(lockfileName)},
		{materialCollector{files}, true},
		{commandRunCollector{p}, true},
		{productCollector{files}, true},
		{secretsCollector{p.Secrets}, p.on(secretscanName)},
		{subjectCollector{}, len(p.Subjects) > 0},
		{traceCollector{d.Tracer}, p.Trace != traceOff},
	}
}
