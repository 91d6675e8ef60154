/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who holds the lock of the kernel's own that a thread waits for, where the kernel says which one that is. */
#ifndef LOADLINE_KERNEL_LOCK_BPF_H
#define LOADLINE_KERNEL_LOCK_BPF_H

#include "lib/compat.bpf.h"

/* Of task_struct.blocker: what kind of lock it is, in the low bits of its address. */
#define LL_BLOCKER_KIND 3UL
#define LL_BLOCKER_MUTEX 0
#define LL_BLOCKER_RWSEM_READER 2	/* It wants to read. */
#define LL_BLOCKER_RWSEM_WRITER 3

/* Of a lock's owner. */
#define LL_MUTEX_FLAGS 7UL
#define LL_RWSEM_FLAGS 3UL
#define LL_RWSEM_READ 1UL	/* Readers have it, and the last of them is not all of them. */

/* On real-time kernels both are locks of another kind. */
struct mutex___owner {
	atomic_long_t owner;
} __attribute__((preserve_access_index));

struct rw_semaphore___owner {
	atomic_long_t owner;
} __attribute__((preserve_access_index));

static __always_inline __u64 ll_owner_of_mutex(__u64 at)
{
	struct mutex___owner *mutex = (void *)at;

	if (!bpf_core_field_exists(mutex->owner))
		return 0;
	return LL_PROBED(mutex, owner.counter) & ~LL_MUTEX_FLAGS;
}

static __always_inline __u64 ll_owner_of_rwsem(__u64 at)
{
	struct rw_semaphore___owner *rwsem = (void *)at;
	__u64 owner;

	if (!bpf_core_field_exists(rwsem->owner))
		return 0;
	owner = LL_PROBED(rwsem, owner.counter);
	return owner & LL_RWSEM_READ ? 0 : owner & ~LL_RWSEM_FLAGS;
}

static __always_inline __u64 ll_task_in_lock(__u64 blocker)
{
	__u64 at = blocker & ~LL_BLOCKER_KIND;

	switch (blocker & LL_BLOCKER_KIND) {
	case LL_BLOCKER_MUTEX:
		return ll_owner_of_mutex(at);
	case LL_BLOCKER_RWSEM_READER:
	case LL_BLOCKER_RWSEM_WRITER:
		return ll_owner_of_rwsem(at);
	default:	/* Semaphores keep the last who took one, not all. */
		return 0;
	}
}

/* Its tid; 0: not known. Whoever holds the lock before and after is there in between. */
static __always_inline __u32 ll_kernel_lock_owner(struct task_struct *task)
{
	__u64 blocker = ll_blocker(task), owner;
	__u32 tid;

	owner = blocker ? ll_task_in_lock(blocker) : 0;
	if (!owner || owner == (__u64)task)
		return 0;
	tid = LL_PROBED((struct task_struct *)owner, pid);
	barrier();
	return ll_blocker(task) == blocker && ll_task_in_lock(blocker) == owner ? tid : 0;
}

#endif /* LOADLINE_KERNEL_LOCK_BPF_H */
