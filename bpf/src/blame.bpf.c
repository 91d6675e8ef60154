// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Who ends waits on words without a holder, and what that one had done meanwhile: for a second or two of
 * every ten, and only for processes with such waits. Each wake is laid to somebody when it happens, in
 * constant time: see leg.bpf.h. What waits were for, and since when, stands in the slots that the switch
 * program writes; this object shares them and has no hook at the switch.
 *
 * Cost: docs/kernel.md has the figures. It ends itself when it has cost `budget_ns`.
 * Needs: what the switch program needs, whose maps the loader shares with it.
 */
#include "lib/blame_sums.bpf.h"
#include "lib/interrupt.bpf.h"
#include "lib/leg.bpf.h"
#include "lib/place.bpf.h"

const volatile __s64 count_from_rq = 0;
const volatile __u32 count_in_interrupt = 0;

__u8 ports_listened[LL_PORT_BYTES] = {};
__u8 blame_processes[LL_BLAME_GATES] = {};	/* 1: its wakes are followed. */
__u8 blame_pools[LL_BLAME_GATES] = {};		/* 1: its waits are booked. */
__u64 watch_since_ns = 0;	/* All times are those of the scheduler's clock. */
__u64 watch_until_ns = 0;
__u64 budget_ns = 0;		/* What this watch may cost. */
__u64 spent_ns = 0;
__u32 watching = 0;

#define LL_PATHS 16384		/* A power of two; by slot. 3.8 MiB. */

/* A run takes less; what takes longer was a CPU that was taken from under it. */
#define LL_RUN_MAX_NS 10000

/* A wait of a word so short may be one for a lock, and hands nothing over. */
#define LL_SHORT_NS 200000

/* How long a thread may run between two waits that time out and still wait for the same. */
#define LL_BETWEEN_NS 1000000

/* Looking at the socket takes 0.1 us. */
#define LL_NETWORK_MIN_NS 20000

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LL_PATHS);
	__type(key, __u32);
	__type(value, struct ll_path);
} ll_paths SEC(".maps");

/* Room for the parts of one wait, which the stack has not. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ll_wait_shares);
} ll_shares SEC(".maps");

/* A wait that ends now. */
struct ending {
	struct task_struct *task;
	struct ll_thread *thread;
	struct ll_slot *slot;
	struct ll_path *path;
	struct ll_path *waker;	/* NULL: nobody whom its process knows. */
	__u64 waker_delay_ns;	/* sched_info.run_delay. */
	__u64 from_ns;
	__u64 now_ns;
	__u32 reason;
};

static __always_inline bool is_followed(__u32 tgid)
{
	return blame_processes[tgid & (LL_BLAME_GATES - 1)];
}

/* Slots of the host's array have numbers of their own; those of ledgers may share them. */
static __always_inline struct ll_path *path_at(__u64 place)
{
	__u32 index = ((__u32)place + ll_ledger_of(place) * 251) & (LL_PATHS - 1);

	return bpf_map_lookup_elem(&ll_paths, &index);
}

/* Not watched before, so that it has not been woken since the watch began: it has run since then. */
static __noinline int begin_path(struct task_struct *task, struct ll_path *path, __u32 pool,
				 __u64 now_ns)
{
	__u64 from_ns = watch_since_ns, age_ns = bpf_ktime_get_boot_ns() - task->start_boottime;

	if (path->tid && path->tid != ll_tid(task) && path->watch_ns == watch_since_ns)
		ll_blame_lose(LL_BLAME_LOSS_PATHS);
	if (age_ns < now_ns - from_ns)
		from_ns = now_ns - age_ns;
	__builtin_memset(path, 0, sizeof(*path));
	path->tid = ll_tid(task);
	path->watch_ns = watch_since_ns;
	ll_leg_begin(&path->own, ll_tgid(task), pool, from_ns, task->sched_info.run_delay);
	ll_leg_begin(&path->before, 0, 0, from_ns, 0);
	return 0;
}

/* What it did while nobody followed it is not known, but for its last wait. */
static __always_inline void guess_path(struct ll_path *path, const struct ll_slot *slot,
				       __u64 delay_ns)
{
	__u32 reason = slot->reason;
	struct ll_doing doing = { .tgid = path->own.tgid, .pool = path->own.pool,
				  .did = LL_DID_WAIT, .reason = reason };

	if (slot->state != LL_STATE_RUNNING)
		return;
	if (reason == LL_WAIT_POLL || reason == LL_WAIT_IDLE)
		doing.did = LL_DID_REST;
	ll_leg_begin(&path->own, path->own.tgid, path->own.pool, watch_since_ns, delay_ns);
	ll_leg_begin(&path->before, 0, 0, watch_since_ns, 0);
	ll_leg_wait(&path->own, watch_since_ns, slot->since_ns, &doing);
}

static __always_inline struct ll_path *path_of(struct task_struct *task, struct ll_thread *thread,
					       __u64 place, __u64 now_ns)
{
	struct ll_path *path = path_at(place);

	if (path && (path->tid != ll_tid(task) || path->watch_ns != watch_since_ns))
		begin_path(task, path, thread->pool, now_ns);
	return path;
}

/* The thread that wakes; NULL: an interrupt that happens to run on its CPU, or the kernel itself. */
static __always_inline struct task_struct *who_wakes(void)
{
	struct task_struct *current = bpf_get_current_task_btf();

	if (!ll_tid(current) || ll_is_worker(current) ||
	    ll_preempt_count(current) & (count_in_interrupt | LL_IN_SOFTIRQ))
		return NULL;
	return current;
}

static __noinline struct ll_path *waker_path(struct task_struct *waker, __u64 now_ns)
{
	struct ll_thread *thread = bpf_task_storage_get(&ll_threads, waker, 0, 0);
	struct ll_path *path;
	struct ll_slot *slot;
	__u64 place;

	if (!thread) {
		ll_blame_lose(LL_BLAME_LOSS_THREADS);
		return NULL;
	}
	place = ll_place_of(thread);
	path = path_of(waker, thread, place, now_ns);
	if (!path || is_followed(ll_tgid(waker)))
		return path;
	slot = ll_slot_in(place);
	if (slot)
		guess_path(path, slot, waker->sched_info.run_delay);
	return path;
}

static __always_inline void book_doing(const struct ending *it, __u32 waited_for,
				       const struct ll_doing *doing, __u64 wait_ns, __u64 waits)
{
	struct ll_blame_key key = {
		.tgid = it->path->own.tgid,
		.pool = it->path->own.pool,
		.waker_tgid = doing->tgid,
		.waker_pool = doing->pool,
		.waited_for = waited_for,
		.did = doing->did,
		.reason = doing->did == LL_DID_WAIT ? doing->reason : 0,
	};

	ll_blame_book(&key, wait_ns, waits);
}

static __always_inline bool is_booked(const struct ending *it)
{
	return it->reason != LL_WAIT_POLL && it->reason != LL_WAIT_IDLE &&
	       blame_pools[it->path->own.pool & (LL_BLAME_GATES - 1)];
}

/* Waits that nobody ended, up to now. */
static __noinline int book_timed(const struct ending *it)
{
	struct ll_doing nobody = { .did = LL_DID_INTERRUPT };

	if (blame_pools[it->path->own.pool & (LL_BLAME_GATES - 1)])
		book_doing(it, it->path->timed_reason, &nobody, it->path->timed_ns, 1);
	it->path->timed_addr = 0;
	return 0;
}

static __always_inline void count_wake(const struct ending *it)
{
	struct ll_pool_wakes_key key = {
		.waker_tgid = it->waker->own.tgid,
		.waker_pool = it->waker->own.pool,
		.tgid = it->path->own.tgid,
		.pool = it->path->own.pool,
	};

	ll_blame_count_wake(&key);
}

static __always_inline __u64 book_share(const struct ending *it, const struct ll_share *most,
					const struct ll_share *share)
{
	if (share->ns <= (it->now_ns - it->from_ns) >> 4 || share->ns == most->ns)
		return 0;
	book_doing(it, it->reason, &share->doing, share->ns, 0);
	return share->ns;
}

/* Books the parts of a wait, and leaves in `doing` what most of it was. Small parts go with that. */
static __noinline int lay(const struct ending *it, struct ll_doing *doing)
{
	struct ll_wait_shares *shares;
	__u64 booked_ns = 0;
	__u32 key = 0;

	shares = bpf_map_lookup_elem(&ll_shares, &key);
	if (!shares)
		return 0;
	__builtin_memset(shares, 0, sizeof(*shares));
	ll_path_split(it->waker, it->waker_delay_ns, it->from_ns, it->now_ns, shares);
	*doing = shares->most.doing;
	if (!is_booked(it))
		return 0;
	booked_ns += book_share(it, &shares->most, &shares->own.ran);
	booked_ns += book_share(it, &shares->most, &shares->own.queued);
	booked_ns += book_share(it, &shares->most, &shares->own.waited);
	booked_ns += book_share(it, &shares->most, &shares->before.ran);
	booked_ns += book_share(it, &shares->most, &shares->before.queued);
	booked_ns += book_share(it, &shares->most, &shares->before.waited);
	booked_ns += book_share(it, &shares->most, &shares->earlier);
	book_doing(it, it->reason, doing, it->now_ns - it->from_ns - booked_ns, 1);
	return 0;
}

/* A condition variable of glibc waits at two words in turns. */
static __always_inline __u64 waited_at(const struct ending *it)
{
	return it->slot->wait_addr & ~7ULL;
}

/* Whether it has timed out before, and waits for the same still. */
static __always_inline bool looks_again(const struct ending *it)
{
	return it->path->timed_addr && it->path->timed_addr == waited_at(it) &&
	       it->slot->totals.on_cpu_ns - it->path->timed_cpu_ns < LL_BETWEEN_NS;
}

/* The thread goes on with what it was about. Where nothing says that it is a lock, its length does. */
static __always_inline bool was_lock(const struct ending *it, __u64 began_ns)
{
	__u64 wait_ns = it->now_ns - began_ns;

	return it->reason == LL_WAIT_LOCK ||
	       (it->reason == LL_WAIT_SYNC && wait_ns < LL_SHORT_NS &&
		wait_ns < (began_ns - it->path->own.from_ns) >> 4);
}

/* Another thread ended it: a hand-over, or a lock that was let go. */
static __noinline int end_by_thread(struct ending *it)
{
	struct ll_path *path = it->path;
	__u64 began_ns = it->from_ns;
	bool lock = was_lock(it, began_ns);
	struct ll_doing doing = {};

	if (looks_again(it)) {
		it->from_ns = path->timed_from_ns;
		path->timed_addr = 0;
	}
	if (path->timed_addr && !lock)
		book_timed(it);
	lay(it, &doing);
	if (lock) {
		ll_leg_wait(&path->own, began_ns, it->now_ns, &doing);
		return 0;
	}
	count_wake(it);
	ll_path_hand_over(path, it->task->sched_info.run_delay, it->waker, it->waker_delay_ns,
			  it->now_ns);
	return 0;
}

/* Waits at a word that time out one after the other are one wait. */
static __always_inline void remember_timed(struct ending *it)
{
	struct ll_path *path = it->path;

	if (path->timed_addr && !looks_again(it))
		book_timed(it);
	if (!path->timed_addr) {
		path->timed_addr = waited_at(it);
		path->timed_from_ns = it->from_ns;
		path->timed_ns = 0;
		path->timed_reason = it->reason;
	}
	path->timed_ns += it->now_ns - it->from_ns;
	path->timed_cpu_ns = it->slot->totals.on_cpu_ns;
}

/* On a connection that was made to us, the wait is for a request. */
static __always_inline bool waits_for_request(const struct ending *it)
{
	__s32 fd = it->thread->fd;
	struct sock *sk;

	if (it->now_ns - it->from_ns < LL_NETWORK_MIN_NS || fd < 0)
		return false;
	sk = ll_sock_of(it->task, fd);
	return sk && ll_is_inbound(sk, LL_PROBED(sk, __sk_common.skc_num),
				   bpf_ntohs(LL_PROBED(sk, __sk_common.skc_dport)));
}

/* It is its own doing. */
static __noinline int end_by_itself(struct ending *it)
{
	struct ll_doing doing = { .tgid = it->path->own.tgid, .pool = it->path->own.pool,
				  .did = LL_DID_WAIT, .reason = it->reason };
	bool timed = false;

	switch (it->reason) {
	case LL_WAIT_LOCK:
	case LL_WAIT_CONDITION:
	case LL_WAIT_SYNC:
		doing.did = LL_DID_INTERRUPT;
		timed = it->slot->wait_addr;
		break;
	case LL_WAIT_POLL:
	case LL_WAIT_SIGNAL:
	case LL_WAIT_IDLE:
		doing.did = LL_DID_REST;
		break;
	case LL_WAIT_NETWORK:
		if (waits_for_request(it))
			doing.did = LL_DID_REST;
		break;
	}
	if (timed)
		remember_timed(it);
	else if (it->path->timed_addr)
		book_timed(it);
	ll_leg_wait(&it->path->own, it->from_ns, it->now_ns, &doing);
	return 0;
}

/* Whether a thread that ends such a wait hands something over. Other processes do by words only. */
static __always_inline bool is_hand_over(const struct ending *it, struct task_struct *waker)
{
	switch (it->reason) {
	case LL_WAIT_LOCK:
	case LL_WAIT_CONDITION:
	case LL_WAIT_SYNC:
	case LL_WAIT_IDLE:
		return true;
	case LL_WAIT_IPC:
	case LL_WAIT_POLL:
		return ll_tgid(waker) == it->path->own.tgid;
	default:
		return false;
	}
}

static __noinline int end_wait(struct task_struct *task, __u64 now_ns)
{
	struct ending it = { .task = task, .now_ns = now_ns };
	struct task_struct *waker = who_wakes();
	__u64 place;

	it.thread = bpf_task_storage_get(&ll_threads, task, 0, 0);
	place = it.thread ? ll_place_of(it.thread) : 0;
	it.slot = place ? ll_slot_in(place) : NULL;
	if (!it.slot || it.slot->tid != ll_tid(task)) {
		ll_blame_lose(LL_BLAME_LOSS_THREADS);
		return 0;
	}
	if (it.slot->state != LL_STATE_BLOCKED)		/* On its way into a wait. */
		return 0;
	it.path = path_of(task, it.thread, place, now_ns);
	if (!it.path)
		return 0;
	it.reason = it.slot->reason;
	it.from_ns = ll_later(it.slot->since_ns, watch_since_ns);
	if (now_ns <= it.from_ns)
		return 0;
	if (waker && is_hand_over(&it, waker)) {
		it.waker = waker_path(waker, now_ns);
		it.waker_delay_ns = waker->sched_info.run_delay;
	}
	if (it.waker && it.waker != it.path)
		end_by_thread(&it);
	else
		end_by_itself(&it);
	return 0;
}

static __always_inline void spend(struct ll_blame_counts *here, __u64 run_ns)
{
	__u64 cost_ns = (run_ns < LL_RUN_MAX_NS ? run_ns : LL_RUN_MAX_NS) * LL_BLAME_TIMED_EVERY;

	here->timed_ns += run_ns;
	if (__sync_fetch_and_add(&spent_ns, cost_ns) + cost_ns < budget_ns)
		return;
	if (__sync_lock_test_and_set(&watching, 0))
		watch_until_ns = ll_now();
}

/* Runs where the waker is, which sched_wakeup does not. The kernel wakes one thread at a time. */
SEC("tp_btf/sched_waking")
int ll_blame_waking(unsigned long long *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct ll_blame_counts *here;
	__u64 started_ns = 0, now_ns;
	bool timed;

	if (!watching)
		return 0;
	here = ll_blame_here();
	if (!here)
		return 0;
	timed = !(++here->runs & (LL_BLAME_TIMED_EVERY - 1));
	if (timed)
		started_ns = bpf_ktime_get_ns();
	if (is_followed(ll_tgid(task))) {
		now_ns = ll_now();
		if (now_ns < watch_until_ns)
			end_wait(task, now_ns);
		else
			watching = 0;
	}
	if (timed)
		spend(here, bpf_ktime_get_ns() - started_ns);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
