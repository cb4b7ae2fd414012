package behaviour.credentials_test

import data.behaviour.credentials
import rego.v1

process(program, cmdline, files) := {
	"program": program, "cmdline": cmdline, "processid": 42, "parentpid": 1,
	"openedfiles": {file: {} | some file in files},
}

denials(program, cmdline, files) := n if n := count(credentials.deny) with input as {"processes": [process(program, cmdline, files)]}
	with data.cilock as {"params": {}}

secrets := [
	"/root/.aws/credentials", "/home/runner/.config/gcloud/application_default_credentials.json", "/root/.azure/msal_token_cache.json",
	"/home/runner/.ssh/id_ed25519", "/home/runner/.ssh/deploy.pem", "/root/.npmrc", "/root/.pypirc", "/root/.cargo/credentials.toml",
	"/root/.docker/config.json", "/root/.kube/config", "/var/run/secrets/kubernetes.io/serviceaccount/token",
	"/root/.git-credentials", "/root/.netrc", "/root/.config/gh/hosts.yml", "/root/.vault-token", "/etc/shadow",
	"/root/.gnupg/private-keys-v1.d/a.key", "/home/runner/actions-runner/cached/.credentials", "/opt/r/.credentials_rsaparams",
	"/etc/ssh/ssh_host_rsa_key", "/root/.aws/sso/cache/ab.json", "/root/.terraform.d/credentials.tfrc.json",
]

test_deny_a_script_reads_each if {
	every file in secrets {
		denials("/usr/bin/node", "node bundle.js", [file]) == 1
	}
}

test_deny_case_and_ways_around if {
	every file in ["/root/.AWS/Credentials", "/root/x/../.aws/credentials", "/srv/a/.ssh/ID_RSA", "/proc/self/root/root/.npmrc"] {
		denials("/usr/bin/cat", "cat x", [file]) == 1
	}
}

test_deny_tool_of_the_same_name_elsewhere if {
	every program in ["/tmp/git", "/home/runner/work/a/git", "/usr/../tmp/git", "git", "/opt/../tmp/git", "/usr/bin/git-"] {
		denials(program, "git fetch", ["/root/.ssh/id_rsa"]) == 1
	}
	denials("/tmp/ssh", "ssh", ["/root/.ssh/id_rsa"]) == 1
	denials("/usr/bin/../../tmp/ssh", "ssh", ["/root/.ssh/id_rsa"]) == 1
}

test_deny_script_that_calls_itself_npm if {
	denials("/usr/bin/node", "node /tmp/npm-cli.js install", ["/root/.npmrc"]) == 1
	denials("/usr/bin/node", "node /usr/../tmp/npm-cli.js", ["/root/.npmrc"]) == 1
	denials("/usr/bin/node", "node npm", ["/root/.npmrc"]) == 1
}

test_deny_tool_reads_what_is_not_for_it if denials("/usr/bin/curl", "curl a", ["/root/.aws/credentials"]) == 1

test_deny_runners_own_even_if_listed if {
	count(credentials.deny) == 1 with input as {"processes": [process("/usr/bin/a", "a", ["/home/runner/actions-runner/.credentials"])]}
		with data.cilock as {"params": {"credential_readers": ["/usr/bin/a"]}}
}

test_deny_without_cmdline if {
	count(credentials.deny) == 1 with input as {"processes": [object.remove(process("/usr/bin/node", "", ["/root/.npmrc"]), {"cmdline"})]}
		with data.cilock as {"params": {}}
}

test_pass_own_tools if {
	denials("/usr/bin/ssh", "ssh git@example.com", ["/root/.ssh/id_rsa"]) == 0
	denials("/usr/lib/git-core/git-remote-https", "git-remote-https", ["/root/.netrc", "/root/.git-credentials"]) == 0
	denials("/usr/bin/node", "node /usr/bin/npm install", ["/root/.npmrc"]) == 0
	denials("/usr/bin/node", "/usr/bin/node --x /usr/lib/node_modules/npm/bin/npm-cli.js ci", ["/root/.npmrc"]) == 0
	denials("/opt/hostedtoolcache/node/22.1.0/x64/bin/node", "node /opt/hostedtoolcache/node/22.1.0/x64/bin/npm ci", ["/root/.npmrc"]) == 0
	denials("/usr/bin/docker", "docker push", ["/root/.docker/config.json"]) == 0
}

test_pass_what_holds_no_secret if {
	denials("/usr/bin/cat", "cat", [
		"/root/.ssh/known_hosts", "/root/.ssh/id_rsa.pub", "/root/.aws/config", "/src/credentials.go", "/usr/lib/node_modules/npm/.npmrc",
		"/src/docker/config.json", "/root/.cargo/config.toml", "/src/hosts.yml", "/src/shadow",
	]) == 0
}

test_pass_listed if {
	count(credentials.deny) == 0 with input as {"processes": [process("/usr/bin/a", "a", ["/root/.npmrc"])]}
		with data.cilock as {"params": {"credential_readers": ["/usr/bin/a"]}}
}

test_deny_more_files if {
	every file in ["/root/.yarnrc.yml", "/root/.config/containers/auth.json"] {
		denials("/usr/bin/node", "node x.js", [file]) == 1
	}
}

script(program, exe) := n if {
	p := object.union(process(program, concat(" ", ["python3", program]), ["/root/.aws/credentials"]), {"exe": exe})
	n := count(credentials.deny) with input as {"processes": [p]} with data.cilock as {"params": {}}
}

test_deny_script_that_is_not_installed if {
	script("/tmp/aws", "/usr/bin/python3") == 1
	script("/usr/bin/aws2", "/usr/bin/python3") == 1
	script("/usr/bin/laws", "/tmp/python3") == 1
}

test_pass_installed_script if script("/usr/local/bin/aws", "/usr/bin/python3") == 0

test_deny_what_only_names_the_tool if {
	denials("/tmp/node", "node /usr/bin/npm install", ["/root/.npmrc"]) == 1
	denials("/usr/bin/cat", "cat /usr/bin/npm", ["/root/.npmrc"]) == 1
	denials("/usr/bin/node", "node /usr/bin/other", ["/root/.npmrc"]) == 1
	denials("/usr/bin/node", "node a b c d e f /usr/bin/npm", ["/root/.npmrc"]) == 1
}
