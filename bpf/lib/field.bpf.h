/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fields of the kernel's structs, whatever their width there. libbpf moves each read to where the running
 * kernel has the field, and widens or narrows direct reads of pointers and of unsigned integers. A direct
 * read of a signed integer or an enum of another width, it refuses; bpf_probe_read_kernel() goes on with
 * the width of the header that the build used, and takes in part of the next field. So:
 *
 *	task->flags			a pointer, a bool or an unsigned integer, of a task that is trusted
 *	LL_READ(task, on_cpu)		any integer, trusted
 *	LL_PROBED(task, on_cpu)		any integer, of memory that may be gone
 *	BPF_CORE_READ(task, files, fdt)	pointers, and bytes whose number is a matter of the wire
 *
 * Held by `make test-btf`, and by contract.kernel_fields on the objects of each build.
 */
#ifndef LOADLINE_FIELD_BPF_H
#define LOADLINE_FIELD_BPF_H

#include <bpf/bpf_core_read.h>

#define LL_READ(pointer, field) BPF_CORE_READ_BITFIELD(pointer, field)

#define LL_PROBED(pointer, field) ({					\
	const typeof(*(pointer)) *at_ = (pointer);			\
									\
	BPF_CORE_READ_BITFIELD_PROBED(at_, field);			\
})

/*
 * The same as LL_READ for the switch path: one instruction more than the direct read that it comes down
 * to where the width is the one that it was built with. The rest is dead code there.
 */
#define LL_KEEPS_WIDTH(pointer, field)					\
	__builtin_expect(bpf_core_field_size((pointer)->field) == sizeof((pointer)->field), 1)

static __noinline __u32 ll_tid_of_any_width(struct task_struct *task)
{
	return LL_READ(task, pid);
}

static __noinline __u32 ll_tgid_of_any_width(struct task_struct *task)
{
	return LL_READ(task, tgid);
}

static __always_inline __u32 ll_tid(struct task_struct *task)
{
	return LL_KEEPS_WIDTH(task, pid) ? task->pid : ll_tid_of_any_width(task);
}

static __always_inline __u32 ll_tgid(struct task_struct *task)
{
	return LL_KEEPS_WIDTH(task, tgid) ? task->tgid : ll_tgid_of_any_width(task);
}

/* As bytes of an array, whose number libbpf does not compare; the array as a whole, it does. */
static __always_inline const char *ll_name_of(struct task_struct *task)
{
	return &task->comm[0];
}

#endif /* LOADLINE_FIELD_BPF_H */
