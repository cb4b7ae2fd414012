package ptrace

import "golang.org/x/sys/unix"

// nativeABIs are the ways into this machine's kernel. Some arm64 processors
// run no arm programs; the filter knows them all the same.
func nativeABIs() []numbered {
	return []numbered{
		{abi{arch: unix.AUDIT_ARCH_AARCH64, word: 8}, func(n number) int { return n.arm64 }},
		{abi{arch: unix.AUDIT_ARCH_ARM, word: 4}, func(n number) int { return n.arm }},
	}
}
