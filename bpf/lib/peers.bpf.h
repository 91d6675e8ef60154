/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Long network waits by far end, looked up only when the wait is over. */
#ifndef LOADLINE_PEERS_BPF_H
#define LOADLINE_PEERS_BPF_H

#include "lib/descriptor.bpf.h"
#include "lib/name.bpf.h"

static const struct ll_peer_wait ll_no_peer_wait;

static __noinline void ll_peer_book(struct task_struct *task, struct ll_thread *thread,
				    __u64 wait_ns)
{
	struct ll_peer_key key = { .tgid = task->tgid, .pool = thread->pool };
	struct ll_peer_wait *wait;

	if (thread->fd < 0 || ll_descriptor_reason(task, thread->fd, &key.peer) != LL_WAIT_NETWORK)
		return;
	if (!key.peer.family)
		return;
	wait = bpf_map_lookup_elem(&ll_peers, &key);
	if (!wait) {
		bpf_map_update_elem(&ll_peers, &key, &ll_no_peer_wait, BPF_NOEXIST);
		wait = bpf_map_lookup_elem(&ll_peers, &key);
		if (!wait) {
			ll_lost(LL_LOSS_PEERS_FULL);
			return;
		}
		ll_reduce_name(task->comm, wait->name);
	}
	__sync_fetch_and_add(&wait->wait_ns, wait_ns);	/* Threads of a pool end waits on all CPUs. */
	__sync_fetch_and_add(&wait->waits, 1);
}

#endif /* LOADLINE_PEERS_BPF_H */
