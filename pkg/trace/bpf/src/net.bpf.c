/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The object "net": destinations, places where somebody may come in, and the
 * packets that names are read from. It is loaded onto the maps of "proc".
 */
#include "kernel.h"

#include <bpf/bpf_helpers.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#include "shared.h"

#include "path.h"

#include "netkernel.h"

#include "netrecord.h"

#include "netaddr.h"

#include "netskb.h"

#include "netcall.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";
