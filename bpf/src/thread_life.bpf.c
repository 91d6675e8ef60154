// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Threads that begin, and that change their name or their identity. How they end is the last switch's
 * business.
 *
 * Cost: a microsecond per new thread; nothing per switch.
 */
#include "lib/pool.bpf.h"
#include "lib/runtime.bpf.h"
#include "lib/slot.bpf.h"

/* It inherits its parent's name, which already names its pool for most programs. */
SEC("tp_btf/task_newtask")
int ll_newtask(unsigned long long *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct ll_thread thread = { .fd = -1 }, *kept;
	struct ll_slot *slot;

	__builtin_memcpy(thread.name, ll_name_of(task), LL_NAME_SIZE);
	thread.pool = ll_pool_by_name(ll_tgid(task), ll_name_of(task));
	thread.run_delay_ns = task->sched_info.run_delay;
	ll_note_runtime(task, &thread, ll_name_of(task));
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

/* What was told of a thread is told again up to the first walk that begins at this age, and not later. */
static __always_inline void tell_again(struct task_struct *task)
{
	if (bpf_ktime_get_boot_ns() - task->start_boottime > LL_BIRTH_NS)
		ll_want_walk();
}

static __always_inline void set_pool(struct task_struct *task, struct ll_thread *thread, __u32 pool)
{
	if (thread->pool != pool)
		tell_again(task);
	thread->pool = pool;
}

SEC("tp_btf/task_rename")
int ll_rename(unsigned long long *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct ll_thread *thread = bpf_task_storage_get(&ll_threads, task, 0, 0);
	char name[LL_NAME_SIZE] = {};
	__u32 pool, pool_before;

	if (!thread || !ll_place_of(thread))
		return 0;
	bpf_probe_read_kernel_str(name, sizeof(name), (const void *)ctx[1]);
	pool_before = ll_pool_by_name(ll_tgid(task), thread->name);
	__builtin_memcpy(thread->name, name, sizeof(name));
	ll_note_runtime(task, thread, name);
	pool = ll_pool_by_name(ll_tgid(task), name);
	if (pool != pool_before)
		tell_again(task);
	if (!(thread->flags & LL_THREAD_ASSIGNED))
		thread->pool = pool;
	return 0;
}

/*
 * A thread that is not the first takes over the tid and the start time of the first one. A new image
 * is another process: it has not registered, and leaves the ledger of the one before.
 */
SEC("tp_btf/sched_process_exec")
int ll_exec(unsigned long long *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct ll_thread *thread = bpf_task_storage_get(&ll_threads, task, 0, 0);
	struct ll_slot *slot = thread ? ll_slot_in(ll_place_of(thread)) : NULL;
	__u32 tgid;

	if (!slot)
		return 0;
	ll_slot_identify(slot, task);
	if ((__u32)ctx[1] != ll_tid(task))
		ll_want_walk();		/* Slots are told of by tid. */
	__builtin_memset(thread->fds_seen, 0, sizeof(thread->fds_seen));
	thread->flags &= ~(LL_THREAD_ASSIGNED | LL_THREAD_JVM);
	set_pool(task, thread, ll_pool_by_name(ll_tgid(task), thread->name));
	tgid = ll_tgid(task);
	if (ledgers_end > 1 && !bpf_map_delete_elem(&ll_registered, &tgid))
		ll_move_mark(thread, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
