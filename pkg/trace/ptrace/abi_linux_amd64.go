package ptrace

import "golang.org/x/sys/unix"

// nativeABIs are the ways into this machine's kernel. x32 is off in most
// kernels, and then its calls fail; the filter knows it all the same.
func nativeABIs() []numbered {
	return []numbered{
		{abi{arch: unix.AUDIT_ARCH_X86_64, word: 8}, func(n number) int { return n.amd64 }},
		{abi{arch: unix.AUDIT_ARCH_X86_64, word: 4, x32: true}, func(n number) int { return n.amd64 }},
		{abi{arch: unix.AUDIT_ARCH_I386, word: 4}, func(n number) int { return n.i386 }},
	}
}
