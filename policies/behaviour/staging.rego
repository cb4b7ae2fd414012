# METADATA
# title: No loot is gathered in temporary files
# description: >-
#   No file is opened that is named as known stealers name what they collect, or is an encrypted archive in a place
#   for temporary files.
# custom:
#   type: command-run
#   required: true
#   severity: high
#   attack: >-
#     A stealer collects what it found in a file, encrypts it, and sends it away (TeamPCP's runner_collected,
#     tpcp.tar.gz).
#   fix: Revoke every secret of the job, and look at what the program opened before.
package behaviour.staging

import rego.v1

deny contains msg if {
	some [i, file] in suspects
	p := input.processes[i]
	loot(file)
	msg := sprintf("process %d (%s) opened %s", [p.processid, p.program, file])
}

# A build opens many files. Only where one of these words occurs are they looked at one by one.
hints := ["runner_collected", "tpcp.tar", "session.key.enc", "secrets.json\n", ".enc\n", ".aes\n", ".gpg\n", ".pgp\n", ".age\n", ".crypt\n", ".rsa\n"]

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

loot(file) if regex.match(`(?i)^/+(.*/)?runner_collected[^/]*$`, file)

loot(file) if regex.match(`(?i)^/+(.*/)?(tpcp\.tar(\.gz)?|session\.key\.enc|trufflesecrets\.json|actionssecrets\.json)$`, file)

loot(file) if regex.match(`(?i)^/+((private/)?(var/)?tmp|dev/shm|run/user/[0-9]+)/(.*/)?[^/]*\.(tar|tgz|gz|bz2|xz|zst|zip|7z|json|txt|key)\.(enc|aes|gpg|pgp|age|crypt|rsa)$`, file)
