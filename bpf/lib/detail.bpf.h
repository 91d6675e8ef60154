/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What waits were for, one by one: the far end, the futex, the neighbour. Looked up when they are over. */
#ifndef LOADLINE_DETAIL_BPF_H
#define LOADLINE_DETAIL_BPF_H

#include "lib/descriptor.bpf.h"
#include "lib/lock_word.bpf.h"
#include "lib/name.bpf.h"

/* The runs that a wait for a CPU is laid to; what is older is nobody's. */
#define LL_NEIGHBOUR_RUNS 16

static const struct ll_wait_sum ll_no_waits;

/* Adds to what the thread has waited so. True: enough is due to look where it belongs. */
static __always_inline bool ll_is_due(struct ll_due *due, __u64 wait_ns, __u64 quantum_ns)
{
	due->waits++;
	due->wait_ns += wait_ns;
	return due->wait_ns >= quantum_ns;
}

/* Threads of a pool end waits on all CPUs. `is_new` may be NULL. False: there is no room. */
static __always_inline struct ll_wait_sum *ll_add_waits(void *map, const void *key,
							const struct ll_due *due, bool *is_new)
{
	struct ll_wait_sum *sum = bpf_map_lookup_elem(map, key);

	if (!sum) {
		bpf_map_update_elem(map, key, &ll_no_waits, BPF_NOEXIST);
		sum = bpf_map_lookup_elem(map, key);
		if (!sum)
			return NULL;
		if (is_new)
			*is_new = true;
	}
	__sync_fetch_and_add(&sum->wait_ns, due->wait_ns);
	__sync_fetch_and_add(&sum->waits, due->waits);
	return sum;
}

/*
 * The same in a hash that the agent empties at each reading. Without room, what is due waits for that,
 * and is then laid to whatever the thread waits for next: late, but in the sum.
 */
static __always_inline struct ll_wait_sum *ll_add_due(void *map, const void *key,
						      struct ll_due *due, enum ll_detail detail)
{
	struct ll_wait_sum *sum = ll_add_waits(map, key, due, NULL);

	if (sum)
		due->wait_ns = due->waits = 0;
	else
		detail_full[detail] = 1;
	return sum;
}

static __noinline void ll_book_peer(struct task_struct *task, struct ll_thread *thread)
{
	struct ll_peer_key key = { .tgid = ll_tgid(task), .pool = thread->pool };
	struct ll_due *due = &thread->due[LL_DETAIL_PEER];
	struct ll_wait_sum *sum;
	bool is_new = false;

	if (thread->fd >= 0)
		ll_descriptor_reason(task, thread->fd, &key.peer);
	if (key.peer.family) {
		sum = ll_add_waits(&ll_peers, &key, due, &is_new);
		if (!sum)
			ll_lost(LL_LOSS_PEERS_FULL);
		else if (is_new)
			ll_reduce_name(ll_name_of(task), sum->name);
	}
	due->wait_ns = due->waits = 0;
}

/*
 * At the switch-out, the only moment at which the memory of a thread that waits can be read here: once for
 * each sum that is booked. Whoever holds the lock then is named with the sum.
 */
static __noinline void ll_look_at_lock(struct ll_thread *thread, struct pt_regs *regs,
				       __u32 tid_inner)
{
	struct ll_lock_wait wait = { .tid_inner = tid_inner };
	__u32 words[LL_LOCK_WORDS] = {};

	ll_lock_wait_of(&wait, regs);
	if (wait.shape == LL_LOCK_NONE)
		return;
	thread->lock_addr = wait.addr;
	thread->lock_owner = 0;
	if (bpf_probe_read_user(words, ll_lock_size(&wait), (void *)ll_lock_at(&wait)))
		ll_lost(LL_LOSS_LOCK_WORDS);
	else
		thread->lock_owner = ll_lock_owner(&wait, words);
}

static __noinline void ll_book_futex(struct task_struct *task, struct ll_thread *thread, __u64 addr)
{
	struct ll_futex_key key = { .addr = addr, .tgid = ll_tgid(task), .pool = thread->pool };
	struct ll_due *due = &thread->due[LL_DETAIL_FUTEX];
	struct ll_wait_sum *sum;

	if (detail_full[LL_DETAIL_FUTEX])
		return;
	sum = ll_add_due(&ll_futexes, &key, due, LL_DETAIL_FUTEX);
	if (sum && thread->lock_addr == addr && thread->lock_owner)
		sum->owner = thread->lock_owner;
	thread->lock_addr = 0;
}

/* Lays all that is due to the process that ran longest just before the thread came on. */
static __noinline void ll_book_neighbour(struct task_struct *task, struct ll_thread *thread,
					 const struct ll_cpu *cpu, __u64 now_ns)
{
	struct ll_neighbour_key key = { .tgid = ll_tgid(task), .pool = thread->pool };
	struct ll_due *due = &thread->due[LL_DETAIL_NEIGHBOUR];
	__u64 end_ns = now_ns, longest_ns = 0;
	__u32 at = cpu->head;
	int i;

	if (detail_full[LL_DETAIL_NEIGHBOUR])
		return;
	for (i = 0; i < LL_NEIGHBOUR_RUNS; i++, at--) {
		const struct ll_run *run = &cpu->runs[at & (LL_RUNS - 1)];
		__u64 ran_ns = end_ns - run->since_ns;

		if (run->since_ns > end_ns)
			break;
		end_ns = run->since_ns;
		if (!run->tgid || run->pool == thread->pool || ran_ns <= longest_ns)
			continue;
		longest_ns = ran_ns;
		key.neighbour_tgid = run->tgid;
		if (now_ns - end_ns > due->wait_ns)
			break;
	}
	ll_add_due(&ll_neighbours, &key, due, LL_DETAIL_NEIGHBOUR);
}

/* Waits that ended with reasons that have a detail. */
static __always_inline void ll_book_detail(struct task_struct *task, struct ll_thread *thread,
					   __u32 reason, __u64 addr, __u64 wait_ns)
{
	if (reason == LL_WAIT_NETWORK || reason == LL_WAIT_IPC) {
		if (ll_is_due(&thread->due[LL_DETAIL_PEER], wait_ns, LL_DETAIL_QUANTUM_NS))
			ll_book_peer(task, thread);
	} else if (addr && reason != LL_WAIT_IDLE && reason != LL_WAIT_STOPPED) {
		if (ll_is_due(&thread->due[LL_DETAIL_FUTEX], wait_ns, LL_DETAIL_QUANTUM_NS))
			ll_book_futex(task, thread, addr);
	}
}

#endif /* LOADLINE_DETAIL_BPF_H */
