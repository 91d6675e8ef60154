// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Walks over threads when the agent asks. It gives a slot to those that were there before the probes,
 * and reports of each what its slot does not say: whether it was woken, since when a wait that is older
 * than the probes lasts, and for whom a wait in progress is.
 *
 * Cost: some 0.5 us per thread and reading, in the agent.
 */
#include "lib/frozen.bpf.h"
#include "lib/held_now.bpf.h"
#include "lib/ledger.bpf.h"
#include "lib/reason.bpf.h"
#include "lib/runq.bpf.h"

static __always_inline __u32 state_now(struct task_struct *task)
{
	if (LL_READ(task, on_cpu))
		return LL_STATE_RUNNING;
	return task->sched_info.last_queued ? LL_STATE_RUNNABLE : LL_STATE_BLOCKED;
}

/* A thread that was there before, or whose beginning was left out. Not inline, for its stack. */
static __noinline struct ll_thread *seed(struct task_struct *task)
{
	struct ll_thread thread = { .fd = -1 }, *kept;

	ll_init_thread(task, &thread);
	kept = bpf_task_storage_get(&ll_threads, task, &thread, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!kept)
		ll_lost(LL_LOSS_THREAD_STORAGE);
	return kept;
}

/*
 * Of a thread whose beginning was left out, what the kernel has counted itself. What it has waited for is
 * not known. A run in progress is in the sum as far as the last tick.
 */
static __always_inline void take_sums(struct task_struct *task, const struct ll_thread *thread,
				      struct ll_slot *slot)
{
	if (!events_since_ns || task->start_boottime < events_since_ns ||
	    ll_is_void(thread, slot->since_ns, features))
		return;
	slot->totals.on_cpu_ns = task->se.sum_exec_runtime;
	slot->totals.runq_unattributed_ns = task->sched_info.run_delay;
	slot->totals.switches_voluntary = task->nvcsw;
	slot->totals.switches_involuntary = task->nivcsw;
}

/*
 * Gives a slot to a thread that has none: it may switch meanwhile, and its next switch notices
 * (book_missed). If its last switch came just before, it found none to fold.
 *
 * False: it had one, and was folded with it at its last switch. Its place was 0 when it was read, so that the
 * flag, which is set before, is seen here.
 */
static __always_inline bool give_slot(struct task_struct *task, struct ll_thread *thread)
{
	struct ll_wait wait = { .task = task, .thread = thread };
	__u32 state = state_now(task), reason = LL_WAIT_OTHER;
	struct ll_slot *slot;
	__u64 place;

	if (__sync_fetch_and_add(&thread->flags, 0) & LL_THREAD_GONE)
		return false;
	if (state == LL_STATE_BLOCKED) {
		wait.state = ll_task_state(task);
		reason = ll_reason_of(&wait, false);
	}
	place = ll_slot_open(task, state, reason, ll_now());
	slot = ll_slot_in(place);
	if (!slot)
		return true;
	slot->wait_addr = wait.addr;
	take_sums(task, thread, slot);
	thread->run_delay_ns = task->sched_info.run_delay;
	if (!ll_change_place(thread, 0, place)) {
		ll_slot_give_back(slot, place);
		return true;
	}
	ll_slot_own(place, task, thread);
	if (ll_task_state(task) & LL_TASK_DEAD)
		ll_thread_is_gone(thread, slot);
	return true;
}

/*
 * After an exec by a thread that is not the first, whose events were left out. The slot may be written by a
 * switch at this moment. So the thread is marked, and its next switch does what ll_exec would have done. If
 * it does not switch, a later walk does it, once every switch has ended that did not see the mark. Where
 * the mark is gone, a move of the process's threads has used it up.
 */
static __always_inline void pass_on_later(struct task_struct *task, struct ll_thread *thread)
{
	__u64 now_ns = bpf_ktime_get_ns(), place;
	struct ll_slot *slot;

	if (!thread->passed_on_ns || !(ll_place_of(thread) & LL_MOVE_MARKED)) {
		thread->passed_on_ns = now_ns;
		ll_move_mark(thread, 0);
	}
	ll_want_walk();
	if (now_ns - thread->passed_on_ns < LL_SETTLED_NS || !ll_move_claim(thread, &place))
		return;
	ll_pass_on_here(task, thread, place);
	place = ll_move(thread, place, state_now(task));
	ll_slot_own(place, task, thread);
	slot = ll_slot_in(place);
	if (slot && thread->flags & LL_THREAD_ENDED)
		ll_thread_is_gone(thread, slot);
}

static __always_inline bool is_old(struct task_struct *task, struct ll_thread *thread)
{
	__u64 place = ll_place_of(thread);

	return ll_has_old_numbers(task, thread, place, ll_slot_in(place));
}

/* Makes what is stored of the thread agree with its task. False: it is gone. */
static __noinline bool mend(struct task_struct *task, struct ll_thread *thread)
{
	char name[LL_NAME_SIZE];

	if (!ll_place_of(thread)) {
		if (!give_slot(task, thread))
			return false;
	} else if (is_old(task, thread)) {
		pass_on_later(task, thread);
		if (is_old(task, thread))
			return true;	/* What it has counted so far is to stay under its old name. */
	}
	ll_read_name(task, name);
	if (ll_is_same_name(name, thread->name))
		ll_note_runtime(task, thread, name);
	else
		ll_take_name(task, thread, name);
	if (thread->image != (__u32)task->self_exec_id)
		ll_take_image(task, thread);
	return true;
}

/* When a waiting thread's last slice ended. The scheduler's clock for tasks leaves interrupts out. */
static __always_inline __u64 wait_began(struct task_struct *task)
{
	struct rq *rq = task->se.cfs_rq->rq;
	__u64 ended_ns = task->se.exec_start;

	return ended_ns ? ended_ns + (rq->clock - rq->clock_task) : 0;
}

static __always_inline void fill_wait(struct task_struct *task, struct ll_thread *thread,
				      struct ll_slot *slot, struct ll_record *record)
{
	__u64 began_ns = wait_began(task);

	record->reason = slot->reason;
	if (ll_see_frozen(task, thread, slot))
		record->reason = LL_WAIT_STOPPED;
	record->frozen_ns = (__u64)thread->frozen << LL_FROZEN_SHIFT;
	if (began_ns && began_ns < record->began_ns)
		record->began_ns = began_ns;
	if (thread->fd < 0 || !(features & LL_FEATURE_PEERS))
		return;
	if (slot->reason == LL_WAIT_NETWORK || slot->reason == LL_WAIT_IPC)
		ll_tell_peer(task, thread->fd, &record->peer);
	else if (slot->reason == LL_WAIT_POLL)
		record->polled = (__u64)ll_file_of(task, thread->fd);
}

/* The same split as the switch will make, as far as it has come: the run that goes on is added. */
static __always_inline void fill_queue(struct task_struct *task, struct ll_thread *thread,
				       struct ll_record *record)
{
	bool moved = record->queued_before_ns;
	struct ll_queued queued = {};
	__u64 now_ns = ll_now();
	struct ll_cpu *cpu;
	__u32 key = 0;

	if (record->queued_ns >= now_ns)
		return;
	cpu = bpf_map_lookup_percpu_elem(&ll_cpus, &key, ll_task_cpu(task));
	if (!cpu)
		return;
	ll_who_ran(cpu, thread, moved, true, record->queued_ns, now_ns, &queued);
	ll_limit_queued(&queued, now_ns - record->queued_ns);
	record->queued_self_ns = queued.self_ns;
	record->queued_neighbour_ns = queued.neighbour_ns;
	record->queued_throttled_ns = ll_held_so_far(task, cpu, record->queued_ns, now_ns);
}

/*
 * The numbers in the slot are the old ones until an exec was made up for. If the thread has left the slot
 * since `place` was read, they are another's; the agent looks for it again by the number of the task.
 */
static __always_inline void fill_numbers(struct task_struct *task, struct ll_thread *thread,
					 __u64 place, const struct ll_slot *slot,
					 struct ll_record *record)
{
	__u64 started_ns = *(const volatile __u64 *)&slot->started_ns;
	__u32 tid = *(const volatile __u32 *)&slot->tid;

	if (tid != ll_tid(task) && !ll_is_at(thread, place))
		return;
	record->tid = tid;
	record->started_ns = started_ns;
}

static __always_inline void fill(struct task_struct *task, struct ll_thread *thread,
				 struct ll_slot *slot, struct ll_record *record)
{
	record->pool = thread->pool;
	__builtin_memcpy(record->name, thread->name, LL_NAME_SIZE);
	record->since_ns = record->began_ns = slot->since_ns;
	record->queued_ns = task->sched_info.last_queued;
	record->queued_before_ns = task->sched_info.run_delay - thread->run_delay_ns;
	record->state = state_now(task);
	record->left_out = ll_is_void(thread, record->since_ns, features);
	if (record->state == LL_STATE_BLOCKED)
		fill_wait(task, thread, slot, record);
	else if (record->queued_ns)
		fill_queue(task, thread, record);
}

static __always_inline void record_of(struct bpf_iter__task *ctx, struct task_struct *task)
{
	struct ll_record record = {};
	struct ll_thread *thread;
	struct ll_slot *slot;
	__u64 place;

	thread = bpf_task_storage_get(&ll_threads, task, 0, 0);
	if (!thread)
		thread = seed(task);
	if (thread && !mend(task, thread))
		return;
	record.started_ns = task->start_boottime;
	record.process_started_ns = task->group_leader->start_boottime;
	record.tid = ll_tid(task);
	record.tgid = ll_tgid(task);
	record.kernel = !!(task->flags & LL_PF_KTHREAD);
	place = thread ? ll_place_of(thread) : 0;
	slot = ll_slot_in(place);
	record.slot = place;
	record.ledger = ll_ledger_of(place);
	if (slot) {
		fill_numbers(task, thread, place, slot, &record);
		fill(task, thread, slot, &record);
	}
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
}

SEC("iter/task")
int ll_snapshot(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	agent_tgid = bpf_get_current_pid_tgid() >> 32;
	if (!ctx->meta->seq_num)
		walk_began_ns = bpf_ktime_get_boot_ns();
	if (task && ll_tid(task) && !LL_READ(task, exit_state))
		record_of(ctx, task);
	return 0;
}

/*
 * Gives `tid_to_assign` its pool, in place, which no switch can undo. The walk is over that thread
 * alone, where the kernel can do that (6.1), and over all elsewhere.
 */
SEC("iter/task")
int ll_assign(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct ll_thread *thread;
	struct ll_slot *slot;

	if (!task || ll_tid(task) != tid_to_assign)
		return 0;
	thread = bpf_task_storage_get(&ll_threads, task, 0, 0);
	if (!thread)
		return 0;
	slot = ll_slot_in(ll_place_of(thread));
	if (slot && ll_is_void(thread, slot->since_ns, features))
		thread->void_since_ns = slot->since_ns;
	__sync_fetch_and_or(&thread->flags, LL_THREAD_ASSIGNED);
	thread->pool = pool_to_assign;
	bpf_seq_write(ctx->meta->seq, &thread->pool, sizeof(thread->pool));
	return 0;
}

/* Marks the threads of a process, or moves those that are marked; the filter names the process. */
SEC("iter/task")
int ll_move_threads(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct ll_moved moved = {};
	struct ll_thread *thread;
	struct ll_slot *slot;
	__u64 place;

	if (!task || !ll_tid(task) || ll_tgid(task) != move_tgid)
		return 0;
	thread = bpf_task_storage_get(&ll_threads, task, 0, 0);
	if (!thread || !ll_place_of(thread))
		return 0;
	if (move_pass == LL_PASS_MARK)
		ll_move_mark(thread, move_to);
	if (move_pass == LL_PASS_MOVE && ll_move_claim(thread, &place)) {
		slot = ll_slot_in(place);
		if (slot && ll_is_void(thread, slot->since_ns, features))
			thread->run_delay_ns = task->sched_info.run_delay;
		place = ll_move(thread, place, state_now(task));
		ll_slot_own(place, task, thread);
		slot = ll_slot_in(place);
		if (slot && thread->flags & LL_THREAD_ENDED)
			ll_thread_is_gone(thread, slot);
	}
	place = ll_place_of(thread);
	if (!place)
		return 0;
	moved.tid = ll_tid(task);
	moved.ledger = ll_ledger_of(place);
	moved.marked = !!(place >> 48);
	bpf_seq_write(ctx->meta->seq, &moved, sizeof(moved));
	return 0;
}

__weak __noinline int show_alive(__u32 ledger, __s64 clock_offset_ns, __u64 alive_ns)
{
	struct ll_ledger_header *header = (void *)ll_ledger_slot_at(ledger, 0);

	if (!header)
		return 0;
	header->clock_offset_ns = clock_offset_ns;
	header->alive_ns = alive_ns;
	return 1;
}

/* Once per walk, at the agent's own first thread: its sign of life in each ledger. */
SEC("iter/task")
int ll_alive(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct ll_ledger_header *host = ll_header();
	__u64 now_ns;
	__u32 i;

	if (!task || ll_tid(task) != agent_tgid || !host)
		return 0;
	now_ns = bpf_ktime_get_ns();
	host->alive_ns = now_ns;
	for (i = 1; i < LL_LEDGERS && i < ledgers_end; i++)
		show_alive(i, host->clock_offset_ns, now_ns);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
