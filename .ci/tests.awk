# Reads what "go test -v" prints and prints a line for each package, each
# skipped test with its reason and what did not compile; and last, where whoever
# sees only a part of it looks first, what failed: each failed test's own output,
# its start and its end, or its package's where no test is named (a timeout, an
# exit), and the names of all.

function keep(key, line) {
	text[key] = text[key] line "\n"
	if (length(text[key]) > 8000) text[key] = substr(text[key], 1, 2000) "[...]\n" substr(text[key], length(text[key]) - 3999)
}

function report(key, title) {
	if (++failed <= 20 && key in text) reports = reports "\n## " title "\n" text[key]
	names = names "\n  " title
}

/^=== (RUN|PAUSE|CONT|NAME)/ {
	current = $3
	next
}

# What follows a failed test's line is its panic, so it is kept as the test's.
/^ *--- (FAIL|PASS|SKIP): / {
	current = $3
	if ($2 == "FAIL:") tests[++count] = $3
	if ($2 == "SKIP:") printf "skipped %s\n%s", $3, text["test " $3]
	next
}

/^FAIL[ \t]+[^ \t]/ {
	for (i = 1; i <= count; i++) report("test " tests[i], tests[i])
	if (count) names = names "\n  " $2
	else report("package", $2)
}

/^(ok|\?|FAIL)[ \t]+[^ \t]/ {
	if (!/\[no test files\]$/) print
	fflush()
	split("", text)
	current = ""
	count = 0
	next
}

/^# / || /^[^ \t]+\.go:[0-9]+:[0-9]+: / { print }

/^panic: / { text["package"] = "" }

{
	keep("test " current, $0)
	keep("package", $0)
}

END { if (names) printf "%s\nFAILED:%s\n", reports, names }
