/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Files: opens, executable mappings, changes of names and of objects. All are
 * seen when the call returns. An open is then found through its descriptor, so
 * what is recorded is what was opened, whatever the name meant in between.
 */
#ifndef FILES_H
#define FILES_H

/* Sections of KIND_CHANGE: names as passed, and where they start from. */
enum {
	CHANGE_NAME,
	CHANGE_BASE, /* or the object itself, if the call has a descriptor of it */
	CHANGE_NAME2,
	CHANGE_BASE2,
};

#define FMODE_PATH (1U << 14) /* of include/linux/fs.h */
#define ENOENT 2
#define AT_FDCWD -100
#define MAX_ERRNO 4095

/*
 * add_base appends what the name of n bytes at data[at] starts from: the
 * directory of a descriptor, the current one, or, if it is absolute, a root that
 * is not ours.
 */
static __always_inline void add_base(struct slot *s, const struct setup *t, __s32 dir, __u32 at, __u32 n, __u32 section)
{
	struct task_struct *task = current_task();
	struct fs_struct *fs = task->fs;
	__u64 dentry, mnt, file;

	if (!fs)
		return;
	if (n && at <= MAX_DATA && s->data[at] == '/') {
		dentry = (__u64)fs->root.dentry;
		mnt = (__u64)fs->root.mnt;
		if (dentry == t->root_dentry && mount_of(mnt) == t->root_mnt)
			return;
	} else if (dir == AT_FDCWD) {
		dentry = (__u64)fs->pwd.dentry;
		mnt = (__u64)fs->pwd.mnt;
	} else {
		file = find_file(task, dir);
		if (!file)
			return;
		dentry = pointer(struct file, file, f_path.dentry);
		mnt = pointer(struct file, file, f_path.mnt);
	}
	start_walk(s, t, dentry, mnt);
	add_path(s, section);
}

static __always_inline __s32 dir_of(struct slot *s, __s8 i)
{
	return i < 0 ? AT_FDCWD : (__s32)arg(s, i);
}

/* note_open reports the call in s, which opened something or failed to. */
__noinline int note_open(struct slot *s)
{
	struct task_struct *task = current_task();
	const volatile struct call *c;
	struct setup *t = get_setup();
	__u64 flags = 0;
	__u32 n;

	if (!s || !t)
		return 0;
	c = call_at(s->rec.call);
	mark_task(s, task, t);
	if (c->how == HOW_MAP)
		s->rec.head.aux |= AUX_MAPPED;
	else if (c->how == HOW_EXEC)
		s->rec.head.aux |= AUX_EXECUTED;
	flags = arg(s, c->flags);
	if (c->fd >= 0 && c->how == HOW_OPEN) /* openat2: flags are behind a pointer */
		bpf_probe_read_user(&flags, sizeof(flags), (void *)arg(s, c->fd));
	s->rec.flags = flags | c->implied;
	n = add_string(s, arg(s, c->name), OPEN_NAME);
	if (s->ret >= 0)
		s->file = find_file(task, c->how == HOW_MAP ? arg(s, c->fd) : s->ret);
	if (s->file) {
		describe_object(s, t);
		if (t->inside && c->how == HOW_OPEN && !(s->rec.fmode & FMODE_PATH))
			odd(ODD_OUTSIDE);
		if (repeated(s, task->tgid, fingerprint(s, n))) {
			deduplicated(CLASS_FILE);
			return 0;
		}
		add_path(s, OPEN_PATH);
		if (s->rec.head.aux & AUX_SHARED && n) /* the object may be forged: say where the name leads */
			add_base(s, t, dir_of(s, c->dir), 0, n, OPEN_BASE);
	} else {
		if (s->ret >= 0)
			odd(ODD_NO_FILE);
		s->rec.head.marks |= MARK_STRING_ONLY;
		add_base(s, t, dir_of(s, c->dir), 0, n, OPEN_BASE);
	}
	send(files, s);
	return 0;
}

/* note_change reports the call in s, which changed a name or an object. */
__noinline int note_change(struct slot *s)
{
	struct task_struct *task = current_task();
	const volatile struct call *c;
	struct setup *t = get_setup();
	__u32 second, n;

	if (!s || !t)
		return 0;
	c = call_at(s->rec.call);
	mark_task(s, task, t);
	s->rec.flags = arg(s, c->flags);
	if (c->fd >= 0)
		s->file = find_file(task, arg(s, c->fd));
	if (s->file) {
		describe_object(s, t);
		add_path(s, CHANGE_BASE);
	} else {
		s->rec.head.marks |= MARK_STRING_ONLY;
		n = add_string(s, arg(s, c->name), CHANGE_NAME);
		add_base(s, t, dir_of(s, c->dir), 0, n, CHANGE_BASE);
	}
	if (c->name2 >= 0) {
		second = s->off;
		n = add_string(s, arg(s, c->name2), CHANGE_NAME2);
		add_base(s, t, dir_of(s, c->dir2), second, n, CHANGE_BASE2);
	}
	send(files, s);
	return 0;
}

#endif
