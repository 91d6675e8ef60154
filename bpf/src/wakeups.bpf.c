// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The wait-for graph, for the seconds that `loadline deep` asks for: each wait that ends is booked to who
 * ended it, and to what that one had waited for itself in the meantime. An object of its own: nothing of
 * it is there otherwise.
 *
 * Cost: docs/kernel.md has the figures; a multiple of what the switch program costs.
 * Needs: what the switch program needs.
 */
#include "lib/interrupt.bpf.h"
#include "lib/pool.bpf.h"
#include "lib/reason.bpf.h"
#include "lib/runtime.bpf.h"
#include "loadline_abi/wakeups.h"

const volatile bool has_prev_state = true;
const volatile __s64 count_from_rq = 0;
const volatile __u32 count_in_interrupt = 0;

__u8 idle_gates[LL_IDLE_GATES] = {};	/* Nobody's: an idle worker waits for work, and gets it from somebody. */
__u8 ports_listened[LL_PORT_BYTES] = {};	/* Not known: ports below 32768 are. */
__u64 began_ns = 0;		/* All threads are known since. */

#define LL_SLEPT 16		/* A power of two. */

/* A wait that is over. */
struct ll_slept {
	__u64 began_ns;
	__u64 ended_ns;
	__u64 reason;
};

struct ll_sleeper {
	struct ll_thread thread;	/* What ll_reason_of() remembers of it. */
	__u64 since_ns;		/* Asleep since; 0: it is not. */
	__u64 addr;
	__u32 reason;
	__u32 seen;		/* 1: it has switched since the beginning. */
	__u64 sleeps;
	struct ll_slept slept[LL_SLEPT];
};

struct {
	__uint(type, LL_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct ll_sleeper);
} ll_sleepers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LL_EDGES);
	__type(key, struct ll_edge_key);
	__type(value, struct ll_edge);
} ll_edges SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LL_EDGE_POOLS);
	__type(key, __u32);
	__type(value, struct ll_edge_pool);
} ll_edge_pools SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ll_wake_counts);
} ll_wake_counts SEC(".maps");

static const struct ll_edge no_waits;

/* A wait that ends now. */
struct waking {
	struct task_struct *task;
	struct ll_sleeper *sleeper;
	struct task_struct *waker;	/* NULL: an interrupt. */
	struct ll_sleeper *waking;
	__u64 began_ns;
	__u64 now_ns;
	struct ll_edge_key key;
	__u64 waker_waited_ns;
};

static __always_inline struct ll_wake_counts *counts(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&ll_wake_counts, &key);
}

static __always_inline void lose(enum ll_wake_loss what, __u64 wait_ns)
{
	struct ll_wake_counts *here = counts();

	if (!here)
		return;
	here->lost[what]++;
	here->lost_wait_ns += wait_ns;
}

static __always_inline struct ll_sleeper *sleeper_of(struct task_struct *task)
{
	struct ll_sleeper *sleeper = bpf_task_storage_get(&ll_sleepers, task, 0, 0);

	if (!sleeper)
		lose(LL_WAKE_LOSS_THREADS, 0);
	return sleeper;
}

static __always_inline __u32 pool_of(struct task_struct *task, const char *name)
{
	return ll_pool_by_name(ll_is_worker(task) ? 0 : ll_tgid(task), name);
}

/* Not at a switch or a waking: memory may be had by waking somebody. */
static __always_inline void know(struct task_struct *task)
{
	struct ll_sleeper *sleeper = bpf_task_storage_get(&ll_sleepers, task, 0, 0), *first;
	struct task_struct *leader = task->group_leader;

	if (!sleeper) {
		sleeper = bpf_task_storage_get(&ll_sleepers, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (!sleeper) {
			lose(LL_WAKE_LOSS_THREADS, 0);
			return;
		}
		sleeper->seen = !!began_ns;	/* A wait in progress began no one knows when. */
	}
	sleeper->thread.pool = pool_of(task, ll_name_of(task));
	first = leader ? bpf_task_storage_get(&ll_sleepers, leader, 0, 0) : NULL;
	if (!first)
		return;
	if (ll_names_jvm(ll_name_of(task)))
		__sync_fetch_and_or(&first->thread.flags, LL_THREAD_JVM);
	if (first->thread.flags & ~sleeper->thread.flags & LL_THREAD_JVM)
		__sync_fetch_and_or(&sleeper->thread.flags, LL_THREAD_JVM);
}

/*
 * The agent runs it twice: a Java virtual machine is recognised by one of its threads, which the walk may meet
 * after the others. It runs again when the kernel may have left out one of the two events below (see identity.bpf.h).
 */
SEC("iter/task")
int ll_wake_begin(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (task)
		know(task);
	return 0;
}

SEC("tp_btf/task_newtask")
int ll_wake_newtask(unsigned long long *ctx)
{
	know((struct task_struct *)ctx[0]);
	return 0;
}

SEC("tp_btf/task_rename")
int ll_wake_rename(unsigned long long *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct ll_sleeper *sleeper = sleeper_of(task);
	char name[LL_NAME_SIZE] = {};

	if (!sleeper)
		return 0;
	bpf_probe_read_kernel_str(name, sizeof(name), (const void *)ctx[1]);
	sleeper->thread.pool = pool_of(task, name);
	return 0;
}

static __always_inline void fall_asleep(struct task_struct *task, struct ll_sleeper *sleeper,
					__u32 state, __u64 runs)
{
	struct ll_wait wait = { .task = task, .thread = &sleeper->thread, .runs = runs,
				.state = state, .before = sleeper->reason };

	if (wait.before == LL_WAIT_STOPPED)	/* What was before that is not kept. */
		wait.before = LL_WAIT_OTHER;

	sleeper->reason = ll_reason_of(&wait, true);
	if (sleeper->reason == LL_WAIT_IDLE)	/* A thread of the kernel without work. */
		return;
	sleeper->addr = wait.addr;
	sleeper->since_ns = bpf_ktime_get_ns();
}

/* Woken unseen: most often on its way out already. Less the time that it was queued. */
static __always_inline void come_on(struct task_struct *task, struct ll_sleeper *sleeper)
{
	__u64 slept_ns, queued_ns = task->sched_info.last_queued;

	if (sleeper->since_ns) {
		slept_ns = bpf_ktime_get_ns() - sleeper->since_ns;
		if (queued_ns)
			queued_ns = ll_rq_clock(task) - queued_ns;
		lose(LL_WAKE_LOSS_WAKERS, queued_ns < slept_ns ? slept_ns - queued_ns : 0);
	}
	sleeper->since_ns = 0;
	sleeper->seen = 1;
}

SEC("tp_btf/sched_switch")
int ll_wake_switch(unsigned long long *ctx)
{
	bool preempted = ctx[0], timed;
	struct task_struct *prev = (struct task_struct *)ctx[1];
	struct task_struct *next = (struct task_struct *)ctx[2];
	__u32 state = ll_prev_state(ctx, prev);
	struct ll_wake_counts *here = counts();
	struct ll_sleeper *sleeper;
	__u64 started_ns = 0;

	if (!here)
		return 0;
	timed = !(++here->runs & (LL_WAKE_TIMED_EVERY - 1));
	if (timed)
		started_ns = bpf_ktime_get_ns();
	sleeper = ll_tid(prev) && !(state & LL_TASK_DEAD) ? sleeper_of(prev) : NULL;
	if (sleeper) {
		sleeper->seen = 1;
		if (!preempted && state)
			fall_asleep(prev, sleeper, state, here->runs);
	}
	sleeper = ll_tid(next) ? sleeper_of(next) : NULL;
	if (sleeper)
		come_on(next, sleeper);
	if (timed)
		here->timed_ns += bpf_ktime_get_ns() - started_ns;
	return 0;
}

/* It has not switched since the beginning, so it has slept ever since. */
static __always_inline void sleeps_from_before(struct task_struct *task, struct ll_sleeper *sleeper)
{
	struct ll_wait wait = { .task = task, .thread = &sleeper->thread };

	sleeper->seen = 1;
	wait.state = ll_task_state(task);
	if (!began_ns || !wait.state || LL_READ(task, on_rq))
		return;
	sleeper->reason = ll_reason_of(&wait, false);
	if (sleeper->reason == LL_WAIT_IDLE)
		return;
	sleeper->addr = wait.addr;
	sleeper->since_ns = began_ns;
}

/* Of the waker's own waits, those within the one that it ends: how long, and what the longest was for. */
static __always_inline void look_behind(struct waking *it)
{
	__u64 at = it->waking->sleeps, longest_ns = 0;
	int i;

	for (i = 0; i < LL_SLEPT; i++) {
		const struct ll_slept *slept = &it->waking->slept[--at & (LL_SLEPT - 1)];
		__u64 from_ns = slept->began_ns;
		__s64 within_ns;

		if (from_ns < it->began_ns)
			from_ns = it->began_ns;
		within_ns = slept->ended_ns - from_ns;
		if (within_ns <= 0)
			return;
		it->waker_waited_ns += within_ns;
		if (within_ns <= longest_ns)
			continue;
		longest_ns = within_ns;
		it->key.waker_reason = slept->reason;
	}
	lose(LL_WAKE_LOSS_WAKER_WAITS, 0);
}

static __noinline void name_pool(struct task_struct *task, __u32 pool)
{
	struct ll_edge_pool entry = {};
	struct task_struct *leader = task->group_leader;
	long error;

	if (bpf_map_lookup_elem(&ll_edge_pools, &pool))
		return;
	if (ll_is_worker(task)) {
		__builtin_memcpy(entry.process, "kernel", sizeof("kernel"));
	} else {
		entry.tgid = ll_tgid(task);
		if (leader)
			BPF_CORE_READ_STR_INTO(&entry.process, leader, comm);
	}
	ll_reduce_name(ll_name_of(task), entry.name);
	error = bpf_map_update_elem(&ll_edge_pools, &pool, &entry, BPF_NOEXIST);
	if (error && error != -17)	/* EEXIST: somebody else did. */
		lose(LL_WAKE_LOSS_POOLS_FULL, 0);
}

static __always_inline struct ll_edge *edge_of(struct waking *it)
{
	struct ll_edge *edge = bpf_map_lookup_elem(&ll_edges, &it->key);

	if (edge)
		return edge;
	bpf_map_update_elem(&ll_edges, &it->key, &no_waits, BPF_NOEXIST);
	name_pool(it->task, it->key.woken);
	if (it->waker)
		name_pool(it->waker, it->key.waker);
	return bpf_map_lookup_elem(&ll_edges, &it->key);
}

static __always_inline void book(struct waking *it)
{
	__u64 wait_ns = it->now_ns - it->began_ns;
	struct ll_edge *edge = edge_of(it);
	__s32 fd = it->sleeper->thread.fd;
	struct ll_peer peer = {};

	if (!edge) {
		lose(LL_WAKE_LOSS_EDGES_FULL, wait_ns);
		return;
	}
	__sync_fetch_and_add(&edge->waits, 1);
	__sync_fetch_and_add(&edge->wait_ns, wait_ns);
	__sync_fetch_and_add(&edge->waker_waited_ns, it->waker_waited_ns);
	if (wait_ns <= edge->longest_ns)
		return;
	edge->longest_ns = wait_ns;
	edge->addr = it->sleeper->addr;
	if ((it->key.reason == LL_WAIT_NETWORK || it->key.reason == LL_WAIT_IPC) && fd >= 0)
		ll_descriptor_reason(it->task, fd, &peer);
	edge->peer = peer;
}

static __always_inline void end_wait(struct task_struct *task, struct ll_sleeper *sleeper)
{
	struct waking it = { .task = task, .sleeper = sleeper, .began_ns = sleeper->since_ns };
	struct task_struct *current = bpf_get_current_task_btf();
	struct ll_slept *slept;

	if (ll_task_state(task) & LL_TASK_FROZEN) {	/* The freezer left it in its wait. */
		sleeper->reason = LL_WAIT_STOPPED;
		sleeper->addr = LL_HOLDER_FREEZER;
	}
	it.now_ns = bpf_ktime_get_ns();
	if (it.now_ns < it.began_ns)
		it.now_ns = it.began_ns;
	sleeper->since_ns = 0;
	it.key.woken = sleeper->thread.pool;
	it.key.reason = sleeper->reason;
	it.key.waker_reason = LL_DID_NOT_WAIT;
	if (!ll_interrupt_wakes(current, task, sleeper->reason == LL_WAIT_POLL ? -1 :
						sleeper->thread.fd)) {
		it.waking = sleeper_of(current);
		if (!it.waking)
			goto remember;	/* Counted. */
		it.waker = current;
		it.key.waker = it.waking->thread.pool;
		look_behind(&it);
	}
	book(&it);
remember:
	slept = &sleeper->slept[sleeper->sleeps++ & (LL_SLEPT - 1)];
	slept->began_ns = it.began_ns;
	slept->ended_ns = it.now_ns;
	slept->reason = sleeper->reason;
}

/* Runs where the waker is, which sched_wakeup does not. The kernel wakes one thread at a time. */
SEC("tp_btf/sched_waking")
int ll_wake_waking(unsigned long long *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct ll_wake_counts *here = counts();
	struct ll_sleeper *sleeper;
	__u64 started_ns = 0;
	bool timed;

	if (!here)
		return 0;
	timed = !(++here->runs & (LL_WAKE_TIMED_EVERY - 1));
	if (timed)
		started_ns = bpf_ktime_get_ns();
	sleeper = sleeper_of(task);
	if (sleeper && !sleeper->seen)
		sleeps_from_before(task, sleeper);
	if (sleeper && sleeper->since_ns)
		end_wait(task, sleeper);
	if (timed)
		here->timed_ns += bpf_ktime_get_ns() - started_ns;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
