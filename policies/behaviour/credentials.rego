# METADATA
# title: Credentials are read by the programs that they are for alone
# description: >-
#   Files that hold credentials of clouds, hosts, package registries and the runner itself are opened by their own
#   tools only, installed outside of places where anybody may write. Programs by full path in
#   params.credential_readers may read all but the runner's.
# custom:
#   type: command-run
#   required: true
#   severity: critical
#   attack: >-
#     A dependency's install script collects the keys that lie in the home folder (Shai-Hulud, s1ngularity, litellm).
#   fix: Revoke what was read. A tool that needs a credential goes into params.credential_readers.
package behaviour.credentials

import rego.v1

deny contains msg if {
	some [i, file] in suspects
	p := input.processes[i]
	some kind in kinds
	regex.match(kind.file, lower(file))
	not regex.match(kind.but, lower(file))
	not reader(p, kind)
	not listed(p, kind)
	msg := sprintf("process %d (%s) opened %s", [p.processid, p.program, file])
}

# A build opens many files. Only where one of these words occurs are they looked at one by one.
hints := [
	"/.aws/", "/gcloud/", "/.azure/", "/.ssh/", "/ssh_host_", "npmrc\n", "/.yarnrc", "/.pypirc\n", "/.cargo/", "/.gem/",
	"/.docker/", "auth.json\n", "/.kube/", "serviceaccount/", "git-credentials\n", "/git/credentials\n", "netrc\n",
	"/hosts.yml\n", "/.vault-token\n", "credentials.tfrc", "/.gnupg/", "shadow", "/.credentials",
]

names[i] := concat("", ["\n", lower(concat("\n", object.keys(p.openedfiles))), "\n"]) if some i, p in input.processes

all_names := concat("", [text | some text in names])

hinted := [hint | some hint in hints; contains(all_names, hint)]

suspects contains [i, file] if {
	some hint in hinted
	some i, text in names
	contains(text, hint)
	some file, _ in input.processes[i].openedfiles
	contains(concat("", ["\n", lower(file), "\n"]), hint)
}

# Paths are compared in lower case: some file systems make no difference. Readers are names of programs, and words with
# which the command line of an interpreter begins.
kinds := [
	{"file": `/\.aws/(credentials|sso/cache/.*|cli/cache/.*)$`, "but": none, "readers": `^(aws|aws_completer|terraform|tofu)$`, "scripts": `/aws$`},
	{"file": `/gcloud/(credentials\.db|access_tokens\.db|application_default_credentials\.json|legacy_credentials/.*)$`, "but": none, "readers": `^(gcloud|gsutil|bq|terraform|tofu)$`, "scripts": `/(gcloud|gsutil|bq)(\.py)?$`},
	{"file": `/\.azure/(accesstokens\.json|msal_token_cache\..*|service_principal_entries\..*)$`, "but": none, "readers": `^(az|terraform|tofu)$`, "scripts": `/az$`},
	{"file": `/\.ssh/(id_.*|identity|.*\.pem|.*_key)$`, "but": `\.pub$`, "readers": `^(ssh|ssh-add|ssh-keygen|sshd|scp|sftp)$`, "scripts": none},
	{"file": `/etc/ssh/ssh_host_[^/]*_key$`, "but": none, "readers": `^(sshd|ssh-keygen|ssh-keysign)$`, "scripts": none},
	{"file": `/\.npmrc$`, "but": `/(node_modules|lib|share)/`, "readers": `^(npm|npx|yarn|pnpm|bun)$`, "scripts": `/(npm|npx|yarn|pnpm|corepack)(-cli)?(\.c?js)?$`},
	{"file": `/\.yarnrc(\.yml)?$`, "but": `/node_modules/`, "readers": `^(npm|yarn|pnpm)$`, "scripts": `/(npm|npx|yarn|pnpm|corepack)(-cli)?(\.c?js)?$`},
	{"file": `/\.pypirc$`, "but": none, "readers": `^(twine|poetry|flit|uv|hatch|pdm)$`, "scripts": `/(twine|poetry|flit|hatch|pdm)$`},
	{"file": `/\.(cargo|gem)/credentials(\.toml)?$`, "but": none, "readers": `^(cargo|gem)$`, "scripts": `/gem$`},
	{"file": `/\.docker/config\.json$`, "but": none, "readers": `^(docker|docker-.*|buildctl|buildx|crane|cosign|skopeo|podman|buildah|oras|helm|trivy|grype|syft|ko)$`, "scripts": none},
	{"file": `/containers/auth\.json$`, "but": none, "readers": `^(podman|buildah|skopeo|crane|cosign|oras)$`, "scripts": none},
	{"file": `/\.kube/config$|/secrets/kubernetes\.io/serviceaccount/.*token$`, "but": none, "readers": `^(kubectl|helm|kustomize|k9s|kubelogin|argocd|flux)$`, "scripts": none},
	{"file": `/\.git-credentials$|/git/credentials$`, "but": none, "readers": `^(git|git-.*)$`, "scripts": none},
	{"file": `/\.netrc$|/_netrc$`, "but": none, "readers": `^(git|git-.*|curl|wget|go|pip3?|ftp)$`, "scripts": `/pip[0-9.]*$`},
	{"file": `/gh/hosts\.yml$`, "but": none, "readers": `^gh$`, "scripts": none},
	{"file": `/\.vault-token$`, "but": none, "readers": `^(vault|bao)$`, "scripts": none},
	{"file": `/credentials\.tfrc\.json$`, "but": none, "readers": `^(terraform|tofu)$`, "scripts": none},
	{"file": `/\.gnupg/(private-keys-v1\.d/.*|secring\.gpg)$`, "but": none, "readers": `^(gpg|gpg2|gpg-agent|keyboxd)$`, "scripts": none},
	{"file": `/etc/(shadow|gshadow)-?$`, "but": none, "readers": `^(sudo|su|unix_chkpwd|passwd|chage|useradd|usermod|userdel|groupadd|groupmod|login|sshd)$`, "scripts": none},
	{"file": `/\.credentials(_rsaparams|_migrated)?$`, "but": none, "readers": none, "scripts": none, "always": true},
]

none := `^$`

# The program is an installed one of that name.
reader(p, kind) if {
	regex.match(installed, p.program)
	regex.match(kind.readers, base(p.program))
}

# Or an interpreter that is installed runs an installed script of that name.
reader(p, kind) if {
	regex.match(installed, p.program)
	regex.match(interpreter, base(p.program))
	some word in array.slice(split(p.cmdline, " "), 1, 6)
	regex.match(installed, word)
	regex.match(kind.scripts, word)
}

listed(p, kind) if {
	not kind.always
	p.program in data.cilock.params.credential_readers
}

installed := `^/(usr|bin|sbin|opt|snap|nix/store)/([^./][^/]*/|\.[^./][^/]*/)*[^/]+$`

interpreter := `^(node|nodejs|python[0-9.]*|ruby[0-9.]*|perl[0-9.]*|sh|bash|dash)$`

base(path) := name if {
	parts := split(path, "/")
	name := parts[count(parts) - 1]
}
