/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Threads that move between the host's array and that of their process. Cold: once per thread and
 * registration.
 *
 * The agent marks the threads, waits until no switch runs that has not seen the mark (replacing an
 * entry of a map of maps does that), and moves those that have not switched since. A thread that
 * switches earlier moves itself. Either way nobody else writes its slot, old or new.
 *
 * Functions that are not static are looked at once by the verifier, and not for each way to them.
 */
#ifndef LOADLINE_LEDGER_BPF_H
#define LOADLINE_LEDGER_BPF_H

#include "lib/identity.bpf.h"

static __always_inline void ll_slot_copy(struct ll_slot *to, const struct ll_slot *from)
{
	ll_write_begin(to);
	to->tid = from->tid;
	__builtin_memcpy(&to->tgid, &from->tgid,
			 sizeof(*to) - __builtin_offsetof(struct ll_slot, tgid));
	ll_write_end(to);
}

/* A thread that was left out until now: what the slot says is old. `state`: LL_STATE_NONE keeps it. */
static __always_inline void ll_slot_begin_anew(struct ll_slot *slot, __u32 state)
{
	ll_lost(LL_LOSS_PAUSED);
	ll_write_begin(slot);
	slot->since_ns = ll_now();
	if (state) {
		slot->state = state;
		slot->reason = 0;
	}
	ll_write_end(slot);
}

/*
 * Where it is now. `place`: where it was; its owner has claimed it. `state`: what it does at this moment,
 * LL_STATE_NONE: it switches.
 */
__weak __noinline __u64 ll_move(struct ll_thread *thread, __u64 place, __u32 state)
{
	struct ll_slot *from = ll_slot_in(place), *to;
	__u64 next = place;
	bool left_out;
	__u32 ledger;

	if (!thread)
		return 0;
	ledger = *(volatile __u32 *)&thread->ledger_next;
	left_out = from && ll_is_void(thread, from->since_ns, features);
	if (from && ledger != ll_ledger_of(place)) {
		next = ll_place_take(ledger, from->tid);
		to = ll_slot_in(next);
		if (to)
			ll_slot_copy(to, from);
		else
			next = place;
		if (to && left_out)
			ll_slot_begin_anew(to, state);
	}
	ll_change_place(thread, place | LL_MOVE_CLAIMED, next);
	if (from && next != place)
		ll_slot_give_back(from, place);
	if (*(volatile __u32 *)&thread->ledger_next != ledger)
		ll_move_mark(thread, thread->ledger_next);
	return next;
}

static __always_inline bool ll_move_claim(struct ll_thread *thread, __u64 *place)
{
	__u64 marked = ll_place_of(thread);

	*place = marked & (LL_MOVE_MARKED - 1);
	return marked & LL_MOVE_MARKED &&
	       ll_change_place(thread, marked, *place | LL_MOVE_CLAIMED);
}

/*
 * A switch of a thread that is to move. 0: the agent moves it at this moment, or did so while the thread
 * ended: then either of them folds it, and its slot is not to be written any more.
 */
__weak __noinline __u64 ll_move_self(struct ll_thread *thread, __u32 task_state)
{
	struct ll_slot *slot;
	__u64 place;

	if (!thread)
		return 0;
	if (ll_move_claim(thread, &place))
		return ll_move(thread, place, LL_STATE_NONE);
	if (!(task_state & LL_TASK_DEAD)) {
		place = __sync_fetch_and_add(&thread->place, 0);
		return place & LL_MOVE_CLAIMED ? 0 : place & (LL_MOVE_MARKED - 1);
	}
	__sync_fetch_and_or(&thread->flags, LL_THREAD_ENDED);
	place = __sync_fetch_and_add(&thread->place, 0);
	slot = place & LL_MOVE_CLAIMED ? NULL : ll_slot_in(place);
	if (slot)
		ll_thread_is_gone(thread, slot);
	return 0;
}

/* The slot that a switch of the thread writes; NULL counts as a switch that was not seen. */
static __always_inline struct ll_slot *ll_slot_to_write(struct task_struct *task,
							struct ll_thread *thread)
{
	__u64 place = ll_place_of(thread);

	if (__builtin_expect(!(place >> 32), 1))
		return ll_slot_at(place);
	if (__builtin_expect(place >> 48, 0)) {
		place = ll_move_self(thread, ll_task_state(task));
		ll_slot_own(place, task, thread);
		ll_pass_on_here(task, thread, place);
	}
	return ll_slot_in(place);
}

#endif /* LOADLINE_LEDGER_BPF_H */
