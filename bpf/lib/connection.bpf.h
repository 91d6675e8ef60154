/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which way work goes on a connection. Who accepted it waits for requests; who opened it waits for
 * answers, or, if nothing was sent since the last byte came, for work.
 */
#ifndef LOADLINE_CONNECTION_BPF_H
#define LOADLINE_CONNECTION_BPF_H

#include "loadline_abi/doors.h"
#include "loadline_abi/host.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "lib/field.bpf.h"

#define LL_AF_UNIX 1
#define LL_AF_INET 2
#define LL_AF_INET6 10
#define LL_TCP 6		/* Of sk_protocol. */
#define LL_TCP_LISTEN 10	/* Of skc_state, of Unix sockets too. */

/* Linux gives out local ports from here on by default: who has one there made the connection. */
#define LL_EPHEMERAL_PORT 32768

/* Of sk_userlocks: it has chosen its port itself; since 6.18, or connect() has for it. */
#define LL_BOUND_ITSELF (8 | 16)

#define LL_SOCKET_NOSPACE 4	/* Of socket.flags: somebody wants to send more than there is room for. */

extern __u8 ports_listened[LL_PORT_BYTES];	/* The agent finds them: see doors.bpf.c. All 0: not yet. */

static __always_inline bool ll_is_listened(__u16 port)
{
	return ports_listened[port >> 3] & (1 << (port & 7));
}

/*
 * Whether its port is another socket's, which has bound it: a listener's, of one that was accepted. A
 * port that connect() has chosen is not among those that were bound, and its bucket says -1.
 */
static __always_inline bool ll_shares_port(struct sock *sk)
{
	struct inet_bind_bucket *bucket;

	if (LL_PROBED(sk, sk_userlocks) & LL_BOUND_ITSELF)
		return false;
	bucket = BPF_CORE_READ((struct inet_connection_sock *)sk, icsk_bind_hash);
	return bucket && (__s64)LL_PROBED(bucket, fastreuse) >= 0;
}

/*
 * Whether the far end opened it. Nothing more than its ports is asked of one that cannot be: most that
 * we opened. A client that has bound port 0 before it connected has no mark, so its port decides.
 */
static __always_inline bool ll_is_inbound(struct sock *sk, __u16 local, __u16 remote)
{
	bool looks = local < LL_EPHEMERAL_PORT && remote >= LL_EPHEMERAL_PORT;

	if (!looks && !ll_is_listened(local))
		return false;
	if (LL_PROBED(sk, sk_protocol) != LL_TCP)
		return looks;
	return ll_shares_port(sk);
}

/* What a wait on it is for. One to send waits for the far end, as one for an answer does. */
static __always_inline __u8 ll_asks_on(struct socket *socket, struct sock *sk, bool inbound)
{
	__u32 sent, came;

	if (LL_PROBED(socket, flags) & LL_SOCKET_NOSPACE)
		return LL_ASKS_ANSWER;
	if (inbound)
		return LL_ASKS_REQUEST;
	if (LL_PROBED(sk, sk_protocol) != LL_TCP)
		return LL_ASKS_UNKNOWN;
	sent = LL_PROBED((struct tcp_sock *)sk, lsndtime);
	came = LL_PROBED((struct inet_connection_sock *)sk, icsk_ack.lrcvtime);
	return (__s32)(came - sent) > 0 ? LL_ASKS_WORK : LL_ASKS_ANSWER;
}

static __always_inline struct unix_address *ll_unix_address(struct sock *sk)
{
	return BPF_CORE_READ((struct unix_sock *)sk, addr);
}

/* Whether a Unix socket that is no listener was taken at a path: it has the listener's. */
static __always_inline bool ll_is_unix_inbound(struct sock *sk)
{
	struct sock *other;

	if (!ll_unix_address(sk))
		return false;
	other = BPF_CORE_READ((struct unix_sock *)sk, peer);
	return !other || !ll_unix_address(other);
}

/* The size of its path with the zero that an abstract one begins with; 0: none that we can read. */
static __always_inline __u32 ll_unix_path(struct unix_address *address, const char **path)
{
	__u32 size = (__u32)LL_PROBED(address, len) - sizeof(__u16);
	char first = 0;

	*path = (const char *)address + bpf_core_field_offset(address->name) + sizeof(__u16);
	bpf_probe_read_kernel(&first, sizeof(first), *path);
	if (first)	/* Its zero at the end counts. */
		size--;
	return size - 1 < 108 ? size : 0;
}

#endif /* LOADLINE_CONNECTION_BPF_H */
