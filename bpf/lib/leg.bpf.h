/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What led up to now, from a thread's point of view: it was handed something by another thread, which had
 * been handed something before. A leg is what one thread did from one hand-over to the next. A thread
 * keeps its own leg, the one before, and what most of the time before that was: a walk of any length, in
 * constant space.
 */
#ifndef LOADLINE_LEG_BPF_H
#define LOADLINE_LEG_BPF_H

#include "loadline_abi/blame.h"

#include <bpf/bpf_helpers.h>

struct ll_doing {
	__u32 tgid;		/* 0: not known. */
	__u32 pool;
	__u8 did;		/* enum ll_did. */
	__u8 reason;		/* enum ll_wait_reason; only for LL_DID_WAIT. */
	__u16 reserved;		/* 0. */
};

struct ll_leg {
	__u64 from_ns;
	__u64 last_from_ns;	/* Its last wait; the leg's beginning, if it has none. */
	__u64 last_to_ns;
	__u64 waits_ns;		/* Of all waits before the last. */
	__u64 delay_ns;		/* sched_info.run_delay at its beginning; of a leg that is over, by how much it grew. */
	__u64 usual_ns;		/* A majority vote by time: what `usual` is ahead of the others. */
	struct ll_doing last;
	struct ll_doing usual;	/* What most of waits_ns was for. */
	__u32 tgid;		/* Whose leg it is. */
	__u32 pool;
};

struct ll_path {
	__u32 tid;		/* Whose path it is; 0: nobody's. */
	__u32 reserved;		/* 0. */
	__u64 watch_ns;		/* In which watch: when that began. */
	struct ll_leg own;
	struct ll_leg before;	/* From its from_ns to own.from_ns. */
	struct ll_doing earlier;
	__u32 reserved2;	/* 0. */
	__u64 earlier_ns;	/* How long that was; half of it with each hand-over since. */
	/* Waits at one word that ended by time-outs, one after the other. They are not booked yet. */
	__u64 timed_addr;	/* 0: there are none. */
	__u64 timed_from_ns;
	__u64 timed_ns;
	__u64 timed_cpu_ns;	/* How long the thread had run by then. */
	__u64 timed_reason;
};

/* A part of a wait. */
struct ll_share {
	struct ll_doing doing;
	__u64 ns;
};

struct ll_leg_shares {
	struct ll_share ran;
	struct ll_share queued;
	struct ll_share waited;
};

struct ll_wait_shares {
	struct ll_leg_shares own;	/* Of who ended it. */
	struct ll_leg_shares before;
	struct ll_share earlier;
	struct ll_share most;		/* The largest of them. */
};

static __always_inline bool ll_same_doing(const struct ll_doing *one, const struct ll_doing *other)
{
	return one->pool == other->pool && one->tgid == other->tgid && one->did == other->did &&
	       one->reason == other->reason;
}

static __always_inline __u64 ll_later(__u64 one, __u64 other)
{
	return one > other ? one : other;
}

static __always_inline void ll_leg_begin(struct ll_leg *leg, __u32 tgid, __u32 pool, __u64 from_ns,
					 __u64 delay_ns)
{
	__builtin_memset(leg, 0, sizeof(*leg));
	leg->delay_ns = delay_ns;
	leg->from_ns = leg->last_from_ns = leg->last_to_ns = from_ns;
	leg->tgid = tgid;
	leg->pool = pool;
}

/* The last wait becomes one of those before. Functions of their own to the verifier, which looks at each once. */
__weak __noinline int ll_leg_wait(struct ll_leg *leg, __u64 from_ns, __u64 to_ns,
				  const struct ll_doing *doing)
{
	__u64 last_ns;

	if (!leg || !doing)
		return 0;
	last_ns = leg->last_to_ns - leg->last_from_ns;
	leg->waits_ns += last_ns;
	if (ll_same_doing(&leg->usual, &leg->last)) {
		leg->usual_ns += last_ns;
	} else if (leg->usual_ns >= last_ns) {
		leg->usual_ns -= last_ns;
	} else {
		leg->usual = leg->last;
		leg->usual_ns = last_ns - leg->usual_ns;
	}
	leg->last = *doing;
	leg->last_from_ns = ll_later(from_ns, leg->last_to_ns);
	leg->last_to_ns = ll_later(to_ns, leg->last_from_ns);
	return 0;
}

/* `part` of `whole` of it; sums of some seconds do not overflow. */
static __always_inline __u64 ll_part_of(__u64 ns, __u64 part, __u64 whole)
{
	__u64 in_1024ths = whole ? (part << 10) / whole : 0;

	return ns * (in_1024ths < 1024 ? in_1024ths : 1024) >> 10;
}

static __always_inline void ll_share_is(struct ll_share *share, const struct ll_leg *leg, __u32 did,
					__u64 ns)
{
	share->doing.tgid = leg->tgid;
	share->doing.pool = leg->pool;
	share->doing.did = did;
	share->doing.reason = 0;
	share->doing.reserved = 0;
	share->ns = ns;
}

/*
 * What the time from `from_ns` to the leg's end was: the last wait is known exactly; those before, and
 * the time in the run queue, by their sum. Of two kinds of waits the longer one stands for both.
 */
__weak __noinline int ll_leg_split(const struct ll_leg *leg, __u64 from_ns, __u64 to_ns,
				   __u64 queued_ns, struct ll_leg_shares *out)
{
	__u64 last_from_ns, waits_ns, rest_ns, last_ns = 0, early_ns = 0;

	if (!leg || !out || to_ns <= from_ns)
		return 0;
	last_from_ns = ll_later(leg->last_from_ns, from_ns);
	waits_ns = leg->waits_ns + leg->last_to_ns - leg->last_from_ns;
	if (leg->last_to_ns > last_from_ns)
		last_ns = leg->last_to_ns - last_from_ns;
	if (leg->last_from_ns > from_ns)
		early_ns = ll_part_of(leg->last_from_ns - from_ns, leg->waits_ns,
				      leg->last_from_ns - leg->from_ns);
	out->waited.doing = last_ns >= early_ns ? leg->last : leg->usual;
	out->waited.ns = last_ns + early_ns;
	if (out->waited.ns > to_ns - from_ns)
		out->waited.ns = to_ns - from_ns;
	rest_ns = to_ns - from_ns - out->waited.ns;
	queued_ns = ll_part_of(rest_ns, queued_ns, to_ns - leg->from_ns - waits_ns);
	ll_share_is(&out->queued, leg, LL_DID_QUEUE, queued_ns);
	ll_share_is(&out->ran, leg, LL_DID_RAN, rest_ns - queued_ns);
	return 0;
}

static __always_inline void ll_take_larger(struct ll_share *most, const struct ll_share *share)
{
	if (share->ns > most->ns)
		*most = *share;
}

static __always_inline void ll_most_of_leg(const struct ll_leg_shares *shares, struct ll_share *most)
{
	ll_take_larger(most, &shares->ran);
	ll_take_larger(most, &shares->queued);
	ll_take_larger(most, &shares->waited);
}

/* What a wait that is over was for, by the path of who ended it. `out` is zero. */
__weak __noinline int ll_path_split(const struct ll_path *waker, __u64 delay_ns, __u64 from_ns,
				    __u64 to_ns, struct ll_wait_shares *out)
{
	__u64 own_ns, before_ns;

	if (!waker || !out)
		return 0;
	own_ns = ll_later(waker->own.from_ns, from_ns);
	before_ns = ll_later(waker->before.from_ns, from_ns);
	ll_leg_split(&waker->own, own_ns, to_ns, delay_ns - waker->own.delay_ns, &out->own);
	ll_most_of_leg(&out->own, &out->most);
	if (own_ns == from_ns)
		return 0;
	ll_leg_split(&waker->before, before_ns, own_ns, waker->before.delay_ns, &out->before);
	out->earlier.doing = waker->earlier;
	out->earlier.ns = (before_ns < own_ns ? before_ns : own_ns) - from_ns;
	ll_most_of_leg(&out->before, &out->most);
	ll_take_larger(&out->most, &out->earlier);
	return 0;
}

/* The thread goes on from where `waker` is. */
__weak __noinline int ll_path_hand_over(struct ll_path *path, __u64 delay_ns,
					const struct ll_path *waker, __u64 waker_delay_ns,
					__u64 now_ns)
{
	struct ll_leg_shares before = {};
	struct ll_share most = {};

	if (!path || !waker)
		return 0;
	ll_leg_split(&waker->before, waker->before.from_ns, waker->own.from_ns,
		     waker->before.delay_ns, &before);
	most.doing = waker->earlier;
	most.ns = waker->earlier_ns >> 1;
	ll_most_of_leg(&before, &most);
	path->earlier = most.doing;
	path->earlier_ns = most.ns;
	path->before = waker->own;
	path->before.delay_ns = waker_delay_ns - waker->own.delay_ns;
	ll_leg_begin(&path->own, path->own.tgid, path->own.pool, now_ns, delay_ns);
	return 0;
}

#endif /* LOADLINE_LEG_BPF_H */
