// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Who holds the locks that threads wait for at this moment. A thread that sleeps is not current, and only a
 * sleepable program can read its memory (5.18): an object of its own, so that the rest does without it.
 *
 * It may wait itself: for the lock of an address space, and for a page that is not there.
 *
 * Cost: docs/kernel.md has the figures. Runs in the agent, over the threads that are asked for.
 */
#include "lib/kernel_lock.bpf.h"
#include "lib/reason.bpf.h"

__u64 words_unreadable = 0;

/* What this walk read last: many threads may wait for one lock, and a read is most of what a look costs. */
struct {
	__u64 at;		/* 0: nothing. */
	__u32 tgid;
	__u32 size;
	__u32 words[LL_LOCK_WORDS];
} last = {};

static __always_inline bool read_lock(struct task_struct *task, const struct ll_lock_wait *wait)
{
	__u64 at = ll_lock_at(wait);
	__u32 tgid = ll_tgid(task), size = ll_lock_size(wait);

	if (last.at == at && last.tgid == tgid && last.size == size)
		return true;
	last.at = 0;
	if (bpf_copy_from_user_task(last.words, size, (void *)at, task, 0))
		return false;
	last.at = at;
	last.tgid = tgid;
	last.size = size;
	return true;
}

static __always_inline void look_at_futex(struct task_struct *task, struct ll_lock_holder *found)
{
	struct ll_lock_wait wait = {};
	struct ll_call call;

	ll_call_of(task, &call);
	if (ll_class_of_call(call.nr) != LL_CALL_FUTEX)
		return;
	ll_lock_wait_of(&wait, call.regs);
	if (wait.shape == LL_LOCK_NONE)
		return;
	wait.tid_inner = ll_inner_tid(task);
	if (!read_lock(task, &wait)) {
		words_unreadable++;
		return;
	}
	found->addr = wait.addr;
	found->owner = ll_lock_owner(&wait, last.words);
}

SEC("iter.s/task")
int ll_look_for_holders(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct ll_lock_holder found = {};
	__u32 state;

	if (!ctx->meta->seq_num)
		last.at = 0;
	if (!task || LL_READ(task, exit_state))
		return 0;
	state = ll_task_state(task);
	if (state & LL_TASK_UNINTERRUPTIBLE)
		found.owner = ll_kernel_lock_owner(task);
	else if (state & LL_TASK_INTERRUPTIBLE && !ll_is_worker(task))
		look_at_futex(task, &found);
	if (!found.owner)
		return 0;
	found.tid = ll_tid(task);
	bpf_seq_write(ctx->meta->seq, &found, sizeof(found));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
