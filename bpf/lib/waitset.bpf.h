/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * poll and select: libpq and HTTP clients wait this way before they receive, so a small set of
 * connected sockets is a wait for the first of them. Anything else is an event loop.
 *
 * The set lies in user memory, which can be read while the thread is still current, so when it
 * leaves the CPU: 140 ns, paid by the threads that poll.
 */
#ifndef LOADLINE_WAITSET_BPF_H
#define LOADLINE_WAITSET_BPF_H

#include "lib/descriptor.bpf.h"

#define LL_SET_MAX 4		/* More is an event loop. */
#define LL_SELECT_WORDS 16	/* 1024 descriptors, all that select can. */

struct ll_pollfd {		/* As user space has it: not to be relocated. */
	__s32 fd;
	__s16 events;
	__s16 revents;
};

static __always_inline bool ll_is_peer_wait(__u32 reason)
{
	return reason == LL_WAIT_NETWORK || reason == LL_WAIT_IPC;
}

/* A set of one or more descriptors, of which `reason` is the first one's. */
static __always_inline __u32 ll_set_reason(struct task_struct *task, struct ll_thread *thread,
					   __s32 fd, __u64 runs, __u32 so_far)
{
	__u32 reason = ll_descriptor_reason_cached(task, thread, fd, runs);
	bool is_first = thread->fd < 0;

	if (is_first)
		thread->fd = fd;
	if (!ll_is_peer_wait(reason))	/* LL_FD_ENDLESS is another value. */
		return LL_WAIT_POLL;
	return is_first || reason == so_far ? reason : LL_WAIT_POLL;
}

static __noinline __u32 ll_poll_reason(struct task_struct *prev, struct ll_thread *thread,
				       struct pt_regs *regs, __u64 runs)
{
	struct ll_pollfd set[LL_SET_MAX] = {};
	__u32 reason = LL_WAIT_POLL;
	__u64 count = ll_call_arg(regs, 1);
	int i;

	if (!count || count > LL_SET_MAX)
		return LL_WAIT_POLL;
	if (bpf_probe_read_user(set, count * sizeof(set[0]), (void *)ll_call_arg(regs, 0)))
		return LL_WAIT_POLL;
	for (i = 0; i < LL_SET_MAX && i < count; i++) {
		if (set[i].fd < 0)	/* poll passes over it. */
			continue;
		reason = ll_set_reason(prev, thread, set[i].fd, runs, reason);
		if (reason == LL_WAIT_POLL)
			break;
	}
	return reason;
}

/* De Bruijn: without branches, which the verifier would follow one by one. */
static __always_inline __u32 ll_lowest_bit(__u64 word)
{
	static const __u8 at[64] = {
		0, 1, 48, 2, 57, 49, 28, 3, 61, 58, 50, 42, 38, 29, 17, 4,
		62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12, 5,
		63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11,
		46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9, 13, 8, 7, 6,
	};

	return at[((word & -word) * 0x03f79d71b4cb0a89ULL) >> 58];
}

/* The only word with bits in it, and where it is. Sets that span two words count as event loops. */
static __always_inline __u64 ll_only_word(const __u64 *words, __u32 *at)
{
	__u64 word = 0;
	int i;

	for (i = 0; i < LL_SELECT_WORDS; i++) {
		if (!words[i])
			continue;
		if (word)
			return 0;
		word = words[i];
		*at = i;
	}
	return word;
}

static __noinline __u32 ll_select_reason(struct task_struct *prev, struct ll_thread *thread,
					 struct pt_regs *regs, __u64 runs)
{
	__u64 words[LL_SELECT_WORDS] = {};
	__u64 end = ll_call_arg(regs, 0), to_read = ll_call_arg(regs, 1);
	__u64 set = to_read ? to_read : ll_call_arg(regs, 2);	/* Else to write. */
	__u64 size = (end + 63) / 64 * 8, word;
	__u32 reason = LL_WAIT_POLL, at = 0;
	int i;

	if (!end && !set)
		return LL_WAIT_SLEEP;	/* The portable way to sleep. */
	if (!set || !size || size > sizeof(words))
		return LL_WAIT_POLL;
	if (bpf_probe_read_user(words, size, (void *)set))
		return LL_WAIT_POLL;
	word = ll_only_word(words, &at);
	thread->set_at = at;	/* Read back, it is any number to the verifier, and not one of 16. */
	at = *(volatile __u32 *)&thread->set_at;
	for (i = 0; i < LL_SET_MAX && word; i++, word &= word - 1) {
		reason = ll_set_reason(prev, thread, at * 64 + ll_lowest_bit(word), runs, reason);
		if (reason == LL_WAIT_POLL)
			return reason;
	}
	return word ? LL_WAIT_POLL : reason;
}

#endif /* LOADLINE_WAITSET_BPF_H */
