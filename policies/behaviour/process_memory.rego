# METADATA
# title: No process reads another one's memory or environment
# description: >-
#   Nothing under /proc whose name is environ, mem or maps is opened, but a process' own memory and mappings; nor the
#   memory of the machine. The own environment counts too, since a program has it already and needs no file for it.
#   What an installed ps, lsof or fuser opens is left out, unless ps is told to print environments.
# custom:
#   type: command-run
#   required: true
#   severity: critical
#   attack: >-
#     Malicious code reads the runner's memory for every secret of the job, masked or not (tj-actions, trivy-action),
#     or scrapes /proc/*/environ.
#   fix: Revoke every secret of the job. Find out where the program comes from; processes are listed with their parents.
package behaviour.process_memory

import rego.v1

deny contains msg if {
	some [i, file] in suspects
	p := input.processes[i]
	peeks(p, file)
	not lists(p, file)
	msg := sprintf("process %d (%s) opened %s", [p.processid, p.program, file])
}

# A build opens many files. Only where one of these words occurs are they looked at one by one.
hints := ["/environ\n", "/mem\n", "/maps\n", "/smaps", "/pagemap\n", "/kmem\n", "/port\n", "/kcore\n"]

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

peeks(_, file) if regex.match(`^/+proc/(.*/)?environ$`, file)

peeks(p, file) if {
	regex.match(`^/+proc/(.*/)?(mem|maps|smaps|smaps_rollup|pagemap)$`, file)
	not own(p, file)
}

peeks(_, file) if file in {"/dev/mem", "/dev/kmem", "/dev/port", "/proc/kcore"}

# The names of these files end in no other process' number, and hold no way up.
own(p, file) if regex.match(sprintf(`^/proc/(self|thread-self|%d)/(task/[0-9]+/)?[a-z_]+$`, [p.processid]), file)

# ps opens every environment, and prints it only if it is asked to (ps e, ps -o environ). lsof and fuser look for
# libraries in maps.
lists(p, file) if {
	regex.match(`^/(usr/)?bin/ps$`, p.program)
	endswith(file, "/environ")
	words := array.slice(split(p.cmdline, " "), 1, count(p.cmdline))
	count([word | some i, word in words; prints_environment(words, i, word)]) == 0
}

lists(p, file) if {
	regex.match(`^/(usr/)?s?bin/(lsof|fuser)$`, p.program)
	endswith(file, "/maps")
}

# A word of options without a dash, that is no value of the option before it.
prints_environment(words, i, word) if {
	regex.match(`^[^-]*e`, word)
	not value(words, i)
}

value(words, i) if regex.match(`^-[A-Za-z]*[oOpuUCtgGsq]$`, words[i - 1])

prints_environment(_, _, word) if contains(lower(word), "env")
