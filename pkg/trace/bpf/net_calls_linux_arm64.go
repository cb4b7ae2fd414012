package bpf

import "golang.org/x/sys/unix"

// socketNumbers are the numbers of calls about sockets.
func socketNumbers() map[uint16]socketCall {
	return map[uint16]socketCall{
		unix.SYS_SOCKET: callSocket, unix.SYS_CONNECT: callConnect, unix.SYS_BIND: callBind, unix.SYS_LISTEN: callListen,
		unix.SYS_ACCEPT: callAccept, unix.SYS_ACCEPT4: callAccept,
		unix.SYS_SENDTO: callSendto, unix.SYS_SENDMSG: callSendmsg, unix.SYS_SENDMMSG: callSendmmsg,
	}
}

// compatSocketNumbers are those of a 32-bit program, from the kernel's table.
// Calls that send are left out: they have structs of 32 bits.
func compatSocketNumbers() map[uint16]socketCall {
	return map[uint16]socketCall{
		281: callSocket, 282: callBind, 283: callConnect, 284: callListen, 285: callAccept, 366: callAccept,
	}
}
