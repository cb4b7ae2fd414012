#!/usr/bin/env bash
# Boots a Debian kernel in an emulator and runs one command there, as root.
#
#   test/kernel/run.sh [OPTION...] FILE... -- COMMAND [ARG...]
#
#   --kernel VERSION   the newest cloud kernel of Debian whose version starts
#                      so: 6.1 (the default), 6.12, 6.1.0-56
#   --append WORDS     added to the kernel's command line: 'lsm=bpf'
#   --package NAME     unpack that package in the guest, without what it depends
#                      on; may be given more than once
#   --no-tracefs       leave /sys/kernel/tracing unmounted
#   --timeout SECONDS  for all of it, 300 by default; then exit code 124
#   --log FILE         keep the kernel's messages there
#
# Each FILE, which may be a folder, is copied into the guest's /guest, where
# COMMAND runs: programs among them have to be linked statically, unless the
# package libc6 is given. The guest is an initramfs of busybox and has /proc, /sys, /dev, a tmpfs on /tmp, cgroup2
# on /sys/fs/cgroup, and the loopback interface. It has no disk, no network,
# no modules and one processor.
#
# What COMMAND prints comes out here, both streams as one and without the
# kernel's messages, and its exit code is ours. 125 means that we could not
# boot, or that the guest died; the end of the kernel's messages says why.
#
# Kernels and busybox come from the Debian sources that this machine is
# configured for; they are unpacked, not installed, below
# ${XDG_CACHE_HOME:-~/.cache}/cilock/kernel, and taken from there if they are
# there. Remove that folder for newer ones. Only the emulator is installed.
set -euo pipefail
shopt -s inherit_errexit

kernel=6.1 append='' tracefs=yes timeout=300 log='' scratch=''
files=() packages=() command=()

main() {
	parse "$@"
	umask 022
	cache=${XDG_CACHE_HOME:-$HOME/.cache}/cilock/kernel
	mkdir -p "$cache"
	scratch=$(mktemp -d)
	trap 'rm -rf "$scratch"' EXIT
	log=${log:-$scratch/kernel.log}

	local image busybox package
	command -v qemu-system-x86_64 >/dev/null || install_package qemu-system-x86
	image=$(find_kernel)
	busybox=$(find_busybox)
	for package in "${packages[@]}"; do
		[[ -d $cache/$package ]] || fetch "$package"
	done
	make_initramfs "$busybox"
	boot "$image"
}

parse() {
	while (($# > 0)) && [[ $1 != -- ]]; do
		case $1 in
		--kernel) kernel=${2:?--kernel needs a version} && shift 2 ;;
		--append) append=${2?--append needs words} && shift 2 ;;
		--timeout) timeout=${2:?--timeout needs seconds} && shift 2 ;;
		--log) log=${2:?--log needs a file} && shift 2 ;;
		--package) packages+=("${2:?--package needs a name}") && shift 2 ;;
		--no-tracefs) tracefs='' && shift ;;
		-*) usage "no such option: $1" ;;
		*) files+=("$1") && shift ;;
		esac
	done
	[[ ${1-} == -- ]] && shift
	command=("$@")
	((${#command[@]} > 0)) || usage 'no command is given'
	[[ $kernel =~ ^[0-9][0-9A-Za-z.+-]*$ ]] || usage "not a version: $kernel"
	[[ $timeout =~ ^[0-9]+$ ]] || usage "not a number of seconds: $timeout"
}

# ---------------------------------------------------------------- packages

# find_kernel prints the path of the kernel, after fetching it if no such
# version is here.
find_kernel() {
	local image package
	image=$(newest_image)
	if [[ -z $image ]]; then
		package=$(newest_package)
		if [[ -z $package ]]; then
			as_root apt-get -qq update >&2 || true
			package=$(newest_package)
		fi
		[[ -n $package ]] || fail "no package source of this machine has a cloud kernel $kernel"
		fetch "$package"
		image=$(newest_image)
		[[ -n $image ]] || fail "$package has no kernel in it"
	fi
	printf '%s\n' "$image"
}

# A version that starts with 6.1 is not 6.12: the next character must end the
# number.
newest_image() {
	find "$cache" -path '*/boot/vmlinuz-*' -printf '%f %p\n' |
		{ grep -E "^vmlinuz-${kernel//[.+]/[&]}([^0-9].*)?-cloud-amd64 " || true; } | sort -V | tail -n 1 | cut -d' ' -f2-
}

newest_package() {
	apt-cache pkgnames "linux-image-$kernel" |
		{ grep -E "^linux-image-${kernel//[.+]/[&]}([^0-9].*)?-cloud-amd64\$" || true; } |
		{ grep -E '[0-9]+\.[0-9]+\.[0-9]' || true; } | sort -V | tail -n 1
}

find_busybox() {
	local busybox=$cache/busybox-static/bin/busybox
	[[ -x $busybox ]] || fetch busybox-static
	[[ -x $busybox ]] || fail 'busybox-static has no bin/busybox'
	printf '%s\n' "$busybox"
}

# fetch unpacks a package into a folder of the cache of its name. The lists of
# packages may be older than the archive, so it looks again after a failure.
fetch() {
	local folder
	folder=$(mktemp -d "$cache/new.XXXXXX")
	say "fetching $1"
	if ! (cd "$folder" && apt-get -qq -o APT::Sandbox::User=root download "$1") >&2; then
		as_root apt-get -qq update >&2
		(cd "$folder" && apt-get -qq -o APT::Sandbox::User=root download "$1") >&2
	fi
	dpkg-deb -x "$folder"/*.deb "$folder/root"
	rm -rf "$folder"/root/lib/modules "$folder"/root/usr/share/{doc,info,locale,man} "${cache:?}/$1"
	mv -T "$folder/root" "$cache/$1"
	rm -rf "$folder"
}

# install_package tries twice: with new lists of packages, and after finishing
# an installation that a stopped machine cut off, which makes Debian refuse.
install_package() {
	local install=(as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$1")
	say "installing $1"
	{
		"${install[@]}" || {
			as_root apt-get -qq update
			as_root env DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a
			"${install[@]}"
		}
	} </dev/null >&2
}

as_root() {
	if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi
}

# ---------------------------------------------------------------- the guest

make_initramfs() {
	local busybox=$1 root=$scratch/root file
	mkdir -p "$root"/{dev,etc,proc,root,run,sys,tmp,var,guest} "$root"/usr/{bin,sbin,lib,lib64}
	for file in bin sbin lib lib64; do ln -s "usr/$file" "$root/$file"; done
	cp "$busybox" "$root/bin/busybox"
	for file in "${packages[@]}"; do
		tar -C "$cache/$file" -c . | tar -C "$root" -x --no-same-owner --keep-directory-symlink
	done
	printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
	printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
	for file in "${files[@]}"; do
		cp -R -L "$file" "$root/guest/" || fail "cannot copy $file"
	done
	{
		printf 'cd /guest && exec'
		for file in "${command[@]}"; do printf " '%s'" "${file//\'/\'\\\'\'}"; done
		printf '\n'
	} >"$root/command"
	write_init "$root/init"
	(cd "$root" && find . | "$busybox" cpio -o -H newc) >"$scratch/initramfs" 2>"$scratch/cpio.err" ||
		fail "cannot make the initramfs: $(cat "$scratch/cpio.err")"
}

# The kernel's messages go to the first serial line, what the command prints
# to the second, its exit code to the third. The command writes into a pipe,
# as it would in a job; who outlives it does not keep the guest running.
write_init() {
	cat >"$1" <<-'END'
		#!/bin/busybox sh
		/bin/busybox --install /usr/bin 2>/dev/null
		export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
		chown -R 0:0 / 2>/dev/null
		mount -t proc proc /proc
		mount -t sysfs sysfs /sys
		mount -t devtmpfs devtmpfs /dev 2>/dev/null
		mkdir -p /dev/pts /dev/shm
		mount -t devpts devpts /dev/pts
		mount -t tmpfs -o mode=1777 tmpfs /dev/shm
		mount -t tmpfs -o mode=1777 tmpfs /tmp
		mount -t tmpfs tmpfs /run
		mount -t cgroup2 cgroup2 /sys/fs/cgroup
		mount -t securityfs securityfs /sys/kernel/security
		[ -e /run-with-tracefs ] && mount -t tracefs tracefs /sys/kernel/tracing
		ln -s /proc/self/fd /dev/fd
		hostname guest
		ip link set lo up
		stty -F /dev/ttyS1 raw -echo
		stty -F /dev/ttyS2 raw -echo
		mkfifo /run/output
		cat </run/output >/dev/ttyS1 &
		reader=$!
		setsid /bin/sh /command </dev/null >/run/output 2>&1
		code=$?
		i=0
		while [ -d /proc/$reader ] && [ $i -lt 20 ]; do
			grep -q '^State:.Z' /proc/$reader/status && break
			sleep 0.1
			i=$((i + 1))
		done
		stty -F /dev/ttyS1 drain 2>/dev/null
		echo "exit $code" >/dev/ttyS2
		reboot -f
	END
	chmod +x "$1"
	if [[ -n $tracefs ]]; then touch "$(dirname "$1")/run-with-tracefs"; fi
}

# boot runs the guest; its end, however it comes, ends the emulator: a panic
# reboots at once, and a reboot is an exit. One processor and no KVM: with two,
# the kernel patches code that the emulator is running, and dies. The guest's
# clock counts instructions (-icount), so that a busy host is no slow guest, and
# what has ten seconds there has them.
boot() {
	local line="console=ttyS0 quiet loglevel=4 panic=-1 oops=panic reboot=t random.trust_cpu=on $append" status=0 code
	: >"$scratch/code"
	timeout --foreground --kill-after=5 "$timeout" qemu-system-x86_64 -nodefaults -no-user-config -no-reboot -display none \
		-accel tcg -icount shift=0,sleep=off -smp 1 -cpu max,la57=off -m 2048 -kernel "$1" -initrd "$scratch/initramfs" -append "$line" \
		-chardev file,id=kernel,path="$log" -serial chardev:kernel \
		-chardev stdio,id=out,signal=off -serial chardev:out \
		-chardev file,id=code,path="$scratch/code" -serial chardev:code </dev/null || status=$?
	code=$(tr -d '\r\n' <"$scratch/code")
	if [[ $code =~ ^exit\ ([0-9]+)$ ]]; then exit "${BASH_REMATCH[1]}"; fi
	say "the guest ended without an exit code (emulator: $status); its last messages:"
	tail -n 40 "$log" >&2 || true
	if ((status == 124 || status == 137)); then exit 124; fi
	exit 125
}

# ---------------------------------------------------------------- messages

say() { printf 'run.sh: %s\n' "$*" >&2; }

fail() {
	say "$*"
	exit 125
}

usage() {
	say "$*"
	say 'usage: run.sh [--kernel VERSION] [--append WORDS] [--package NAME] [--no-tracefs] [--timeout SECONDS] [--log FILE] FILE... -- COMMAND [ARG...]'
	exit 125
}

main "$@"
