#!/usr/bin/env bash
# Runs the sensors' own tests and the evasion suite under Debian's kernels:
#
#   test/kernel/suite.sh [--kernel VERSION]... [PART...]
#
# Kernels are 6.1 and 6.12 unless said otherwise, parts are bpf, ptrace and
# evasion unless said otherwise. One boot each; what fails does not stop the
# rest, and makes the exit code 1. Needs Go, gcc with a static libc, and what
# run.sh needs. What it prints is quoted in docs/tracing.md.
set -euo pipefail
shopt -s inherit_errexit
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."

# The tests' scripts are written for a shell that executes true and cat, and for
# the setpriv of util-linux.
packages=(libc6 dash coreutils libselinux1 libpcre2-8-0 libacl1 libattr1 libgmp10 util-linux libcap-ng0)

kernels=() parts=() failed=0
limit=3600 # seconds for one boot; a tenth of it is enough on an idle machine

main() {
	while (($# > 0)); do
		case $1 in
		--kernel) kernels+=("${2:?--kernel needs a version}") && shift 2 ;;
		-*) echo "suite.sh: no such option: $1" >&2 && exit 2 ;;
		*) parts+=("$1") && shift ;;
		esac
	done
	((${#kernels[@]} > 0)) || kernels=(6.1 6.12)
	((${#parts[@]} > 0)) || parts=(bpf ptrace evasion)
	built=$(mktemp -d)
	trap 'rm -rf "$built"' EXIT
	export CGO_ENABLED=0 # the guest has no libc unless a part asks for it

	local part kernel
	for part in "${parts[@]}"; do build "$part"; done
	for kernel in "${kernels[@]}"; do
		heading "Linux $kernel"
		guest "$kernel" -- uname -srvm
		for part in "${parts[@]}"; do
			heading "Linux $kernel, $part"
			run "$kernel" "$part"
		done
	done
	exit "$failed"
}

build() {
	local source
	case $1 in
	bpf) go test -c -o "$built/bpf" ./pkg/trace/bpf ;;
	ptrace)
		go test -c -o "$built/ptrace" ./pkg/trace/ptrace
		mkdir "$built/programs"
		for source in pkg/trace/ptrace/testdata/*.c; do
			gcc -O1 -w -pthread -static -o "$built/programs/$(basename "$source" .c)" "$source"
		done
		;;
	evasion)
		go build -o "$built/evasion" ./test/evasion
		GOFIPS140=v1.0.0 go build -o "$built/cilock" ./cmd/action
		"$built/evasion" -build "$built/tricks"
		;;
	*)
		echo "suite.sh: no such part: $1" >&2
		exit 2
		;;
	esac
}

# What a machine can do is decided by its kernel here, so a test that would be
# skipped elsewhere fails.
run() {
	case $2 in
	bpf)
		guest "$1" "$built/bpf" pkg/trace/bpf/testdata -- env CI=true ./bpf -test.v -test.timeout "$limit"s
		heading "Linux $1 that can be preempted, bpf"
		guest "$1" --append preempt=full "$built/bpf" -- env CI=true ./bpf -test.v -test.run TestOpensAtTheSameTime
		;;
	ptrace) # without those that need Go itself, and 800 processes
		guest "$1" "$built"/{ptrace,programs} -- env CI=true ./ptrace -programs /guest/programs \
			-test.v -test.timeout "$limit"s -test.skip '^(TestNumbers|TestGoVersionManyTimes|TestGoBuild|TestPipelineManyTimes)$'
		;;
	evasion) guest "$1" "$built"/{evasion,cilock,tricks} -- ./evasion -cilock ./cilock -tricks ./tricks ;;
	esac
}

guest() {
	local kernel=$1 package options=() code=0
	shift
	for package in "${packages[@]}"; do options+=(--package "$package"); done
	"$here/run.sh" --kernel "$kernel" --timeout "$limit" "${options[@]}" "$@" || code=$?
	if ((code != 0)); then failed=1 && echo "exit code $code"; fi
}

heading() { printf '\n== %s\n\n' "$*"; }

main "$@"
