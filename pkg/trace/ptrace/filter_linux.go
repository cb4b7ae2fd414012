//go:build amd64 || arm64

package ptrace

import (
	"maps"
	"slices"

	"golang.org/x/sys/unix"
)

// Where struct seccomp_data has its fields (include/uapi/linux/seccomp.h).
// Both architectures are little-endian: the lower half of an argument is first.
const (
	offsetNumber = 0
	offsetArch   = 4
	offsetArgs   = 16
)

// filterData comes with each of our stops, in SECCOMP_RET_DATA.
const filterData = 0xc10c

// Filter is the seccomp program that the root installs on itself after it is
// traced and before it becomes the command: SECCOMP_RET_TRACE for the watched
// calls of every ABI of this machine, SECCOMP_RET_ALLOW for all others.
//
// Installing it takes CAP_SYS_ADMIN, or PR_SET_NO_NEW_PRIVS, with which setuid
// programs of the step have no effect.
func Filter() []unix.SockFilter {
	p := code{load(offsetArch)}
	for _, kind := range abis() {
		if kind.x32 {
			continue // with its native ABI, of which it has the arch
		}
		body := section(kind.calls)
		if kind.arch == unix.AUDIT_ARCH_X86_64 {
			body = splitX32(body)
		}
		body = append(code{load(offsetNumber)}, body...)
		// A section is longer than a conditional jump can reach.
		p = append(p, jump(unix.BPF_JEQ, kind.arch, 1, 0), always(len(body)))
		p = append(p, body...)
	}
	return append(p, allow())
}

type code []unix.SockFilter

// splitX32 puts the calls of x32 before the native ones.
func splitX32(native code) code {
	for _, kind := range abis() {
		if kind.x32 {
			x32 := section(kind.calls)
			p := code{
				jump(unix.BPF_JGE, x32Bit, 1, 0),
				always(1 + len(x32)),
				{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: ^uint32(x32Bit)},
			}
			return append(append(p, x32...), native...)
		}
	}
	return native
}

// section decides by the number, which is in the accumulator, and ends in ALLOW.
func section(calls map[int]*call) code {
	var p code
	for _, nr := range slices.Sorted(maps.Keys(calls)) {
		block := conditions(calls[nr].when)
		p = append(p, jump(unix.BPF_JEQ, uint32(nr), 0, len(block)))
		p = append(p, block...)
	}
	return append(p, allow())
}

// conditions ends in TRACE if all clauses hold, else in ALLOW.
func conditions(when []clause) code {
	var p code
	for _, c := range when {
		p = append(p, c.compile()...)
	}
	return append(p, ret(unix.SECCOMP_RET_TRACE|filterData))
}

// compile goes on to the next instruction if the clause holds.
func (c clause) compile() code {
	low, high := offsetArgs+8*c.arg, offsetArgs+8*c.arg+4
	p := code{load(low)}
	switch c.test {
	case anyBit:
		return append(p, jump(unix.BPF_JSET, c.values[0], 1, 0), allow())
	case positive:
		return append(p, jump(unix.BPF_JSET, 1<<31, 0, 1), allow())
	case nonNull:
		return append(p, jump(unix.BPF_JEQ, 0, 0, 3), load(high), jump(unix.BPF_JEQ, 0, 0, 1), allow())
	case oneOf:
		for i, v := range c.values {
			p = append(p, jump(unix.BPF_JEQ, v, len(c.values)-i, 0))
		}
		return append(p, allow())
	case noneOf:
		for i, v := range c.values {
			p = append(p, jump(unix.BPF_JEQ, v, len(c.values)-i, 0))
		}
		return append(p, always(1), allow())
	}
	return nil
}

func load(offset int) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: uint32(offset)}
}

func jump(op int, value uint32, yes, no int) unix.SockFilter {
	return unix.SockFilter{Code: uint16(unix.BPF_JMP | op | unix.BPF_K), Jt: uint8(yes), Jf: uint8(no), K: value}
}

func always(skip int) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JA, K: uint32(skip)}
}

func ret(action uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: action}
}

func allow() unix.SockFilter { return ret(unix.SECCOMP_RET_ALLOW) }
