/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who a thread is: its name, its program, its number. Events report changes of these, but the kernel may
 * leave an event out: since 7.0 the programs of tracepoints can be preempted, and as long as one thread is
 * preempted within such a program, the same program does not run for others on that CPU. So each walk
 * compares what is stored of a thread with the task itself, and news.bpf.c asks for a walk where the two
 * differ.
 *
 * exec by a thread that is not the first gives it the tid and the start time of the first. What it has
 * counted was the old program's, and is folded as if it had ended; it goes on from zero, as a thread that
 * began at this moment.
 */
#ifndef LOADLINE_IDENTITY_BPF_H
#define LOADLINE_IDENTITY_BPF_H

#include "lib/exits.bpf.h"
#include "lib/pool.bpf.h"
#include "lib/runtime.bpf.h"

/* After so long every switch that was running has ended: it runs for 1 us, with interrupts off. */
#define LL_SETTLED_NS 100000000

static __always_inline void ll_read_name(struct task_struct *task, char *name)
{
	__builtin_memset(name, 0, LL_NAME_SIZE);
	bpf_probe_read_kernel_str(name, LL_NAME_SIZE, ll_name_of(task));
}

/* Both are zero after their end. */
static __always_inline bool ll_is_same_name(const char *one, const char *other)
{
	__u32 differ = 0;
	int i;

#pragma unroll
	for (i = 0; i < LL_NAME_SIZE; i++)
		differ |= one[i] ^ other[i];
	return !differ;
}

/* Fills in the storage of a thread that has had none so far. */
static __always_inline void ll_init_thread(struct task_struct *task, struct ll_thread *thread)
{
	ll_read_name(task, thread->name);
	thread->image = task->self_exec_id;
	thread->pool = ll_pool_by_name(ll_tgid(task), thread->name);
	thread->run_delay_ns = task->sched_info.run_delay;
	ll_note_runtime(task, thread, thread->name);
}

/*
 * The agent has to learn the new pool. Each of its looks reports the threads that are younger than
 * LL_BIRTH_NS; the pool of an older one is reported by a walk only.
 */
static __always_inline void ll_report_pool(struct task_struct *task)
{
	if (bpf_ktime_get_boot_ns() - task->start_boottime > LL_BIRTH_NS)
		ll_want_walk();
}

static __always_inline void ll_take_name(struct task_struct *task, struct ll_thread *thread,
					 const char *name)
{
	__u32 before = ll_pool_by_name(ll_tgid(task), thread->name);
	__u32 pool = ll_pool_by_name(ll_tgid(task), name);

	__builtin_memcpy(thread->name, name, LL_NAME_SIZE);
	ll_note_runtime(task, thread, name);
	if (pool != before)
		ll_report_pool(task);
	if (!(thread->flags & LL_THREAD_ASSIGNED))
		thread->pool = pool;
}

/* A new program is another process: it has not registered, and leaves the ledger of the one before. */
static __always_inline void ll_take_image(struct task_struct *task, struct ll_thread *thread)
{
	__u32 tgid = ll_tgid(task), pool = ll_pool_by_name(tgid, thread->name);

	thread->image = task->self_exec_id;
	thread->lock_addr = 0;
	__builtin_memset(thread->fds_seen, 0, sizeof(thread->fds_seen));
	__sync_fetch_and_and(&thread->flags, ~(LL_THREAD_ASSIGNED | LL_THREAD_JVM));
	if (thread->pool != pool)
		ll_report_pool(task);
	thread->pool = pool;
	if (ledgers_end > 1 && !bpf_map_delete_elem(&ll_registered, &tgid))
		ll_move_mark(thread, 0);
}

/* Of the interval that is open, what has passed. Before its last arrival the thread waited for its CPU. */
static __always_inline void ll_count_open(struct task_struct *task, const struct ll_thread *thread,
					  struct ll_slot *slot, __u64 now_ns)
{
	__u64 open_ns = now_ns - slot->since_ns, ran_ns = now_ns - task->sched_info.last_arrival;
	__u32 reason = slot->reason;

	if (now_ns < slot->since_ns || ll_is_void(thread, slot->since_ns, features))
		return;
	barrier_var(reason);
	if (slot->state == LL_STATE_RUNNING) {
		if (ran_ns > open_ns)
			ran_ns = open_ns;
		slot->totals.on_cpu_ns += ran_ns;
		slot->totals.runq_unattributed_ns += open_ns - ran_ns;
	} else if (slot->state != LL_STATE_BLOCKED)
		slot->totals.runq_unattributed_ns += open_ns;
	else if (reason < LL_WAIT_REASON_COUNT)
		slot->totals.blocked_ns[reason] += open_ns;
}

/* The caller is the slot's only writer. As in ll_thread_is_gone(), a reader finds the totals somewhere. */
static __noinline void ll_pass_on(struct task_struct *task, struct ll_thread *thread,
				  struct ll_slot *slot)
{
	__u64 now_ns = ll_now();

	ll_write_begin(slot);
	ll_count_open(task, thread, slot, now_ns);
	ll_write_end(slot);
	__sync_fetch_and_add(&threads_going, 1);
	ll_fold(thread, slot);
	ll_lose_due(thread);
	ll_write_begin(slot);
	ll_slot_identify(slot, task);
	slot->started_ns = bpf_ktime_get_boot_ns();
	slot->since_ns = now_ns;
	slot->loop_ran = 0;
	__builtin_memset(&slot->totals, 0, sizeof(slot->totals));
	ll_write_end(slot);
	__sync_fetch_and_add(&threads_gone, 1);
	__builtin_memset(thread->due, 0, sizeof(thread->due));
	thread->polled_cpu_ns = 0;
	thread->run_delay_ns = task->sched_info.run_delay;
	thread->left.cpu = 0;
	thread->passed_on_ns = 0;
}

/* Whether it still has the slot in which it was found. The atomic operation is a barrier for earlier loads. */
static __always_inline bool ll_is_at(struct ll_thread *thread, __u64 place)
{
	return !((__sync_fetch_and_add(&thread->place, 0) ^ place) & (LL_MOVE_MARKED - 1));
}

/*
 * Whether the slot has the numbers from before an exec. A slot that the thread has just left has other numbers
 * too, since another thread may have it by now.
 */
static __always_inline bool ll_has_old_numbers(struct task_struct *task, struct ll_thread *thread,
					       __u64 place, const struct ll_slot *slot)
{
	return slot && *(const volatile __u32 *)&slot->tid != ll_tid(task) && ll_is_at(thread, place);
}

/* At a switch of the thread itself. */
static __always_inline void ll_pass_on_here(struct task_struct *task, struct ll_thread *thread,
					    __u64 place)
{
	struct ll_slot *slot = ll_slot_in(place);

	if (ll_has_old_numbers(task, thread, place, slot))
		ll_pass_on(task, thread, slot);
}

/*
 * In the thread itself, where it may be preempted. As long as the place is claimed, its switches are not
 * booked. If there was one, the thread counts as queued since, so that its next switch goes by what the
 * scheduler says of its last run. The second round is for a switch just before the place was released.
 */
static __always_inline void ll_pass_on_now(struct task_struct *task, struct ll_thread *thread)
{
	__u64 place = ll_place_of(thread), arrived_ns = task->sched_info.last_arrival;
	struct ll_slot *slot = ll_slot_in(place);
	int i;

	if (!ll_has_old_numbers(task, thread, place, slot))
		return;
	for (i = 0; i < 2; i++) {
		if (!ll_claim(thread, &place)) {
			ll_want_walk();		/* It is being moved. */
			return;
		}
		slot = ll_slot_in(place);
		if (slot && slot->tid != ll_tid(task))
			ll_pass_on(task, thread, slot);
		if (slot && task->sched_info.last_arrival != arrived_ns)
			slot->state = LL_STATE_RUNNABLE;
		ll_change_place(thread, place | LL_MOVE_CLAIMED, place);
		if (task->sched_info.last_arrival == arrived_ns)
			return;
	}
}

#endif /* LOADLINE_IDENTITY_BPF_H */
