package fork_pr.secrets_test

import data.fork_pr.secrets
import rego.v1

uri := "https://witness.dev/attestations/github/v0.1"

of(event, fork) := {"params": {}, "attestations": {uri: [{"context": {"event_name": event}, "fork": fork}]}}

denials(names, known) := n if n := count(secrets.deny) with input as {"othernames": names, "variables": {"PATH": "/bin"}} with data.cilock as known

test_deny_each if {
	every name in [
		"GITHUB_TOKEN", "NPM_TOKEN", "DEPLOY_SECRET", "AWS_SECRET_ACCESS_KEY", "aws_access_key_id", "DB_PASSWORD", "GH_PAT", "KUBECONFIG",
		"NODE_AUTH_TOKEN", "SLACK_WEBHOOK_URL", "GPG_PRIVATE_KEY", "MYTOKEN", "API_KEY", "GOOGLE_APPLICATION_CREDENTIALS",
	] {
		denials([name], of("pull_request_target", true)) == 1
	}
}

test_deny_recorded_value if {
	count(secrets.deny) == 1 with input as {"othernames": [], "variables": {"NPM_TOKEN": "x"}} with data.cilock as of("workflow_run", true)
}

test_deny_fork_not_known if {
	denials(["NPM_TOKEN"], {"params": {}, "attestations": {uri: [{"context": {"event_name": "pull_request"}}]}}) == 1
	denials(["NPM_TOKEN"], {"params": {}, "attestations": {uri: [{}]}}) == 1
}

test_deny_no_job if {
	denials([], {"params": {}, "attestations": {}}) == 1
	denials([], {"params": {}, "attestations": {uri: []}}) == 1
}

test_deny_listed_is_exact if denials(["NPM_TOKEN"], object.union(of("pull_request", true), {"params": {"harmless": ["NPM", "TOKEN", "NPM_TOKEN_"]}})) == 1

test_pass_own_branch if denials(["NPM_TOKEN"], of("pull_request", false)) == 0

test_pass_push if denials(["NPM_TOKEN"], {"params": {}, "attestations": {uri: [{"context": {"event_name": "push"}}]}}) == 0

test_pass_plain_names if {
	every name in ["PATH", "TOKENIZERS_PARALLELISM", "PATTERN", "COMPASS", "AUTHOR", "PASSES", "SECRETARY", "HOME"] {
		denials([name], of("pull_request_target", true)) == 0
	}
}

test_pass_listed if denials(["npm_token"], object.union(of("pull_request", true), {"params": {"harmless": ["NPM_TOKEN"]}})) == 0

test_pass_no_names if denials([], of("pull_request_target", true)) == 0
