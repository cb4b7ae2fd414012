#!/bin/sh
# Finds the cilock binary that belongs to this commit of the action.
#
#   sh install.sh            prints its path
#   sh install.sh action     becomes it, with these arguments
#
# In this order: the input binary-path; the runner's tool cache; the release
# that release.txt names, from GitHub or from the input binary-mirror; a build
# from the source beside this script, where Go is there. What was cached or
# downloaded is used if its SHA-256 is the one in release.txt, and so the commit
# that a workflow pins is the program that runs. Bytes that differ end the step
# (exit code 2); a network that fails leads to the build.
#
# Plain POSIX sh: bash, dash, busybox. Variables begin with cl_, since one of the
# job's own of the same name would reach the step with our value.
set -uf

cl_releases=https://github.com/org/cilock-action/releases/download
cl_attempts=3 # of a download
cl_stall=30   # seconds without data end an attempt
cl_limit=200  # seconds for one attempt

case $0 in
*/*) cl_here=${0%/*} ;;
*) cl_here=. ;;
esac
cl_binary='' cl_temp='' cl_watching='' cl_why=''

main() {
	# The runner's cancel signal reaches this process only. A shell would put it
	# aside until a program in the foreground is done, so what takes long runs in
	# the background: see watch.
	trap 'interrupted 130' INT
	trap 'interrupted 143' TERM
	check_mirror
	if [ -n "${CILOCK_INPUT_BINARY_PATH:-}" ]; then
		cl_binary=$CILOCK_INPUT_BINARY_PATH
		check_given
		return
	fi
	platform
	read_manifest
	if [ "$cl_version" = none ]; then
		build 'this commit of the action has no release to download'
	elif [ -z "$cl_file" ]; then
		build "release $cl_version has no binary for $cl_os/$cl_arch" notice
	elif ! cached; then
		if download; then
			keep
		else
			build "release $cl_version could not be downloaded ($cl_why)" notice
		fi
	fi
}

# check_given refuses a binary-path that nothing can start. The shell would end
# with 126 or 127, which the step's own command has too.
check_given() {
	case $cl_binary in
	*[/\\]*) [ -f "$cl_binary" ] && [ -x "$cl_binary" ] ;;
	*) command -v "$cl_binary" >/dev/null ;;
	esac || stop "input binary-path is $cl_binary: expected an executable file; give the path of one that is there, and let chmod +x make it executable"
}

# ---------------------------------------------------------------- manifest

# platform names the system as Go does; one that is not ours keeps its own name.
platform() {
	cl_os=$(uname -s 2>/dev/null) cl_arch=$(uname -m 2>/dev/null) cl_suffix=''
	case $cl_os in
	Linux) cl_os=linux ;;
	Darwin) cl_os=darwin ;;
	MINGW* | MSYS* | CYGWIN*) cl_os=windows cl_suffix=.exe ;;
	esac
	case $cl_arch in
	x86_64 | amd64) cl_arch=amd64 ;;
	aarch64 | arm64) cl_arch=arm64 ;;
	esac
}

# read_manifest sets cl_version, and cl_size, cl_sum and cl_file for this
# platform, empty where it has no line. Anything that is not understood ends the
# step: what it was meant to pin is not known.
read_manifest() {
	cl_version='' cl_size='' cl_sum='' cl_file='' cl_number=0
	if [ ! -f "$cl_here/release.txt" ] || [ ! -r "$cl_here/release.txt" ]; then
		stop "$cl_here/release.txt, which names the binary of this commit, cannot be read"
	fi
	while read -r cl_1 cl_2 cl_3 cl_4 cl_5 cl_rest || [ -n "$cl_1" ]; do
		cl_number=$((cl_number + 1))
		case $cl_1 in
		'' | '#'*) ;;
		version) version_line ;;
		*) binary_line ;;
		esac
	done <"$cl_here/release.txt"
	[ -n "$cl_version" ] || malformed 'it has no version'
}

# A version becomes part of an address and of a path.
version_line() {
	if [ -z "$cl_2" ] || [ -n "$cl_3" ]; then malformed "expected 'version X.Y.Z' or 'version none'"; fi
	[ -z "$cl_version" ] || malformed 'a second version'
	case $cl_2 in
	none) ;;
	*[!0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-]* | *..* | *.) malformed "the version is not X.Y.Z" ;;
	[0123456789]*.[0123456789]*.[0123456789]*) ;;
	*) malformed "the version is not X.Y.Z" ;;
	esac
	cl_version=$cl_2
}

binary_line() {
	if [ -z "$cl_5" ] || [ -n "$cl_rest" ]; then malformed "expected 'OS ARCH SIZE SHA256 FILE'"; fi
	case $cl_version in '' | none) malformed 'a binary without a version' ;; esac
	case $cl_1/$cl_2 in
	linux/amd64 | linux/arm64 | darwin/amd64 | darwin/arm64 | windows/amd64) ;;
	*) malformed 'an unknown platform' ;;
	esac
	case $cl_3 in 0* | *[!0123456789]* | ??????????*) malformed 'the size is no number from 1 to 999999999' ;; esac
	case $cl_4 in *[!0123456789abcdef]*) malformed 'the SHA-256 is not 64 hexadecimal digits' ;; esac
	[ ${#cl_4} = 64 ] || malformed 'the SHA-256 is not 64 hexadecimal digits'
	case $cl_5 in [.-]* | *[!0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-]*) malformed 'the file is no plain name' ;; esac
	[ "$cl_1/$cl_2" = "$cl_os/$cl_arch" ] || return 0
	[ -z "$cl_file" ] || malformed 'a second binary for this platform'
	cl_size=$cl_3 cl_sum=$cl_4 cl_file=$cl_5
}

malformed() { stop "$cl_here/release.txt is malformed at line $cl_number: $1"; }

# check_mirror refuses an address that would send or fetch anything in the clear,
# or whose host is not what it seems to be.
check_mirror() {
	cl_base=${CILOCK_INPUT_BINARY_MIRROR:-$cl_releases} cl_schemes='=https'
	case $cl_base in
	*[[:cntrl:][:space:]]* | *[\"\'\\\<\>\`\{\|\}@?#]*) stop 'input binary-mirror has characters that the base of an address cannot have (white space, quotes, @, ?, #)' ;;
	https://?*) ;;
	http://127.0.0.1 | http://127.0.0.1[:/]* | http://localhost | http://localhost[:/]* | http://\[::1\] | http://\[::1\][:/]*) cl_schemes='=http,https' ;;
	*) stop "input binary-mirror is $cl_base: expected https, or http on loopback" ;;
	esac
	while :; do
		case $cl_base in */) cl_base=${cl_base%/} ;; *) break ;; esac
	done
}

# ---------------------------------------------------------------- cache

# genuine says whether a file has the size and the digest of the manifest;
# cl_found is what it has instead.
genuine() {
	cl_found=$(($(wc -c <"$1"))) # some wc pad with blanks
	if [ "$cl_found" != "$cl_size" ]; then
		cl_found="$cl_found bytes"
		return 1
	fi
	if command -v sha256sum >/dev/null; then
		cl_found=$(sha256sum <"$1")
	elif command -v shasum >/dev/null; then
		cl_found=$(shasum -a 256 <"$1")
	else
		cl_found=$(openssl dgst -sha256 -r <"$1")
	fi
	cl_found=${cl_found%% *}
	[ "$cl_found" = "$cl_sum" ] && return 0
	cl_found="sha256 $cl_found"
	return 1
}

can_hash() { command -v sha256sum >/dev/null || command -v shasum >/dev/null || command -v openssl >/dev/null; }

# cached looks into the tool cache. Every job on the machine can write there, so
# the digest is taken each time; a file that differs is replaced, and said.
cached() {
	[ -n "${RUNNER_TOOL_CACHE:-}" ] && can_hash || return 1
	cl_folder=$RUNNER_TOOL_CACHE/cilock/$cl_version/$cl_arch
	[ -f "$cl_folder/$cl_file" ] && [ -r "$cl_folder/$cl_file" ] && [ -x "$cl_folder/$cl_file" ] || return 1
	if genuine "$cl_folder/$cl_file"; then
		cl_binary=$cl_folder/$cl_file
		return 0
	fi
	annotate warning "$cl_folder/$cl_file in the tool cache is not used: expected $cl_size bytes, sha256 $cl_sum, found $cl_found. Another job on this machine may have changed it."
	return 1
}

# keep moves the binary into the tool cache, in one step for all who look; where
# that cannot be done it stays in the temporary folder.
keep() {
	chmod 0755 "$cl_temp/$cl_file" || stop "cannot make $cl_temp/$cl_file executable"
	cl_binary=$cl_temp/$cl_file
	[ -n "${RUNNER_TOOL_CACHE:-}" ] || return 0
	cl_folder=$RUNNER_TOOL_CACHE/cilock/$cl_version/$cl_arch
	mkdir -p "$cl_folder" 2>/dev/null && cl_part=$(mktemp "$cl_folder/.part-XXXXXXXX" 2>/dev/null) || return 0
	if cp "$cl_binary" "$cl_part" 2>/dev/null && chmod 0755 "$cl_part" && [ ! -d "$cl_folder/$cl_file" ] &&
		mv -f "$cl_part" "$cl_folder/$cl_file" 2>/dev/null; then
		cl_binary=$cl_folder/$cl_file
		rm -rf "$cl_temp"
	else
		rm -f "$cl_part"
	fi
}

# ---------------------------------------------------------------- download

# download leaves the binary in the temporary folder, checked. It fails, and says
# in cl_why, where it got none; one that differs ends the step.
download() {
	can_hash || { cl_why='there is no sha256sum, shasum or openssl to check it with' && return 1; }
	command -v curl >/dev/null || command -v wget >/dev/null || { cl_why='there is neither curl nor wget' && return 1; }
	cl_url=$cl_base/v$cl_version/$cl_file cl_attempt=1
	temporary
	until fetch; do
		[ "$cl_attempt" -lt "$cl_attempts" ] || return 1
		watch sleep "$cl_attempt"
		cl_attempt=$((cl_attempt + 1))
	done
	genuine "$cl_temp/$cl_file" || differs "$cl_found"
}

differs() { stop "what $cl_url gave is not the binary of this commit: expected $cl_size bytes, sha256 $cl_sum, found $1"; }

# fetch makes one attempt. Neither program reads a configuration of the user's.
# curl is redirected to https alone; wget cannot be told, and the digest decides.
# timeout stands for wget's -T, which makes the busybox of Debian 12 crash.
fetch() {
	: >"$cl_temp/none"
	if command -v curl >/dev/null; then
		watch bounded curl -q -g -sS --fail --location --max-redirs 5 --proto "$cl_schemes" --proto-redir '=https' \
			--connect-timeout 15 --speed-limit 1000 --speed-time "$cl_stall" --max-time "$cl_limit" --max-filesize "$cl_size" \
			-o "$cl_temp/$cl_file" "$cl_url"
		[ "$cl_status" != 63 ] || differs 'more bytes'
	elif command -v timeout >/dev/null; then
		watch bounded timeout "$cl_limit" env WGETRC="$cl_temp/none" wget -nv -t 1 -O "$cl_temp/$cl_file" "$cl_url"
	else
		watch bounded env WGETRC="$cl_temp/none" wget -nv -t 1 -T "$cl_stall" -O "$cl_temp/$cl_file" "$cl_url"
	fi
	[ "$cl_status" != 0 ] || return 0
	if [ -f "$cl_temp/$cl_file" ] && [ $(($(wc -c <"$cl_temp/$cl_file"))) -gt "$cl_size" ]; then
		differs 'more bytes'
	fi
	cl_why="exit code $cl_status"
	while read -r cl_1; do
		case $cl_1 in
		curl:*) cl_why=$cl_1 && break ;; # what follows is advice
		?*) cl_why=$cl_1 ;;
		esac
	done <"$cl_temp/log"
	return 1
}

# bounded becomes a program that can write no file much larger than the binary.
# The unit is 512 bytes, or 1,024 in a bash that is not called sh.
bounded() {
	ulimit -f $((cl_size / 512 + 2)) 2>/dev/null
	exec "$@" 2>"$cl_temp/log"
}

# ---------------------------------------------------------------- build

# build WHY [notice] makes the binary with the runner's Go.
build() {
	command -v go >/dev/null ||
		stop "$1, and Go is not on this runner: give the input binary-path or binary-mirror, or install Go to build cilock"
	[ $# = 1 ] || annotate notice "$1: building it from the action's source"
	temporary
	cl_binary=$cl_temp/cilock$cl_suffix
	watch compile
	[ "$cl_status" = 0 ] || stop "$1, and Go did not build it (exit code $cl_status)"
}

# compile becomes the build. The job's own Go settings are not for it, neither the
# variables nor what `go env -w` keeps, but for where modules come from.
compile() {
	cl_proxy=$(env -u GOFLAGS GOTOOLCHAIN=local go env GOPROXY 2>/dev/null)
	exec env -u GOFLAGS -u GOOS -u GOARCH -u GOAMD64 -u GOARM64 -u GOEXPERIMENT \
		GOENV=off GOPROXY="$cl_proxy" GO111MODULE=on GOWORK=off CGO_ENABLED=0 GOFIPS140=v1.0.0 \
		go -C "$cl_here" build -trimpath -buildvcs=false -o "$cl_binary" ./cmd/action
}

# ---------------------------------------------------------------- helpers

# watch runs a program in the background and waits for it, so that a signal is
# heard at once. cl_status is its exit code. A signal may come before the shell
# has done another thing, so nothing is kept of the process but its own $!.
watch() {
	cl_before=${!:-} cl_watching=yes
	"$@" >&2 &
	wait "$!"
	cl_status=$?
	cl_watching=''
}

# interrupted ends what is being waited for. timeout has a process group, whose
# program it would leave if the signal met it before it knew of that.
interrupted() {
	trap '' INT TERM
	if [ -n "$cl_watching" ] && [ "${!:-}" != "$cl_before" ]; then
		kill -TERM "-$!" 2>/dev/null || kill "$!" 2>/dev/null
	fi
	[ -z "$cl_temp" ] || rm -rf "$cl_temp"
	exit "$1"
}

temporary() {
	[ -z "$cl_temp" ] || rm -rf "$cl_temp"
	cl_temp=$(mktemp -d "${RUNNER_TEMP:-/tmp}/cilock-bin-XXXXXXXX") || stop "cannot make a folder in ${RUNNER_TEMP:-/tmp}"
}

stop() {
	annotate error "$1"
	[ -z "$cl_temp" ] || rm -rf "$cl_temp"
	exit 2
}

# annotate LEVEL TEXT writes one workflow command, whatever is in the text.
annotate() {
	cl_text='' cl_rest=$2
	while :; do
		case $cl_rest in *[[:cntrl:]%]*) ;; *) break ;; esac
		cl_head=${cl_rest%%[[:cntrl:]%]*}
		cl_rest=${cl_rest#"$cl_head"}
		case $cl_rest in %*) cl_text=$cl_text$cl_head%25 ;; *) cl_text="$cl_text$cl_head " ;; esac
		cl_rest=${cl_rest#?}
	done
	printf '::%s title=cilock::%s\n' "$1" "$cl_text$cl_rest" >&2
}

main
trap - INT TERM
if [ $# = 0 ]; then
	printf '%s\n' "$cl_binary"
else
	exec "$cl_binary" "$@"
fi
