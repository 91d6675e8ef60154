// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Threads that begin, and that change their name or their identity. How they end is the last switch's
 * business. Each of these may be left out by the kernel, and is then made up for: see identity.bpf.h.
 *
 * Cost: a microsecond per new thread; nothing per switch.
 */
#include "lib/identity.bpf.h"

/* It inherits its parent's name, which already names its pool for most programs. */
SEC("tp_btf/task_newtask")
int ll_newtask(unsigned long long *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct ll_thread thread = { .fd = -1 }, *kept;
	struct ll_slot *slot;

	ll_init_thread(task, &thread);
	thread.place = ll_slot_open(task, LL_STATE_RUNNABLE, LL_WAIT_OTHER, ll_now());
	kept = bpf_task_storage_get(&ll_threads, task, &thread, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!kept)
		ll_lost(LL_LOSS_THREAD_STORAGE);
	if (!kept || !thread.place)
		ll_want_walk();		/* Which tries again. */
	if (kept && kept->place == thread.place) {
		ll_slot_own(thread.place, task, kept);
		return 0;
	}
	slot = ll_slot_in(thread.place);	/* A walk met the thread before it was announced. */
	if (slot)
		ll_slot_give_back(slot, thread.place);
	return 0;
}

/* Within an exec it comes before ll_exec, when the thread has its new tid already. */
SEC("tp_btf/task_rename")
int ll_rename(unsigned long long *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct ll_thread *thread = bpf_task_storage_get(&ll_threads, task, 0, 0);
	char name[LL_NAME_SIZE] = {};

	if (!thread)
		return 0;
	ll_pass_on_now(task, thread);
	bpf_probe_read_kernel_str(name, sizeof(name), (const void *)ctx[1]);
	ll_take_name(task, thread, name);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int ll_exec(unsigned long long *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct ll_thread *thread = bpf_task_storage_get(&ll_threads, task, 0, 0);
	char name[LL_NAME_SIZE];

	if (!thread)
		return 0;
	ll_pass_on_now(task, thread);
	ll_read_name(task, name);
	if (!ll_is_same_name(name, thread->name))
		ll_take_name(task, thread, name);
	ll_take_image(task, thread);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
