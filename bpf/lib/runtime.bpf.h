/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Processes whose runtime builds its locks on condition variables. Whatever blocks a thread of HotSpot
 * (a monitor, a ReentrantLock, a queue without work, Thread.sleep) ends up in the same wait on a
 * condition variable of the thread's own, so that neither operation nor address tells which it is.
 *
 * Each of them has exactly one thread called "VM Thread". Its process is remembered by the flag of the
 * first thread; others take it over when they begin, or when the agent walks over all.
 */
#ifndef LOADLINE_RUNTIME_BPF_H
#define LOADLINE_RUNTIME_BPF_H

#include "lib/maps.bpf.h"

static __always_inline bool ll_names_jvm(const char *name)
{
	static const char vm_thread[] = "VM Thread";
	int i;

	for (i = 0; i < sizeof(vm_thread); i++)
		if (name[i] != vm_thread[i])
			return false;
	return true;
}

static __always_inline struct ll_thread *ll_first_thread(struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;

	return leader ? bpf_task_storage_get(&ll_threads, leader, 0, 0) : NULL;
}

/* Takes the flag over from the process, and gives it to the process if `name` says so. */
static __always_inline void ll_note_runtime(struct task_struct *task, struct ll_thread *thread,
					    const char *name)
{
	struct ll_thread *first = ll_first_thread(task);

	if (!first)
		return;
	if (ll_names_jvm(name) && !(first->flags & LL_THREAD_JVM)) {
		__sync_fetch_and_or(&first->flags, LL_THREAD_JVM);
		ll_want_walk();
	}
	if (first->flags & ~thread->flags & LL_THREAD_JVM)	/* Others set others at the same time. */
		__sync_fetch_and_or(&thread->flags, LL_THREAD_JVM);
}

#endif /* LOADLINE_RUNTIME_BPF_H */
