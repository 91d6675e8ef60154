/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whether the current thread does what is being done, or an interrupt that happens to run on its CPU.
 *
 * Packets between two sockets of one host are handed over in a soft interrupt as well, which the sender
 * runs on its way out of its own system call: that one is the sender's doing.
 */
#ifndef LOADLINE_INTERRUPT_BPF_H
#define LOADLINE_INTERRUPT_BPF_H

#include "lib/calls.bpf.h"
#include "lib/descriptor.bpf.h"

/* Of preempt_count. Waking with soft interrupts merely held off is not in one. */
#define LL_IN_SOFTIRQ 0x100

struct thread_info___count {	/* arm64; the count is the lower half. */
	__u64 preempt_count;
} __attribute__((preserve_access_index));

/*
 * x86: how far a CPU's count lies behind its run queue. Both are variables per CPU, so that the kernel's
 * types say it; their symbols are not there for programs on every kernel. Set by the loader.
 */
extern const volatile __s64 count_from_rq;

/* Set in hard interrupts and in those that cannot be masked: kernels differ. Set by the loader. */
extern const volatile __u32 count_in_interrupt;

static __always_inline __u32 ll_preempt_count(struct task_struct *current)
{
#if defined(__TARGET_ARCH_arm64)
	return LL_PROBED((struct thread_info___count *)&current->thread_info, preempt_count);
#else
	__u32 count = 0;

	bpf_probe_read_kernel(&count, sizeof(count), (void *)current->se.cfs_rq->rq + count_from_rq);
	return count;
#endif
}

static __always_inline struct sock *ll_sock_of(struct task_struct *task, __u32 fd)
{
	struct file *file = ll_file_of(task, fd);
	struct socket *socket;

	if (!file || (LL_PROBED(BPF_CORE_READ(file, f_inode), i_mode) & LL_S_IFMT) != LL_S_IFSOCK)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(socket, sk);
}

/* Both ends have the same address. */
static __always_inline bool ll_is_within_host(struct sock *sk)
{
	__u16 family = LL_PROBED(sk, __sk_common.skc_family);
	__u64 near[2] = {}, far[2] = {};

	if (family == LL_AF_INET)
		return LL_PROBED(sk, __sk_common.skc_daddr) ==
		       LL_PROBED(sk, __sk_common.skc_rcv_saddr);
	if (family != LL_AF_INET6)
		return false;
	BPF_CORE_READ_INTO(&near, sk, __sk_common.skc_v6_rcv_saddr);
	BPF_CORE_READ_INTO(&far, sk, __sk_common.skc_v6_daddr);
	return near[0] == far[0] && near[1] == far[1];
}

/* What one sends, the other receives: also between containers, whose addresses differ. */
static __always_inline bool ll_are_two_ends(struct sock *one, struct sock *other)
{
	__u16 one_far = bpf_ntohs(LL_PROBED(one, __sk_common.skc_dport));
	__u16 other_far = bpf_ntohs(LL_PROBED(other, __sk_common.skc_dport));

	return one_far && other_far && one_far == LL_PROBED(other, __sk_common.skc_num) &&
	       other_far == LL_PROBED(one, __sk_common.skc_num);
}

/* In a soft interrupt: the thread is in a call on a socket whose other end `woken` may wait for. */
static __noinline bool ll_is_sender(struct task_struct *current, struct task_struct *woken, __s32 fd)
{
	struct sock *own, *waited_for;
	struct ll_call call = {};
	__u32 class;

	if (ll_is_worker(current))
		return false;
	ll_call_of(current, &call);
	class = ll_class_of_call(call.nr);
	if (class != LL_CALL_FD && class != LL_WAIT_NETWORK)
		return false;
	own = ll_sock_of(current, ll_call_arg(call.regs, 0));
	if (!own)
		return false;
	waited_for = fd >= 0 ? ll_sock_of(woken, fd) : NULL;
	return waited_for ? ll_are_two_ends(own, waited_for) : ll_is_within_host(own);
}

/* `fd`: that `woken` waits on; -1: it is not known. */
static __always_inline bool ll_interrupt_wakes(struct task_struct *current,
					       struct task_struct *woken, __s32 fd)
{
	__u32 count = ll_preempt_count(current);

	if (!ll_tid(current) || count & count_in_interrupt)
		return true;
	return count & LL_IN_SOFTIRQ && !ll_is_sender(current, woken, fd);
}

#endif /* LOADLINE_INTERRUPT_BPF_H */
