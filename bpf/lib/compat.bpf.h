/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every difference between kernels and machines, each found by probing, never by version. */
#ifndef LOADLINE_COMPAT_BPF_H
#define LOADLINE_COMPAT_BPF_H

#include "lib/maps.bpf.h"

#define LL_PF_KTHREAD 0x00200000
#define LL_PF_IO_WORKER 0x00000010
#define LL_TASK_DEAD 0x80
#define LL_PF_FROZEN 0x00010000		/* Before 6.1; of kernel threads, another flag since. */
#define LL_PF_FREEZER_SKIP 0x40000000	/* Before 6.1: a freezer leaves it in the wait that it is in. */
#define LL_CGROUP_FREEZING 0x6		/* Of a freezer of version 1: it, or one above. */
#define LL_PF_USER_WORKER 0x00004000	/* Another flag before 6.4: see ll_is_worker(). */

struct task_struct___state {		/* Since 5.14. */
	unsigned int __state;
} __attribute__((preserve_access_index));

struct task_struct___old_state {	/* Before. */
	long state;
} __attribute__((preserve_access_index));

struct task_struct___blocker {		/* Since 6.16, with DETECT_HUNG_TASK_BLOCKER. */
	unsigned long blocker;
} __attribute__((preserve_access_index));

struct task_struct___cpu {		/* Before 5.16 on some machines; thread_info has it since. */
	unsigned int cpu;
} __attribute__((preserve_access_index));

struct thread_info___cpu {
	unsigned int cpu;
} __attribute__((preserve_access_index));

struct task_struct___frozen {		/* Since 5.2, with CGROUPS. */
	__u32 frozen : 1;
} __attribute__((preserve_access_index));

struct freezer___v1 {			/* With CGROUP_FREEZER. */
	unsigned int state;
} __attribute__((preserve_access_index));

enum cgroup_subsys_id___v1 {
	freezer_cgrp_id___v1 = 6,
};

struct task_struct___psi {		/* With PSI. */
	unsigned int in_memstall : 1;
} __attribute__((preserve_access_index));

struct kernel_clone_args___worker {	/* Since 6.4. */
	__u32 user_worker : 1;
} __attribute__((preserve_access_index));

struct pt_regs___loadline {		/* arm64; the header of an x86 kernel lacks the field. */
	__u64 regs[31];
	__s32 syscallno;
} __attribute__((preserve_access_index));

#define LL_CALL_NONE 0xffff

struct ll_call {
	struct pt_regs *regs;	/* Where its arguments are. */
	__u32 nr;		/* LL_CALL_NONE: it is in none. */
};

/* The clock that sched_info keeps. Only good for a task on a CPU that is switching now. */
static __always_inline __u64 ll_rq_clock(struct task_struct *task)
{
	return task->se.cfs_rq->rq->clock;
}

/* The same clock, anywhere. */
static __always_inline __u64 ll_now(void)
{
	struct ll_ledger_header *header = ll_header();

	return bpf_ktime_get_ns() - (header ? header->clock_offset_ns : 0);
}

static __always_inline __u32 ll_task_state(struct task_struct *task)
{
	struct task_struct___state *new = (void *)task;

	if (bpf_core_field_exists(new->__state))
		return new->__state;
	return LL_READ((struct task_struct___old_state *)task, state);
}

/* The same of memory that may be gone. */
static __always_inline __u32 ll_task_state_probed(struct task_struct *task)
{
	struct task_struct___state *new = (void *)task;

	if (bpf_core_field_exists(new->__state))
		return LL_PROBED(new, __state);
	return LL_PROBED((struct task_struct___old_state *)task, state);
}

/* sched_switch has had prev_state as its fourth argument since 5.18. */
static __always_inline __u32 ll_prev_state(unsigned long long *ctx, struct task_struct *prev)
{
	return has_prev_state ? (__u32)ctx[3] : ll_task_state(prev);
}

/* Threads without a user side: their saved registers mean nothing. */
static __always_inline bool ll_is_worker(struct task_struct *task)
{
	__u32 flags = LL_PF_KTHREAD | LL_PF_IO_WORKER;
	struct kernel_clone_args___worker *args = NULL;

	if (bpf_core_field_exists(args->user_worker))
		flags |= LL_PF_USER_WORKER;
	return task->flags & flags;
}

/* The CPU in whose queue it is, or on which it ran last. */
static __always_inline __u32 ll_task_cpu(struct task_struct *task)
{
	struct thread_info___cpu *info = (void *)&task->thread_info;

	if (bpf_core_field_exists(info->cpu))
		return LL_PROBED(info, cpu);
	return LL_PROBED((struct task_struct___cpu *)task, cpu);
}

/* The kernel's own lock that it waits for, and in the low bits of which kind; 0: none, or not known. */
static __always_inline __u64 ll_blocker(struct task_struct *task)
{
	struct task_struct___blocker *new = (void *)task;

	return bpf_core_field_exists(new->blocker) ? new->blocker : 0;
}

/* It reclaims memory, or waits for somebody who does. */
static __always_inline bool ll_is_in_memstall(struct task_struct *task)
{
	struct task_struct___psi *with = (void *)task;

	return bpf_core_field_exists(with->in_memstall) && LL_READ(with, in_memstall);
}

/*
 * Whether a freezer holds a thread that is out, where its state does not say so. That of version 2 has it
 * wait for a signal; vfork marks its own wait in the same way, but is not interruptible. That of version 1
 * had it wait uninterruptibly before 6.1, and has a state of its own since: LL_TASK_FROZEN.
 */
static __always_inline bool ll_is_frozen(struct task_struct *task, bool interruptible)
{
	struct task_struct___frozen *held = (void *)task;

	if (interruptible)
		return bpf_core_field_exists(held->frozen) && LL_READ(held, frozen);
	return (task->flags & (LL_PF_FROZEN | LL_PF_KTHREAD)) == LL_PF_FROZEN;
}

/* Before 6.1 the freezer of version 1 leaves most waits as they are: only its group says that it is on. */
static __always_inline bool ll_is_frozen_in_place(struct task_struct *task)
{
	struct freezer___v1 *freezer = NULL;
	struct css_set *groups;
	__u32 id;

	if (!(task->flags & LL_PF_FREEZER_SKIP) || !bpf_core_field_exists(freezer->state) ||
	    !bpf_core_enum_value_exists(enum cgroup_subsys_id___v1, freezer_cgrp_id___v1))
		return false;
	id = bpf_core_enum_value(enum cgroup_subsys_id___v1, freezer_cgrp_id___v1);
	groups = BPF_CORE_READ(task, cgroups);
	if (bpf_probe_read_kernel(&freezer, sizeof(freezer),
				  (void *)groups + bpf_core_field_offset(struct css_set, subsys) +
				  id * sizeof(void *)))
		return false;
	return LL_PROBED(freezer, state) & LL_CGROUP_FREEZING;
}

/*
 * A program that is not in a hurry defines LL_PROBED_REGS: it then loads where saved registers cannot be
 * asked for (before 5.15), which lie at the end of the stack of 16 KiB.
 */
#ifdef LL_PROBED_REGS
#define LL_REG(regs, field) LL_PROBED(regs, field)
#define LL_STACK_SIZE 16384

enum bpf_func_id___loadline {	/* Since 5.15. */
	BPF_FUNC_task_pt_regs___loadline = 1,
};
#else
#define LL_REG(regs, field) ((regs)->field)
#endif

static __always_inline struct pt_regs *ll_regs_of(struct task_struct *task)
{
#ifdef LL_PROBED_REGS
	if (!bpf_core_enum_value_exists(enum bpf_func_id___loadline,
					BPF_FUNC_task_pt_regs___loadline))
		return (struct pt_regs *)(BPF_CORE_READ(task, stack) + LL_STACK_SIZE -
					  bpf_core_type_size(struct pt_regs));
#endif
	return (struct pt_regs *)bpf_task_pt_regs(task);
}

/* What the thread asked the kernel for, from the registers it saved on the way in. */
static __always_inline void ll_call_of(struct task_struct *task, struct ll_call *call)
{
	struct pt_regs *regs = ll_regs_of(task);
	__s64 nr;

#if defined(__TARGET_ARCH_arm64)
	nr = LL_PROBED((struct pt_regs___loadline *)regs, syscallno);
#else
	nr = LL_REG(regs, orig_ax);
	if (task->thread_info.status & 2)	/* TS_COMPAT: numbers of another table. */
		nr = LL_CALL_NONE - 1;
#endif
	call->regs = regs;
	call->nr = nr < 0 ? LL_CALL_NONE : (__u32)nr;
}

/* Each is read only where it decides something. */
static __always_inline __u64 ll_call_arg(struct pt_regs *regs, int which)
{
#if defined(__TARGET_ARCH_arm64)
	return BPF_CORE_READ((struct pt_regs___loadline *)regs, regs[which]);
#else
	switch (which) {
	case 0:
		return LL_REG(regs, di);
	case 1:
		return LL_REG(regs, si);
	case 2:
		return LL_REG(regs, dx);
	default:
		return LL_REG(regs, r10);
	}
#endif
}

static __always_inline __u32 ll_inner_tid(struct task_struct *task)
{
	struct pid *pid = task->thread_pid;
	__u64 level, offset;

	if (!pid)	/* A zombie that was reaped. */
		return ll_tid(task);
	level = LL_PROBED(pid, level);
	offset = (level & 31) * bpf_core_type_size(struct upid);
	pid = (void *)pid + (offset & 1023);	/* Verifiers up to 6.1 do not bound a product. */
	return LL_PROBED(pid, numbers[0].nr);
}

#endif /* LOADLINE_COMPAT_BPF_H */
