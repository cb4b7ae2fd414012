/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Records of variable size and the names in them. A record is built in a slot of
 * per-CPU memory and copied to its ring when it is complete.
 *
 * The functions here are global on purpose: the verifier then checks each one
 * once, with nothing known of its caller. Inlined, the path walk alone cost it a
 * quarter of a second. Their state is in the slot, not on the stack, so that a
 * loop looks the same to the verifier in every turn.
 */
#ifndef PATH_H
#define PATH_H

enum {
	MAX_STRING = 4096,    /* PATH_MAX */
	MAX_COMPONENT = 256,  /* NAME_MAX and the NUL */
	MAX_COMPONENTS = 512, /* of one path; one that is deeper is marked as cut */
	MAX_DATA = 5 * MAX_STRING,
	SECTIONS = 6,
	SLOTS = 3,
};

/* Bits of head.aux in records with an object. */
enum aux {
	AUX_SHARED = 1 << 0,   /* another thread could have replaced the descriptor */
	AUX_INTERNAL = 1 << 1, /* of a mount of the kernel's own: memfd, pipe, socket */
	AUX_EXECUTED = 1 << 2,
	AUX_MAPPED = 1 << 3,
	AUX_URING = 1 << 4, /* through io_uring */
	AUX_INNER = 1 << 5, /* numbers of processes are of another PID namespace */
	AUX_EXECVEAT = 1 << 6, /* the program was found through a descriptor */
	AUX_INSIDE = 1 << 7, /* the kernel's function was watched, and had the object at hand */
};

/* A record with strings: len[i] bytes of each section follow in turn. */
struct record {
	struct head head;
	__u64 ino;
	__u32 dev;   /* as the kernel packs it: major << 20 | minor */
	__u32 magic; /* of the file system */
	__u32 fmode; /* FMODE_* of the open file */
	__u32 flags; /* O_* as given, access mode included */
	__u16 mode;  /* S_IF* and permissions of the object */
	__u16 call;  /* index into calls */
	__u16 len[SECTIONS];
};

/* What makes two opens the same, see files.h. No padding. */
struct seen {
	__u64 dentry, mnt, parent, ino, ctime, string;
	__u32 tgid, dev, generation, name, flags, fmode;
};

struct slot {
	__u32 busy;
	__u32 off; /* bytes of data in use */
	/* The system call. */
	__u64 args[6];
	__s64 ret;
	__u64 file; /* struct file */
	/* State of a walk: where it is, as a struct dentry and a struct mount. */
	__u64 dentry, mnt;
	__u64 root_dentry, root_mnt;
	__u32 done;
	__u32 spare;
	struct seen seen;
	struct record rec;
	__u8 data[MAX_DATA + MAX_STRING + MAX_COMPONENT] __attribute__((aligned(8)));
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, struct slot);
} slots SEC(".maps");

static __always_inline struct slot *take_slot(__u32 i)
{
	struct slot *s = bpf_map_lookup_elem(&slots, &i);

	if (s && __sync_val_compare_and_swap(&s->busy, 0, 1) == 0)
		return s;
	return NULL;
}

static __always_inline void start_record(struct slot *s, __u8 kind, __u8 class, __s32 pid)
{
	s->off = 0;
	__builtin_memset(&s->rec, 0, sizeof(s->rec));
	set_head(&s->rec.head, kind, class, pid, 0);
}

/*
 * take gets a slot of this CPU for a record of that kind. Where a program can be
 * preempted, or interrupted by another one, more than one slot is in use; null
 * if none is left. Every slot taken is given back.
 */
static __always_inline struct slot *take(__u8 kind, __u8 class, __s32 pid)
{
	struct slot *s = take_slot(0);

	if (!s)
		s = take_slot(1);
	if (!s)
		s = take_slot(2);
	if (!s)
		return NULL;
	s->file = 0;
	start_record(s, kind, class, pid);
	return s;
}

static __always_inline void give_back(struct slot *s)
{
	__sync_lock_test_and_set(&s->busy, 0);
}

/* send copies the record to its ring and counts it. The slot stays taken. */
#define send(ring, s)                                          \
	do {                                                   \
		__u64 size_ = (s)->off;                        \
		if (size_ > MAX_DATA + MAX_STRING)             \
			size_ = MAX_DATA + MAX_STRING;         \
		size_ += sizeof(struct record);                \
		output(ring, &(s)->rec, size_);                \
	} while (0)

static __always_inline void cut(struct slot *s)
{
	s->rec.head.marks |= MARK_CUT;
	odd(ODD_CUT);
}

/* room is where the next section begins; the verifier sees its bound. */
static __always_inline bool room(struct slot *s, __u32 *off)
{
	*off = s->off;
	if (*off <= MAX_DATA)
		return true;
	cut(s);
	return false;
}

/* close_section ends a section of n bytes that were written at off. */
static __always_inline int close_section(struct slot *s, __u32 section, __u32 off, __u32 n)
{
	if (section < SECTIONS)
		s->rec.len[section] = n;
	s->off = off + n;
	return n;
}

#define EFAULT 14

/* unreadable counts what is missing; a call that failed for that reason did nothing. */
static __always_inline void unreadable(struct slot *s)
{
	if (s->rec.head.error != EFAULT)
		odd(ODD_UNREADABLE);
}

/*
 * add_string appends a string of the program as a section, without its NUL, and
 * returns its length.
 */
__noinline int add_string(struct slot *s, __u64 address, __u32 section)
{
	__u32 off;
	long n;

	if (!s || !address || !room(s, &off))
		return 0;
	n = bpf_probe_read_user_str(s->data + off, MAX_STRING, (void *)address);
	if (n <= 0) {
		unreadable(s);
		return 0;
	}
	if (n == MAX_STRING)
		cut(s);
	return close_section(s, section, off, n - 1);
}

/* add_kernel_string does that with a string of the kernel. */
__noinline int add_kernel_string(struct slot *s, __u64 address, __u32 section)
{
	__u32 off;
	long n;

	if (!s || !room(s, &off))
		return 0;
	n = bpf_probe_read_kernel_str(s->data + off, MAX_STRING, (void *)address);
	if (n <= 0)
		return 0;
	if (n == MAX_STRING)
		cut(s);
	return close_section(s, section, off, n - 1);
}

/* add_bytes appends size bytes of the program's memory, at most MAX_STRING. */
__noinline int add_bytes(struct slot *s, __u64 address, __u32 size, __u32 section)
{
	__u32 off;

	if (!s || !room(s, &off))
		return 0;
	if (size > MAX_STRING)
		size = MAX_STRING;
	if (bpf_probe_read_user(s->data + off, size, (void *)address)) {
		unreadable(s);
		return 0;
	}
	return close_section(s, section, off, size);
}

/* add_component appends one name of a path; false ends the walk. */
static __always_inline bool add_component(struct slot *s, __u64 name)
{
	__u32 off = s->off;
	long n;

	if (off > MAX_DATA)
		return false;
	n = bpf_probe_read_kernel_str(s->data + off, MAX_COMPONENT, (void *)name);
	if (n <= 0)
		return false;
	s->off = off + n;
	return true;
}

struct walker {
	struct slot *s;
};

/* step appends the name of the place that the walk is at, and goes up. */
static long step(__u32 i, struct walker *w)
{
	struct slot *s = w->s;
	__u64 dentry = s->dentry, mnt = s->mnt, parent;

	if (dentry == s->root_dentry && mnt == s->root_mnt) {
		s->done = 1;
		return 1;
	}
	parent = pointer(struct dentry, dentry, d_parent);
	if (dentry == pointer(struct mount, mnt, mnt.mnt_root)) {
		__u64 above = pointer(struct mount, mnt, mnt_parent);

		if (above == mnt) { /* of the namespace, or of a mount in none */
			s->done = 1;
			return 1;
		}
		s->dentry = pointer(struct mount, mnt, mnt_mountpoint);
		s->mnt = above;
		return 0;
	}
	if (!add_component(s, pointer(struct dentry, dentry, d_name.name)))
		return 1;
	if (dentry == parent) { /* in no tree: a memfd, a pipe */
		s->done = 1;
		return 1;
	}
	s->dentry = parent;
	return 0;
}

/*
 * add_path appends the path of s->dentry in s->mnt as a section: the names from
 * the object up to the root, each ended by a NUL. The root is the tracer's, or,
 * if the walk does not pass it, that of the mount namespace.
 */
__noinline int add_path(struct slot *s, __u32 section)
{
	struct walker w = {s};
	__u32 start;

	if (!s)
		return 0;
	start = s->off;
	s->done = 0;
	bpf_loop(MAX_COMPONENTS, step, &w, 0);
	if (!s->done)
		cut(s);
	if (section < SECTIONS)
		s->rec.len[section] = s->off - start;
	return 0;
}

#define mount_of(vfsmount) ((__u64)(vfsmount) - bpf_core_field_offset(struct mount, mnt))

/* start_walk says where the next add_path begins. */
static __always_inline void start_walk(struct slot *s, const struct setup *t, __u64 dentry, __u64 vfsmount)
{
	s->dentry = dentry;
	s->mnt = mount_of(vfsmount);
	s->root_dentry = t->root_dentry;
	s->root_mnt = t->root_mnt;
}

/* mark_task marks what is known from the task alone. */
static __always_inline void mark_task(struct slot *s, struct task_struct *task, const struct setup *t)
{
	if (task->pid != task->tgid)
		s->rec.head.marks |= MARK_IN_A_THREAD;
	if ((__u64)task->nsproxy->mnt_ns != t->mnt_ns)
		s->rec.head.marks |= MARK_FOREIGN;
	if (task->files && task->files->count.counter > 1)
		s->rec.head.aux |= AUX_SHARED;
}

#endif
