#!/bin/sh
# Compiles the eBPF objects for both architectures. The bytes depend on the
# version of clang alone (14.0.6, as in Debian 12), not on the folder: CI runs
# this and compares. Needs clang-14, llvm-strip-14 and libbpf-dev's headers.
set -eu
cd "$(dirname "$0")"
export GOPACKAGE=bpf
if [ $# -eq 0 ]; then set -- proc opens net; fi
for object in "$@"; do
	go tool -modfile=../../../tools/go.mod bpf2go -target amd64,arm64 -tags linux -cc clang-14 -strip llvm-strip-14 \
		-cflags "-O2 -g -mcpu=v3 -Wall -Werror" -no-global-types "$object" "src/$object.bpf.c"
done
