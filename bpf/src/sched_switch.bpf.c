// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Accounts for each thread's time at the only moment at which its state changes for good: the switch.
 * on-CPU + run queue + blocked is the thread's wall time, by construction and by test.
 *
 * Cost:  docs/kernel.md has the figures. Nothing is sent, nothing is locked; a slot has one writer.
 * Needs: BTF, task storage in tracing programs, SCHED_INFO. Found by probing, never by version.
 */
#include "lib/detail.bpf.h"
#include "lib/frozen.bpf.h"
#include "lib/hist.bpf.h"
#include "lib/ledger.bpf.h"
#include "lib/reason.bpf.h"
#include "lib/runq.bpf.h"
#include "lib/throttle.bpf.h"

const volatile __u32 slots_max = 2;
const volatile __u32 histogram_pools = 1;
const volatile bool has_prev_state = true;

__u32 slots_given = 0;
__u32 agent_tgid = 0;
__u32 tid_to_assign = 0;
__u64 walk_began_ns = 0;
__u64 events_since_ns = 0;
__u64 news_begin_ns = 0;
__u64 news_waits_ns = 0;
__u32 news_at = 0;
__u32 events_left_out = 0;
__u32 walks_wanted = 0;
__u32 threads_going = 0;
__u32 threads_gone = 0;
__u32 pool_to_assign = 0;
__u32 ledgers_end = 0;
__u32 move_pass = 0;
__u32 move_to = 0;
__u32 move_tgid = 0;
__u8 detail_full[LL_DETAILS] = {};
__u8 idle_gates[LL_IDLE_GATES] = {};
__u8 ports_listened[LL_PORT_BYTES] = {};

__u32 features = 0;		/* enum ll_feature; the agent sets it, and changes it under way. */
__u64 resumed_ns = 0;		/* When LL_FEATURE_UNREGISTERED came back last. */
struct ll_histogram_gate histogram_gates[LL_HISTOGRAM_GATES] = {};

static __always_inline __u64 at_most(__u64 value, __u64 limit)
{
	return value < limit ? value : limit;
}

/* A thread that is not counted now, to save the time. */
static __always_inline bool is_left_out(const struct ll_thread *thread, __u32 wanted)
{
	return !(wanted & LL_FEATURE_UNREGISTERED) && !ll_is_registered(thread);
}

/* The time since the slot was written last. Clocks of two CPUs may disagree. */
static __always_inline __u64 since(const struct ll_thread *thread, const struct ll_slot *slot,
				   __u32 wanted, __u64 now_ns)
{
	__u64 since_ns = slot->since_ns;

	if (ll_is_void(thread, since_ns, wanted)) {
		ll_lost(LL_LOSS_PAUSED);
		return 0;
	}
	if (now_ns >= since_ns)
		return now_ns - since_ns;
	ll_lost(LL_LOSS_CLOCK);
	return 0;
}

/* An index that the verifier believes. */
static __always_inline __u32 reason_of_slot(const struct ll_slot *slot)
{
	__u32 reason = slot->reason;

	barrier_var(reason);
	return reason < LL_WAIT_REASON_COUNT ? reason : LL_WAIT_OTHER;
}

/* Time of a thread that was not seen to get its CPU, up to when it did. */
static __always_inline __u64 book_missed(struct task_struct *prev, struct ll_thread *thread,
					 struct ll_slot *slot, __u64 gap_ns, __u64 now_ns)
{
	__u64 ran_ns = at_most(now_ns - prev->sched_info.last_arrival, gap_ns);
	__u64 away_ns = gap_ns - ran_ns, queued_ns = away_ns, blocked_ns;

	if (gap_ns)
		ll_lost(LL_LOSS_RESYNC);
	if (slot->state == LL_STATE_THROTTLED) {
		queued_ns = away_ns - at_most(ll_held_throttled(prev, thread, now_ns, away_ns), away_ns);
		slot->totals.runq_throttled_ns += away_ns - queued_ns;
	} else if (slot->state == LL_STATE_BLOCKED) {
		queued_ns = at_most(prev->sched_info.run_delay - thread->run_delay_ns, away_ns);
		blocked_ns = ll_take_frozen(thread, slot, away_ns - queued_ns);
		slot->totals.blocked_ns[reason_of_slot(slot)] += blocked_ns;
	}
	slot->totals.runq_unattributed_ns += queued_ns;
	return ran_ns;
}

static __always_inline void leave_runnable(struct task_struct *prev, struct ll_thread *thread,
					   struct ll_slot *slot, struct ll_cpu *cpu, __u32 wanted,
					   __u64 now_ns)
{
	if (wanted & LL_FEATURE_SPLIT)
		ll_remember_left(cpu, thread);
	slot->totals.switches_involuntary++;
	slot->state = ll_is_throttled(prev, thread, now_ns) ? LL_STATE_THROTTLED : LL_STATE_RUNNABLE;
}

/* An event loop that was away from its poll for long. */
static __always_inline void poll_again(struct ll_thread *thread, struct ll_slot *slot)
{
	__u64 ran_ns = slot->totals.on_cpu_ns - thread->polled_cpu_ns;

	thread->polled_cpu_ns = slot->totals.on_cpu_ns;
	if (ran_ns >= LL_LOOP_RAN_MIN_NS)
		slot->loop_ran += (ran_ns + (1 << (LL_LOOP_RAN_SHIFT - 1))) >> LL_LOOP_RAN_SHIFT;
}

static __always_inline void leave_blocked(struct task_struct *prev, struct ll_thread *thread,
					  struct ll_slot *slot, __u32 state, __u32 wanted,
					  __u64 runs)
{
	struct ll_wait wait = { .task = prev, .thread = thread, .runs = runs, .state = state,
				.before = slot->reason };

	if (wait.before == LL_WAIT_STOPPED)
		wait.before = slot->reason_before;

	slot->totals.switches_voluntary++;
	if (state & LL_TASK_DEAD)	/* For good: no wait to explain. */
		return;
	slot->reason = ll_reason_of(&wait, true);
	if (slot->reason == LL_WAIT_STOPPED)
		slot->reason_before = wait.before;
	slot->wait_addr = wait.addr;
	slot->state = LL_STATE_BLOCKED;
	if (slot->reason == LL_WAIT_LOCK || slot->reason == LL_WAIT_SYNC) {
		if (wait.addr && !thread->lock_addr && wanted & LL_FEATURE_PEERS)
			ll_look_at_lock(thread, wait.call.regs, slot->tid_inner);
	} else if (slot->reason == LL_WAIT_POLL)
		poll_again(thread, slot);
	else if (slot->reason == LL_WAIT_OTHER)
		ll_lost(LL_LOSS_UNKNOWN_CALL);
}

static __always_inline void leave_cpu(struct task_struct *prev, __u32 state, bool preempted,
				      struct ll_cpu *cpu, __u32 wanted, __u64 now_ns)
{
	struct ll_thread *thread = bpf_task_storage_get(&ll_threads, prev, 0, 0);
	struct ll_slot *slot = thread ? ll_slot_to_write(prev, thread) : NULL;
	__u64 ran_ns;

	if (!slot) {
		ll_lost(LL_LOSS_SWITCH);
		return;
	}
	if (is_left_out(thread, wanted) && !(state & LL_TASK_DEAD))
		return;
	ll_write_begin(slot);
	ran_ns = since(thread, slot, wanted, now_ns);
	if (slot->state != LL_STATE_RUNNING)
		ran_ns = book_missed(prev, thread, slot, ran_ns, now_ns);
	thread->run_delay_ns = prev->sched_info.run_delay;
	slot->totals.on_cpu_ns += ran_ns;
	slot->since_ns = now_ns;
	ll_held_leave(prev, thread, cpu, now_ns);
	if (preempted || !state)
		leave_runnable(prev, thread, slot, cpu, wanted, now_ns);
	else
		leave_blocked(prev, thread, slot, state, wanted, cpu->counts.runs);
	ll_write_end(slot);
	if (state & LL_TASK_DEAD) {
		ll_read_name(prev, thread->name);	/* A new one may have been left out. */
		ll_thread_is_gone(thread, slot);
	}
}

/* sched_info was not brought up to date yet: the part still open is added to what is booked. */
static __always_inline __u64 queued_for(struct task_struct *next, struct ll_thread *thread,
					__u64 now_ns)
{
	__u64 booked_ns = next->sched_info.run_delay - thread->run_delay_ns;
	__u64 queued_ns = next->sched_info.last_queued;

	return booked_ns + (queued_ns && queued_ns < now_ns ? now_ns - queued_ns : 0);
}

/* Waits on a CPU that the thread has left since, and time in which this one was idle, stay unknown. */
static __always_inline __u64 book_queued(struct ll_totals *totals, struct ll_cpu *cpu,
					 struct task_struct *next, struct ll_thread *thread,
					 __u64 now_ns, __u64 waited_ns)
{
	bool moved = next->sched_info.run_delay != thread->run_delay_ns;
	struct ll_queued queued = {};

	ll_who_ran(cpu, thread, moved, false, next->sched_info.last_queued, now_ns, &queued);
	ll_limit_queued(&queued, waited_ns);
	thread->left.cpu = 0;
	totals->runq_self_ns += queued.self_ns;
	totals->runq_neighbour_ns += queued.neighbour_ns;
	totals->runq_unattributed_ns += waited_ns - queued.self_ns - queued.neighbour_ns;
	return queued.neighbour_ns;
}

/* The part of the gap in which the thread waited for a CPU; the rest, it was blocked. */
static __always_inline __u64 book_waited(struct task_struct *next, struct ll_thread *thread,
					 struct ll_slot *slot, struct ll_cpu *cpu, __u32 wanted,
					 __u64 now_ns, __u64 gap_ns)
{
	__u64 waited_ns = gap_ns, rest_ns, neighbour_ns;
	__u32 state = slot->state;

	if (state != LL_STATE_RUNNABLE && state != LL_STATE_THROTTLED)
		waited_ns = at_most(queued_for(next, thread, now_ns), gap_ns);
	rest_ns = waited_ns - at_most(ll_held_back(next, thread, cpu, state, now_ns, gap_ns), waited_ns);
	slot->totals.runq_throttled_ns += waited_ns - rest_ns;
	if (!(wanted & LL_FEATURE_SPLIT)) {
		slot->totals.runq_unattributed_ns += rest_ns;
		return waited_ns;
	}
	neighbour_ns = book_queued(&slot->totals, cpu, next, thread, now_ns, rest_ns);
	if (neighbour_ns && wanted & LL_FEATURE_PEERS &&
	    ll_is_due(&thread->due[LL_DETAIL_NEIGHBOUR], neighbour_ns, LL_NEIGHBOUR_QUANTUM_NS))
		ll_book_neighbour(next, thread, cpu, now_ns);
	return waited_ns;
}

static __always_inline void book_gap(struct task_struct *next, struct ll_thread *thread,
				     struct ll_slot *slot, struct ll_cpu *cpu, __u32 wanted,
				     __u64 now_ns)
{
	__u64 gap_ns = since(thread, slot, wanted, now_ns);
	__u64 waited_ns = book_waited(next, thread, slot, cpu, wanted, now_ns, gap_ns);
	__u64 blocked_ns = gap_ns - waited_ns;
	__u32 reason = reason_of_slot(slot), histogram;

	if (__builtin_expect(thread->frozen_at | thread->frozen, 0))
		blocked_ns = ll_take_frozen(thread, slot, blocked_ns);
	if (gap_ns && wanted & LL_FEATURE_HISTOGRAMS) {
		histogram = ll_histogram_of(thread->pool);
		ll_histogram_add(cpu, histogram, LL_HISTOGRAM_RUNQ, waited_ns);
		if (slot->state == LL_STATE_BLOCKED)
			ll_histogram_add(cpu, histogram, reason, blocked_ns);
	}
	if (slot->state == LL_STATE_BLOCKED) {
		slot->totals.blocked_ns[reason] += blocked_ns;
		if (wanted & LL_FEATURE_PEERS)
			ll_book_detail(next, thread, reason, slot->wait_addr, blocked_ns);
	} else if (slot->state == LL_STATE_RUNNING && gap_ns) {
		ll_lost(LL_LOSS_RESYNC);	/* It was not seen to leave. */
		slot->totals.on_cpu_ns += blocked_ns;
	}
}

/* Its beginning was left out; no walk helps one that the kernel hides, which may be of any age. */
static __always_inline void ask_for(struct task_struct *task)
{
	if (bpf_ktime_get_boot_ns() - task->start_boottime < 10ULL * LL_BIRTH_NS)
		ll_want_walk();
}

/* Returns the thread's pool. */
static __always_inline __u32 enter_cpu(struct task_struct *next, struct ll_cpu *cpu, __u32 wanted,
				       __u64 now_ns)
{
	struct ll_thread *thread = bpf_task_storage_get(&ll_threads, next, 0, 0);
	struct ll_slot *slot = thread ? ll_slot_to_write(next, thread) : NULL;

	if (!slot) {
		if (!thread)
			ask_for(next);
		return 0;	/* Counted when it leaves. */
	}
	if (is_left_out(thread, wanted))
		return thread->pool;
	ll_write_begin(slot);
	book_gap(next, thread, slot, cpu, wanted, now_ns);
	slot->since_ns = now_ns;
	slot->wait_addr = 0;
	slot->state = LL_STATE_RUNNING;
	ll_write_end(slot);
	return thread->pool;
}

/*
 * Readers turn the open interval into their own time; the agent sees a fresh value when it runs. The
 * scheduler read its clock a little before; a virtual CPU may have stood still in between. So a smaller
 * difference is the truer one, and a larger one is believed only bit by bit.
 */
static __always_inline void compare_clocks(__u64 monotonic_ns, __u64 now_ns)
{
	struct ll_ledger_header *header = ll_header();
	__s64 measured_ns = monotonic_ns - now_ns, more_ns;

	if (!header)
		return;
	more_ns = measured_ns - header->clock_offset_ns;
	if (header->clock_offset_ns && more_ns > 0)
		measured_ns -= more_ns - (more_ns >> 4);
	header->clock_offset_ns = measured_ns;
}

SEC("tp_btf/sched_switch")
int ll_switch(unsigned long long *ctx)
{
	bool preempted = ctx[0];
	struct task_struct *prev = (struct task_struct *)ctx[1];
	struct task_struct *next = (struct task_struct *)ctx[2];
	struct ll_cpu *cpu = ll_this_cpu();
	__u64 now_ns = ll_rq_clock(next), started_ns = 0;
	__u32 pool = 0, wanted = features, tgid = ll_tgid(next);
	bool timed;

	if (!cpu)
		return 0;
	if (!cpu->id)
		cpu->id = bpf_get_smp_processor_id() + 1;
	if (wanted & LL_FEATURE_SPLIT)
		ll_run_ends(cpu, now_ns);
	timed = !(++cpu->counts.runs & (LL_TIMED_EVERY - 1));
	if (timed || tgid == agent_tgid) {
		started_ns = bpf_ktime_get_ns();
		compare_clocks(started_ns, now_ns);
	}
	if (ll_tid(prev))
		leave_cpu(prev, ll_prev_state(ctx, prev), preempted, cpu, wanted, now_ns);
	if (tgid)	/* The idle task has 0. */
		pool = enter_cpu(next, cpu, wanted, now_ns);
	if (wanted & LL_FEATURE_SPLIT)
		ll_run_begins(cpu, tgid, pool, now_ns);
	if (timed)
		cpu->counts.timed_ns += bpf_ktime_get_ns() - started_ns;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
