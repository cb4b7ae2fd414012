package wrap

// useCase is one use of a fixture.
type useCase struct {
	name   string // of its file in testdata/want
	uses   string // less the commit
	inputs map[string]string
	code   int    // exit code of cilock
	noAct  string // why it cannot be run under act
	both   bool   // our action runs it under act, too
	hand   *hand  // how its programs are started by hand; nil where that is not sensible
}

const noDaemon = "act talks to docker's daemon itself, and there is none"

// secret is made up for these tests and protects nothing.
const secret = "made-up-value-for-tests-7f3a"

var useCases = []useCase{
	{
		name: "node-main", uses: "acme/node-main",
		inputs: map[string]string{"name": "octo cat", "my-hyphen": "h=1", "unexpected": "still passed on"},
		hand: &hand{stages: []string{"main.js"}, inputs: map[string]string{
			"NAME": "octo cat", "MY-HYPHEN": "h=1", "UNEXPECTED": "still passed on", "MY.DOTTED": "a.b", "WITH_BLANK": " kept inside ",
			"YES": "true", "NUMBER": "7", "EMPTY": "", "NOTHING": "", "CONTEXT": "acme/consumer on pull_request", "CHOICE": "pr", "LINES": "first\nsecond\n",
		}},
	},
	{
		name: "node-main-without", uses: "acme/node-main",
		hand: &hand{stages: []string{"main.js"}, inputs: map[string]string{
			"NAME": "", "MY-HYPHEN": "", "MY.DOTTED": "a.b", "WITH_BLANK": " kept inside ", "YES": "true", "NUMBER": "7", "EMPTY": "", "NOTHING": "",
			"CONTEXT": "acme/consumer on pull_request", "CHOICE": "pr", "LINES": "first\nsecond\n",
		}},
	},
	{
		name: "node-pre-post", uses: "acme/node-pre-post", both: true, inputs: map[string]string{"name": "x"},
		hand: &hand{stages: []string{"pre.js", "main.js", "post.js"}, inputs: map[string]string{"NAME": "x", "FAIL": "false"}},
	},
	{
		name: "node-pre-post-failing", uses: "acme/node-pre-post", code: 1, inputs: map[string]string{"fail": "true"},
		hand: &hand{stages: []string{"pre.js", "main.js"}, inputs: map[string]string{"NAME": "nobody", "FAIL": "true"}},
	},
	{
		name: "node-pre-post-cleanup", uses: "acme/node-pre-post/cleanup",
		hand: &hand{stages: []string{"main.js"}, inputs: map[string]string{"NAME": "nobody", "FAIL": "false"}},
	},
	{
		name: "node-pre-post-cleanup-failing", uses: "acme/node-pre-post/cleanup", code: 1, inputs: map[string]string{"fail": "true"},
		hand: &hand{stages: []string{"main.js", "post.js"}, inputs: map[string]string{"NAME": "nobody", "FAIL": "true"}},
	},
	{
		name: "node-pre-post-pre-failing", uses: "acme/node-pre-post/always", code: 1, inputs: map[string]string{"fail-pre": "true"},
		hand: &hand{stages: []string{"pre.js", "post.js"}, inputs: map[string]string{"NAME": "nobody", "FAIL": "false", "FAIL-PRE": "true"}},
	},
	{name: "node-fail", uses: "acme/node-fail", code: 1, hand: &hand{stages: []string{"main.js", "post.js"}, inputs: map[string]string{"HOW": "setFailed"}}},
	{
		name: "node-fail-exit", uses: "acme/node-fail", both: true, code: 3, inputs: map[string]string{"how": "exit"},
		hand: &hand{stages: []string{"main.js", "post.js"}, inputs: map[string]string{"HOW": "exit"}},
	},
	{
		name: "node-fail-throw", uses: "acme/node-fail", code: 1, inputs: map[string]string{"how": "throw"},
		hand: &hand{stages: []string{"main.js", "post.js"}, inputs: map[string]string{"HOW": "throw"}},
	},
	{
		name: "node-fail-error", uses: "acme/node-fail", inputs: map[string]string{"HOW": "error"},
		hand: &hand{stages: []string{"main.js", "post.js"}, inputs: map[string]string{"HOW": "error"}},
	},
	{
		name: "node-env", uses: "acme/node-env", both: true, inputs: map[string]string{"secret": secret},
		hand: &hand{stages: []string{"main.js", "post.js"}, inputs: map[string]string{"SECRET": secret}},
	},
	{name: "node-exec", uses: "acme/node-exec", hand: &hand{stages: []string{"main.js"}}},
	{name: "node-github", uses: "acme/node-github", hand: &hand{stages: []string{"main.js"}, inputs: map[string]string{"TOKEN": "made-up"}}},
	{name: "composite-shells", uses: "acme/composite-shells", both: true},
	{name: "composite-flow", uses: "acme/composite-flow", hand: &hand{steps: []handStep{toleratedByHand, seesByHand, carriedByHand, {index: 3}, {index: 5}, {index: 8, env: map[string]string{"STATUS": "Success"}}}}},
	{
		name: "composite-flow-failing", uses: "acme/composite-flow", code: 3, inputs: map[string]string{"fail": "true"},
		hand: &hand{steps: []handStep{toleratedByHand, seesByHand, carriedByHand, {index: 3}, {index: 4}, {index: 6}, {index: 7}, {index: 8, env: map[string]string{"STATUS": "Failure"}}}},
	},
	{name: "composite-edges", uses: "acme/composite-flow/edges", code: 1},
	{name: "composite-nested", uses: "acme/composite-nested/plain", both: true, inputs: map[string]string{"who": "someone"}},
	{name: "composite-nested-failing", uses: "acme/composite-nested/failing", code: 1},
	{name: "composite-nested-self", uses: "acme/composite-nested/self", inputs: map[string]string{"who": "someone"}},
	{name: "composite-expr", uses: "acme/composite-expr/basic"},
	{name: "composite-expr-case", uses: "acme/composite-expr/case"},
	{name: "composite-heredoc", uses: "acme/composite-heredoc/plain", hand: &hand{steps: []handStep{{index: 0}, {index: 1, tolerated: true}, {index: 2}}}},
	{name: "composite-heredoc-open", uses: "acme/composite-heredoc/open", code: 1},
	{name: "composite-commands", uses: "acme/composite-heredoc/commands"},
	{name: "docker-args", uses: "acme/docker-args", inputs: map[string]string{"who": "some one"}, noAct: noDaemon},
	{
		name: "docker-image", uses: "acme/docker-args/image", noAct: noDaemon,
		inputs: map[string]string{"args": `one "two three" "say \"x\"" ''`, "entrypoint": "/bin/given"},
	},
}

// The first steps of composite-flow.
var (
	toleratedByHand = handStep{index: 0, tolerated: true}
	seesByHand      = handStep{index: 1, env: map[string]string{"OUTCOME": "failure", "CONCLUSION": "success", "VALUE": "set-before-failing"}}
	carriedByHand   = handStep{index: 2, env: map[string]string{"FX_OVER": "for this step"}}
)

// The job is the same everywhere: a pull request of acme/consumer.
const eventJSON = `{"number":7,"action":"opened","pull_request":{"number":7,"title":"A <title> & more","head":{"ref":"topic","sha":"1111111111111111111111111111111111111111","repo":{"full_name":"acme/consumer","fork":false}},` +
	`"base":{"ref":"main","sha":"2222222222222222222222222222222222222222","repo":{"full_name":"acme/consumer"}}},"repository":{"full_name":"acme/consumer","name":"consumer","owner":{"login":"acme"}},"sender":{"login":"octocat"}}`

var jobContext = map[string]string{
	"repository": "acme/consumer", "repository_owner": "acme", "event_name": "pull_request", "ref": "refs/pull/7/merge", "ref_name": "7/merge",
	"head_ref": "topic", "base_ref": "main", "job": "subject", "workflow": "wrap", "actor": "nektos/act",
}

// jobEnv is the env: of the job.
var jobEnv = map[string]string{"FX_JOB": "of the job"}
