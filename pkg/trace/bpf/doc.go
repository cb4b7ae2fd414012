// Package bpf is the sensor that listens inside the Linux kernel with eBPF
// programs: the traced processes run at nearly full speed and cannot see it.
//
// [Arm] needs CAP_BPF and CAP_PERFMON (and CAP_NET_ADMIN for the network) in
// the initial user namespace and a kernel of 5.17 or later with its type
// information in /sys/kernel/btf/vmlinux. It mounts and pins nothing: what it
// loads is gone with the process.
//
// # How it is built
//
// The programs are C in src. Object "proc" (processes, files, calls) owns the
// maps; others (network, better file hooks) are loaded onto them. The kernel
// keeps a mark with each task of the tree and copies it at fork, so no process
// leaves by changing its session, parent, cgroup or namespace.
//
// Records travel in two rings, files in one and all else in the other, and are
// counted on both sides; [trace.Account] holds the two against each other.
//
// generate.sh compiles the objects, which are committed: go build needs no
// compiler for them.
package bpf
