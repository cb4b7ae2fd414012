/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What every object of the sensor shares: the maps, the head of a record, the
 * counters and the way into a ring. Include after kernel.h and libbpf's headers.
 *
 * The object "proc" owns the maps; the loader gives its maps to the others in
 * place of theirs (MapReplacements), so names, types and sizes here are a
 * contract, and so are the numbers that Go reads (record_linux.go).
 */
#ifndef SHARED_H
#define SHARED_H

/* Classes of events; each has counters of its own. */
enum class {
	CLASS_PROCESS = 0,
	CLASS_FILE = 1,
	CLASS_NETWORK = 2,
	CLASS_SYSCALL = 3,
	CLASSES = 4,
};

/* Kinds of records: 1 to 31 are proc's, 32 to 63 are net's. */
enum kind {
	KIND_FORK = 1,
	KIND_EXEC = 2,
	KIND_EXIT = 3,
	KIND_OPEN = 4,
	KIND_CHANGE = 5,
	KIND_CALL = 6,
	KIND_NET = 32,
};

/* Bits of head.marks: the same as trace.Marks. */
enum marks {
	MARK_MEMFD = 1 << 0,
	MARK_DELETED = 1 << 1,
	MARK_CONTESTED = 1 << 2,
	MARK_CUT = 1 << 3,
	MARK_STRING_ONLY = 1 << 4,
	MARK_FOREIGN = 1 << 5,
	MARK_ARGS_CUT = 1 << 7,
	MARK_IN_A_THREAD = 1 << 8,
};

/* The head of every record. Numbers are in the machine's byte order. */
struct head {
	__u16 size;  /* of the whole record in bytes, this head included */
	__u8 kind;
	__u8 class;
	__u16 marks;
	__s16 error; /* errno of a call that failed, else 0 */
	__s32 pid;   /* thread group, in the tracer's PID namespace */
	__u32 aux;   /* as the kind says */
	__u64 time;  /* CLOCK_MONOTONIC, nanoseconds */
};

/* Counters of one class. attempted == sent + deduplicated + lost. */
struct count {
	__u64 attempted, sent, deduplicated, lost;
};

/* Counters that belong to no class: what a trace may lack without a lost event. */
enum odd {
	ODD_NOT_FOUND,  /* opens that failed with ENOENT: no record */
	ODD_UNMARKED,   /* a new task could not be marked: its tree is not seen */
	ODD_UNLISTED,   /* a process is not in the map pids: cgroup programs miss it */
	ODD_CUT,        /* strings cut short */
	ODD_NO_FILE,    /* an open whose descriptor was gone before it was looked at */
	ODD_UNREADABLE, /* strings of the program that could not be read */
	ODD_OUTSIDE,    /* opens that the object "opens" should have seen */
	ODDS = 8,
};

/* Membership of a task. Freed by the kernel with the task. */
struct mark {
	__s32 pid;    /* thread group, in the tracer's PID namespace */
	__u32 opened; /* index of the call whose open is on record already; 0 is none */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct mark);
} marks SEC(".maps");

/*
 * Members by thread group ID of the initial PID namespace, for programs that
 * cannot use task storage (cgroup programs up to 6.12 at least); the value is
 * the PID in the tracer's namespace. Not LRU: a member that does not fit is
 * counted, never another one forgotten.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __s32);
} pids SEC(".maps");

/* Rings: files have one of their own, so that no flood of opens drops an exit. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} files SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CLASSES);
	__type(key, __u32);
	__type(value, struct count);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ODDS);
	__type(key, __u32);
	__type(value, __u64);
} odds SEC(".maps");

/* Where the program at the end of calls goes on for calls about sockets. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} tails SEC(".maps");

/*
 * The tracer, as the kernel knows it: written once by the program note_tracer,
 * which runs in the tracer. Pointers are for comparison, never followed.
 */
struct setup {
	__u64 mnt_ns, root_mnt, root_dentry, pid_ns;
	__u32 level; /* of the tracer's PID namespace */
	__s32 pid;   /* thread group of the tracer, in that namespace */
	__u32 tgid;  /* the same in the initial one */
	__s32 group; /* its process group, in its namespace; Go adds it */
	__u32 inside; /* the object "opens" is at work; Go adds it */
	__u32 spare;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct setup);
} setups SEC(".maps");

static __always_inline struct setup *get_setup(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&setups, &zero);
}

/* Counters are added to atomically: some programs can be preempted. */
static __always_inline struct count *count_of(__u32 class)
{
	return bpf_map_lookup_elem(&counts, &class);
}

static __always_inline void attempted(__u32 class)
{
	struct count *c = count_of(class);

	if (c)
		__sync_fetch_and_add(&c->attempted, 1);
}

static __always_inline void lost(__u32 class)
{
	struct count *c = count_of(class);

	if (c)
		__sync_fetch_and_add(&c->lost, 1);
}

static __always_inline void deduplicated(__u32 class)
{
	struct count *c = count_of(class);

	if (c)
		__sync_fetch_and_add(&c->deduplicated, 1);
}

static __always_inline void sent(__u32 class)
{
	struct count *c = count_of(class);

	if (c)
		__sync_fetch_and_add(&c->sent, 1);
}

static __always_inline void odd(__u32 which)
{
	__u64 *n = bpf_map_lookup_elem(&odds, &which);

	if (n)
		__sync_fetch_and_add(n, 1);
}

/*
 * A reader looks every few milliseconds by itself. It is woken only when its
 * ring is an eighth full, since to wake it costs more than a record.
 */
#define wakeup(ring)                                                                        \
	(bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) > bpf_ringbuf_query(&ring, 1) / 8 \
		 ? BPF_RB_FORCE_WAKEUP                                                      \
		 : BPF_RB_NO_WAKEUP)

static __always_inline void set_head(struct head *h, __u8 kind, __u8 class, __s32 pid, __u16 size)
{
	h->size = size;
	h->kind = kind;
	h->class = class;
	h->marks = 0;
	h->error = 0;
	h->pid = pid;
	h->aux = 0;
	h->time = bpf_ktime_get_ns();
}

/*
 * Records of a fixed size: r = reserve(ring, struct x, KIND_X, CLASS_X, pid),
 * fill it, submit(ring, r). A null r is already counted as lost. reserve counts
 * the attempt, so nothing between it and submit may return early.
 */
#define reserve(ring, record, kind, class, pid_)                                      \
	({                                                                            \
		record *r_ = bpf_ringbuf_reserve(&ring, sizeof(record), 0);           \
		attempted(class);                                                     \
		if (r_)                                                               \
			set_head(&r_->head, (kind), (class), (pid_), sizeof(record)); \
		else                                                                  \
			lost(class);                                                  \
		r_;                                                                   \
	})

#define submit(ring, r)                                  \
	do {                                             \
		__u32 class_ = (r)->head.class;          \
		bpf_ringbuf_submit((r), wakeup(ring));   \
		sent(class_);                            \
	} while (0)

/*
 * Records of any size, built elsewhere: size must be bounded where the verifier
 * can see it. The attempt is the caller's to count, when it starts to build.
 */
#define output(ring, rec, size_)                                                    \
	do {                                                                        \
		__u32 class_ = (rec)->head.class;                                   \
		(rec)->head.size = (size_);                                         \
		if (bpf_ringbuf_output(&ring, (rec), (size_), wakeup(ring)) == 0)   \
			sent(class_);                                               \
		else                                                                \
			lost(class_);                                               \
	} while (0)

/*
 * field reads through a pointer that is only a number to the verifier. With a
 * cast that is one load; kernels before 6.2 have none and copy. The check costs
 * nothing when loaded: the verifier removes the branch that is not taken. p is a
 * variable: an expression with a field of ours would be relocated as well.
 */
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

#define cast(type, p) ((type *)bpf_rdonly_cast((const void *)(p), bpf_core_type_id_kernel(type)))
#define field(type, p, f) (bpf_rdonly_cast ? cast(type, p)->f : BPF_CORE_READ((type *)(p), f))
#define pointer(type, p, f) ((__u64)field(type, p, f))

/*
 * loose is the same pointer, not trusted by the verifier any more. For each
 * trusted pointer that is followed to another one, the verifier of 6.2 and later
 * searches the names of all the kernel's types: half the time of a load.
 */
#define loose(type, p) (bpf_rdonly_cast ? cast(type, p) : (p))

#define PF_IO_WORKER 0x00000010

/* current_task is for reading; the helpers for tasks want what they trust. */
static __always_inline struct task_struct *current_task(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return loose(struct task_struct, task);
}

/*
 * mark_of is the membership of a task, null for all others. Workers of io_uring
 * are made without sched_process_fork; they count as their group's leader.
 */
static __always_inline struct mark *mark_of(struct task_struct *task)
{
	struct mark *m = bpf_task_storage_get(&marks, task, NULL, 0);

	if (!m && (task->flags & PF_IO_WORKER))
		m = bpf_task_storage_get(&marks, task->group_leader, NULL, 0);
	return m;
}

/*
 * pid_of_current is for programs that cannot use task storage: the PID of the
 * current process in the tracer's namespace, 0 if it is not a member.
 */
static __always_inline __s32 pid_of_current(void)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	__s32 *pid = bpf_map_lookup_elem(&pids, &tgid);

	return pid ? *pid : 0;
}

#endif
