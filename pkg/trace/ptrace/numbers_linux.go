//go:build amd64 || arm64

package ptrace

// number gives a system call's number in each table that a process can enter
// the kernel through: amd64 with i386 below it (int 0x80 works in 64-bit
// programs as well), arm64 with arm (EABI) below it. A missing call is -1.
type number struct {
	name                    string
	amd64, arm64, i386, arm int
}

// x32Bit marks a call of the x32 ABI: 64-bit registers with 32-bit pointers.
// Its table is amd64's but for the calls in x32Numbers.
const x32Bit = 0x40000000

// x32Numbers are the watched calls which x32 has at places of its own, because
// their structures hold pointers (arch/x86/entry/syscalls/syscall_64.tbl).
func x32Numbers() map[string]int {
	return map[string]int{
		"ptrace": 521, "sendmsg": 518, "sendmmsg": 538, "execveat": 545,
		"rt_sigqueueinfo": 524, "rt_tgsigqueueinfo": 536, "kexec_load": 528,
		"process_vm_readv": 539, "process_vm_writev": 540,
	}
}

// numbers are the watched calls. A test compares them with golang.org/x/sys.
func numbers() []number {
	return []number{
		{"open", 2, -1, 5, 5},
		{"openat", 257, 56, 295, 322},
		{"openat2", 437, 437, 437, 437},
		{"creat", 85, -1, 8, 8},
		{"open_by_handle_at", 304, 265, 342, 371},
		{"mmap", 9, 222, -1, -1},
		{"old_mmap", -1, -1, 90, -1}, // six words in memory
		{"mmap2", -1, -1, 192, 192},

		{"rename", 82, -1, 38, 38},
		{"renameat", 264, 38, 302, 329},
		{"renameat2", 316, 276, 353, 382},
		{"link", 86, -1, 9, 9},
		{"linkat", 265, 37, 303, 330},
		{"symlink", 88, -1, 83, 83},
		{"symlinkat", 266, 36, 304, 331},
		{"unlink", 87, -1, 10, 10},
		{"unlinkat", 263, 35, 301, 328},
		{"rmdir", 84, -1, 40, 40},
		{"mkdir", 83, -1, 39, 39},
		{"mkdirat", 258, 34, 296, 323},
		{"mknod", 133, -1, 14, 14},
		{"mknodat", 259, 33, 297, 324},
		{"chmod", 90, -1, 15, 15},
		{"fchmod", 91, 52, 94, 94},
		{"fchmodat", 268, 53, 306, 333},
		{"fchmodat2", 452, 452, 452, 452},
		{"chown", 92, -1, 182, 182},
		{"lchown", 94, -1, 16, 16},
		{"fchown", 93, 55, 95, 95},
		{"fchownat", 260, 54, 298, 325},
		{"chown32", -1, -1, 212, 212},
		{"lchown32", -1, -1, 198, 198},
		{"fchown32", -1, -1, 207, 207},
		{"truncate", 76, 45, 92, 92},
		{"ftruncate", 77, 46, 93, 93},
		{"truncate64", -1, -1, 193, 193},
		{"ftruncate64", -1, -1, 194, 194},
		{"setxattr", 188, 5, 226, 226},
		{"lsetxattr", 189, 6, 227, 227},
		{"fsetxattr", 190, 7, 228, 228},
		{"setxattrat", 463, 463, 463, 463},
		{"utime", 132, -1, 30, -1},
		{"utimes", 235, -1, 271, 269},
		{"futimesat", 261, -1, 299, 326},
		{"utimensat", 280, 88, 320, 348},
		{"utimensat_time64", -1, -1, 412, 412},

		{"socketcall", -1, -1, 102, -1},
		{"connect", 42, 203, 362, 283},
		{"bind", 49, 200, 361, 282},
		{"listen", 50, 201, 363, 284},
		{"accept", 43, 202, -1, 285},
		{"accept4", 288, 242, 364, 366},
		{"sendto", 44, 206, 369, 290},
		{"sendmsg", 46, 211, 370, 296},
		{"sendmmsg", 307, 269, 345, 374},

		{"clone", 56, 220, 120, 120},
		{"clone3", 435, 435, 435, 435},
		{"unshare", 272, 97, 310, 337},
		{"setns", 308, 268, 346, 375},
		{"chroot", 161, 51, 61, 61},
		{"pivot_root", 155, 41, 217, 218},
		{"mount", 165, 40, 21, 21},
		{"umount2", 166, 39, 52, 52},
		{"move_mount", 429, 429, 429, 429},
		{"open_tree", 428, 428, 428, 428},
		{"open_tree_attr", 467, 467, 467, 467},
		{"fsopen", 430, 430, 430, 430},
		{"fsmount", 432, 432, 432, 432},
		{"fspick", 433, 433, 433, 433},
		{"mount_setattr", 442, 442, 442, 442},
		{"ptrace", 101, 117, 26, 26},
		{"process_vm_readv", 310, 270, 347, 376},
		{"process_vm_writev", 311, 271, 348, 377},
		{"memfd_create", 319, 279, 356, 385},
		{"execveat", 322, 281, 358, 387},
		{"bpf", 321, 280, 357, 386},
		{"perf_event_open", 298, 241, 336, 364},
		{"init_module", 175, 105, 128, 128},
		{"finit_module", 313, 273, 350, 379},
		{"delete_module", 176, 106, 129, 129},
		{"kexec_load", 246, 104, 283, 347},
		{"kexec_file_load", 320, 294, -1, 401},
		{"userfaultfd", 323, 282, 374, 388},
		{"keyctl", 250, 219, 288, 311},
		{"add_key", 248, 217, 286, 309},
		{"prctl", 157, 167, 172, 172},
		{"io_uring_setup", 425, 425, 425, 425},
		{"pidfd_getfd", 438, 438, 438, 438},
		{"seccomp", 317, 277, 354, 383},
		{"kill", 62, 129, 37, 37},
		{"tkill", 200, 130, 238, 238},
		{"tgkill", 234, 131, 270, 268},
		{"pidfd_send_signal", 424, 424, 424, 424},
		{"rt_sigqueueinfo", 129, 138, 178, 178},
		{"rt_tgsigqueueinfo", 297, 240, 335, 363},
	}
}
