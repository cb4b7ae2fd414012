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

/* A record with strings: len[i] bytes of each section follow in turn. */
struct record {
	struct head head;
	__u64 ino;
	__u32 dev;   /* as the kernel packs it: major << 20 | minor */
	__u32 magic; /* of the file system */
	__u32 fmode; /* FMODE_* of the open file */
	__u32 flags; /* O_* as given, access mode included */
	__u16 mode;  /* S_IF* and permissions of the object */
	__u16 call;  /* number of the call as Go gave it, see struct call */
	__u16 len[SECTIONS];
};

struct slot {
	__u32 busy;
	__u32 off; /* bytes of data in use */
	/* state of a walk */
	__u64 dentry, mnt; /* where it is: a struct dentry and a struct mount */
	__u64 root_dentry, root_mnt;
	__u32 section;
	__u32 done;
	struct record rec;
	__u8 data[MAX_DATA + MAX_STRING + MAX_COMPONENT];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, struct slot);
} slots SEC(".maps");

/* Reading through a typed pointer costs a load; without this (6.1) it costs a call. */
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

#define can_cast (bpf_rdonly_cast != 0)
#define cast(type, p) ((type *)bpf_rdonly_cast((const void *)(p), bpf_core_type_id_kernel(type)))

/*
 * take gets a slot of this CPU for a record of that kind. Where a program can be
 * preempted, or interrupted by another one, more than one slot is in use; null
 * if none is left. Every slot taken is given back.
 */
static __always_inline struct slot *take_slot(__u32 i)
{
	struct slot *s = bpf_map_lookup_elem(&slots, &i);

	if (s && __sync_val_compare_and_swap(&s->busy, 0, 1) == 0)
		return s;
	return NULL;
}

static __always_inline struct slot *take(__u8 kind, __u8 class, __s32 pid)
{
	struct slot *s = take_slot(0);

	if (!s)
		s = take_slot(1);
	if (!s)
		s = take_slot(2);
	if (!s)
		return NULL;
	s->off = 0;
	__builtin_memset(&s->rec, 0, sizeof(s->rec));
	set_head(&s->rec.head, kind, class, pid, 0);
	return s;
}

static __always_inline void give_back(struct slot *s)
{
	__sync_lock_test_and_set(&s->busy, 0);
}

/* send copies the record to its ring and counts it. The slot stays taken. */
#define send(ring, s)                                                                  \
	do {                                                                           \
		__u64 size_ = (s)->off;                                                \
		if (size_ > MAX_DATA + MAX_STRING)                                     \
			size_ = MAX_DATA + MAX_STRING;                                 \
		size_ += sizeof(struct record);                                        \
		output(ring, &(s)->rec, size_);                                        \
	} while (0)

static __always_inline void close_section(struct slot *s, __u32 section, __u32 end)
{
	__u32 start = s->off;

	if (section < SECTIONS)
		s->rec.len[section] = end - start;
	s->off = end;
}

static __always_inline void cut(struct slot *s)
{
	s->rec.head.marks |= MARK_CUT;
	odd(ODD_CUT);
}

/* add_string appends a string of the program as a section, without its NUL. */
__noinline int add_string(struct slot *s, __u64 address, __u32 section)
{
	__u32 off;
	long n;

	if (!s)
		return 0;
	off = s->off;
	if (off > MAX_DATA) {
		cut(s);
		return 0;
	}
	n = bpf_probe_read_user_str(s->data + off, MAX_STRING, (void *)address);
	if (n <= 0) {
		odd(ODD_UNREADABLE);
		return 0;
	}
	if (n == MAX_STRING)
		cut(s);
	close_section(s, section, off + n - 1);
	return 0;
}

/* add_kernel_string appends a string of the kernel. */
__noinline int add_kernel_string(struct slot *s, __u64 address, __u32 section)
{
	__u32 off;
	long n;

	if (!s)
		return 0;
	off = s->off;
	if (off > MAX_DATA) {
		cut(s);
		return 0;
	}
	n = bpf_probe_read_kernel_str(s->data + off, MAX_STRING, (void *)address);
	if (n <= 0)
		return 0;
	if (n == MAX_STRING)
		cut(s);
	close_section(s, section, off + n - 1);
	return 0;
}

/* add_bytes appends size bytes of the program's memory, at most MAX_STRING. */
__noinline int add_bytes(struct slot *s, __u64 address, __u32 size, __u32 section)
{
	__u32 off;

	if (!s)
		return 0;
	off = s->off;
	if (off > MAX_DATA) {
		cut(s);
		return 0;
	}
	if (size > MAX_STRING)
		size = MAX_STRING;
	if (bpf_probe_read_user(s->data + off, size, (void *)address)) {
		odd(ODD_UNREADABLE);
		return 0;
	}
	close_section(s, section, off + size);
	return 0;
}

/* What one step of a walk needs to know. */
struct place {
	__u64 parent, name, mnt_root, mnt_parent, mountpoint;
};

static __always_inline void look(struct place *p, __u64 dentry, __u64 mnt)
{
	if (can_cast) {
		struct dentry *d = cast(struct dentry, dentry);
		struct mount *m = cast(struct mount, mnt);

		p->parent = (__u64)d->d_parent;
		p->name = (__u64)d->d_name.name;
		p->mnt_root = (__u64)m->mnt.mnt_root;
		p->mnt_parent = (__u64)m->mnt_parent;
		p->mountpoint = (__u64)m->mnt_mountpoint;
	} else {
		struct dentry *d = (void *)dentry;
		struct mount *m = (void *)mnt;

		p->parent = (__u64)BPF_CORE_READ(d, d_parent);
		p->name = (__u64)BPF_CORE_READ(d, d_name.name);
		p->mnt_root = (__u64)BPF_CORE_READ(m, mnt.mnt_root);
		p->mnt_parent = (__u64)BPF_CORE_READ(m, mnt_parent);
		p->mountpoint = (__u64)BPF_CORE_READ(m, mnt_mountpoint);
	}
}

struct walker {
	struct slot *s;
};

/* step goes from where the walk is to the parent, and appends the name left. */
static long step(__u32 i, struct walker *w)
{
	struct slot *s = w->s;
	struct place p;
	__u32 off;
	long n;

	if (s->dentry == s->root_dentry && s->mnt == s->root_mnt) {
		s->done = 1;
		return 1;
	}
	look(&p, s->dentry, s->mnt);
	if (s->dentry == p.mnt_root || s->dentry == p.parent) {
		if (s->dentry != p.mnt_root || s->mnt == p.mnt_parent) {
			s->done = 1;
			return 1;
		}
		s->dentry = p.mountpoint;
		s->mnt = p.mnt_parent;
		return 0;
	}
	off = s->off;
	if (off > MAX_DATA)
		return 1;
	n = bpf_probe_read_kernel_str(s->data + off, MAX_COMPONENT, (void *)p.name);
	if (n <= 0)
		return 1;
	s->off = off + n;
	s->dentry = p.parent;
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

/* start_walk says where the next add_path begins. */
static __always_inline void start_walk(struct slot *s, const struct setup *t, __u64 dentry, __u64 vfsmount)
{
	s->dentry = dentry;
	s->mnt = vfsmount - bpf_core_field_offset(struct mount, mnt);
	s->root_dentry = t->root_dentry;
	s->root_mnt = t->root_mnt;
}

/* foreign reports whether a task's names may not be ours. */
static __always_inline bool foreign(struct task_struct *task, const struct setup *t)
{
	return (__u64)task->nsproxy->mnt_ns != t->mnt_ns || (__u64)task->fs->root.dentry != t->root_dentry ||
	       (__u64)task->fs->root.mnt - bpf_core_field_offset(struct mount, mnt) != t->root_mnt;
}

#endif
