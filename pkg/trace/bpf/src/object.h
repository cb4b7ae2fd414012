/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The object behind a descriptor or a struct file, and whether this process has
 * been seen to open it before.
 */
#ifndef OBJECT_H
#define OBJECT_H

/* Sections of KIND_OPEN. */
enum {
	OPEN_NAME, /* as the program passed it */
	OPEN_PATH, /* components of the object */
	OPEN_BASE, /* components of the directory that the name starts from, where it matters */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct seen);
	__type(value, __u32);
} seen SEC(".maps");

#define EEXIST 17

/* find_file is the open file that a descriptor of the current process means now. */
static __always_inline __u64 find_file(struct task_struct *task, __u32 fd)
{
	struct files_struct *files = task->files;
	struct fdtable *fdt;
	__u64 file = 0;

	if (!files)
		return 0;
	fdt = files->fdt;
	if (fd >= fdt->max_fds)
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), (void *)((__u64)fdt->fd + (__u64)fd * sizeof(file)));
	return file;
}

static __always_inline __u64 change_time(__u64 inode)
{
	if (bpf_core_field_exists(struct inode, i_ctime_sec))
		return (__u64)field(struct inode, inode, i_ctime_sec) << 30 ^ field(struct inode, inode, i_ctime_nsec);
	if (bpf_core_field_exists(struct inode___v66, __i_ctime))
		return (__u64)BPF_CORE_READ((struct inode___v66 *)inode, __i_ctime.tv_sec) << 30 ^
		       (__u64)BPF_CORE_READ((struct inode___v66 *)inode, __i_ctime.tv_nsec);
	return (__u64)BPF_CORE_READ((struct inode___v61 *)inode, i_ctime.tv_sec) << 30 ^
	       (__u64)BPF_CORE_READ((struct inode___v61 *)inode, i_ctime.tv_nsec);
}

/* MNT_NS_INTERNAL of fs/mount.h */
#define MNT_NS_INTERNAL ((__u64)-22)

/*
 * describe_object notes what s->file is, and where its path begins: at the
 * file's own dentry and mount. No name that the program passed is involved.
 */
static __always_inline void describe_object(struct slot *s, const struct setup *t)
{
	__u64 file = s->file;
	__u64 inode = pointer(struct file, file, f_inode);
	__u64 dentry = pointer(struct file, file, f_path.dentry);
	__u64 sb = pointer(struct inode, inode, i_sb);
	__u64 parent = pointer(struct dentry, dentry, d_parent);
	__u64 mnt;

	s->rec.fmode = field(struct file, file, f_mode);
	s->rec.ino = field(struct inode, inode, i_ino);
	s->rec.mode = field(struct inode, inode, i_mode);
	s->rec.dev = field(struct super_block, sb, s_dev);
	s->rec.magic = field(struct super_block, sb, s_magic);
	start_walk(s, t, dentry, pointer(struct file, file, f_path.mnt));
	mnt = s->mnt;
	if (pointer(struct mount, mnt, mnt_ns) == MNT_NS_INTERNAL)
		s->rec.head.aux |= AUX_INTERNAL;
	else if (parent != dentry && !pointer(struct dentry, dentry, d_hash.pprev))
		s->rec.head.marks |= MARK_DELETED;
	s->seen.dentry = dentry;
	s->seen.mnt = s->mnt;
	s->seen.parent = parent;
	s->seen.ino = s->rec.ino;
	s->seen.ctime = change_time(inode);
	s->seen.dev = s->rec.dev;
	s->seen.generation = field(struct inode, inode, i_generation);
	s->seen.name = field(struct dentry, dentry, d_name.hash);
	s->seen.fmode = s->rec.fmode;
	s->seen.flags = s->rec.flags ^ s->rec.head.aux;
}

#define MIX 0x9e3779b97f4a7c15ULL /* 2^64 over the golden ratio */

/*
 * fingerprint is a hash of the name at the start of data: of its first 64 and
 * last 8 bytes. Two names of one object that agree there count as one.
 */
static __always_inline __u64 fingerprint(struct slot *s, __u32 n)
{
	__u64 h = n, word, at;
	__u32 i;

#pragma unroll
	for (i = 0; i < 8; i++) {
		if (8 * (i + 1) > n)
			break;
		word = *(__u64 *)(s->data + 8 * i);
		h = (h ^ word) * MIX;
		h ^= h >> 29;
	}
	at = n > 8 ? n - 8 : 0;
	/* In assembler, since a bound that the compiler proves is lost on 6.1. */
	asm volatile("%0 &= 4095" : "+r"(at));
	word = *(__u64 *)(s->data + at);
	if (n < 8) /* what follows is older */
		word &= (1ULL << (8 * n & 63)) - 1;
	return (h ^ word) * MIX;
}

/*
 * repeated reports whether this process has opened the same object, by the same
 * name and in the same way, and it has not changed since. What the map forgets
 * is sent again: eviction costs a duplicate, never a loss. That a directory
 * above was renamed in between is not noticed; the rename itself is on record.
 */
static __always_inline bool repeated(struct slot *s, __u32 tgid, __u64 string)
{
	struct seen key; /* 6.1 takes no key from the memory of a slot */
	__u32 one = 1;

	s->seen.tgid = tgid;
	s->seen.string = string;
	__builtin_memcpy(&key, &s->seen, sizeof(key));
	/*
	 * In one step: nearly all are new, and two threads cannot both be first. The
	 * result is an int: up to 6.3 the upper half of the register is not its sign.
	 */
	return (__s32)bpf_map_update_elem(&seen, &key, &one, BPF_NOEXIST) == -EEXIST;
}

#endif
