/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Descriptor -> file -> what a wait on it is for, and for a socket the far end. */
#ifndef LOADLINE_DESCRIPTOR_BPF_H
#define LOADLINE_DESCRIPTOR_BPF_H

#include "lib/compat.bpf.h"
#include "lib/connection.bpf.h"

#define LL_S_IFMT 0170000
#define LL_S_IFSOCK 0140000
#define LL_S_IFREG 0100000
#define LL_S_IFBLK 0060000
#define LL_S_IFDIR 0040000
#define LL_S_IFCHR 0020000
#define LL_S_IFIFO 0010000

/* Set beside the reason: there is no other end, so that polling it is no wait for somebody. */
#define LL_FD_ENDLESS 0x40
#define LL_FD_REASON(result) ((result) & 0x3f)

/* An unbounded set of client ports must not fill the table of peers: they have none. */
static __always_inline void ll_fill_peer(struct socket *socket, struct sock *sk, __u16 family,
					 struct ll_peer *peer)
{
	__u16 remote = bpf_ntohs(LL_PROBED(sk, __sk_common.skc_dport));
	__u16 local = LL_PROBED(sk, __sk_common.skc_num);
	__u32 *words = (__u32 *)peer->addr;
	bool inbound;

	if (!remote)	/* Not connected. */
		return;
	inbound = ll_is_inbound(sk, local, remote);
	peer->port = inbound ? 0 : remote;
	if (peer->asks)
		peer->asks = ll_asks_on(socket, sk, inbound);
	if (family == LL_AF_INET) {
		peer->family = 4;
		words[0] = LL_PROBED(sk, __sk_common.skc_daddr);
		return;
	}
	peer->family = 6;
	BPF_CORE_READ_INTO(&peer->addr, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
	if (!words[0] && !words[1] && words[2] == bpf_htonl(0xffff)) {	/* IPv4, mapped. */
		peer->family = 4;
		words[0] = words[3];
		words[2] = 0;
		words[3] = 0;
	}
}

/* Who bound a path is waited for; clients seldom have one. */
static __always_inline void ll_fill_unix_peer(struct sock *sk, struct ll_peer *peer)
{
	struct sock *other = BPF_CORE_READ((struct unix_sock *)sk, peer);
	struct unix_address *address = other ? ll_unix_address(other) : NULL;
	const char *path;
	__u32 length, tail;

	if (peer->asks && ll_is_unix_inbound(sk))
		peer->asks = LL_ASKS_REQUEST;
	length = address ? ll_unix_path(address, &path) : 0;
	if (!length)
		return;
	tail = length < sizeof(peer->addr) ? length : sizeof(peer->addr);
	barrier_var(tail);	/* Verifiers up to 6.1 forget its bound where it is a copy of `length`. */
	if (tail > sizeof(peer->addr))
		return;
	if (bpf_probe_read_kernel(peer->addr, tail, path + length - tail))
		return;
	peer->port = length;
	peer->family = 1;
}

static __always_inline __u32 ll_socket_reason(struct file *file, struct ll_peer *peer)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);
	struct sock *sk = BPF_CORE_READ(socket, sk);
	__u16 family = LL_PROBED(sk, __sk_common.skc_family);

	if (LL_PROBED(sk, __sk_common.skc_state) == LL_TCP_LISTEN)
		return LL_WAIT_POLL | LL_FD_ENDLESS;
	if (family == LL_AF_UNIX)
		ll_fill_unix_peer(sk, peer);
	if (family != LL_AF_INET && family != LL_AF_INET6)
		return LL_WAIT_IPC;
	ll_fill_peer(socket, sk, family, peer);
	return LL_WAIT_NETWORK;
}

/* eventfd, timerfd and the like have no type, but a name. */
static __always_inline __u32 ll_anonymous_reason(struct file *file)
{
	const unsigned char *name = BPF_CORE_READ(file, f_path.dentry, d_name.name);
	char text[8] = {};

	bpf_probe_read_kernel_str(text, sizeof(text), name);
	if (text[0] == '[' && text[1] == 't')	/* [timerfd] */
		return LL_WAIT_SLEEP | LL_FD_ENDLESS;
	if (text[0] == '[' && text[1] == 's')	/* [signalfd] */
		return LL_WAIT_SIGNAL | LL_FD_ENDLESS;
	return LL_WAIT_IPC | LL_FD_ENDLESS;
}

static __always_inline struct file *ll_file_of(struct task_struct *task, __u32 fd)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd);
	struct file *file = NULL;

	if (!table || fd >= LL_PROBED(table, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	return file;
}

/*
 * A reason, perhaps with LL_FD_ENDLESS. Costs about 100 ns. `peer` is zero and stays so where there is
 * none; with LL_ASKS_WANTED in it, what a wait on the descriptor is for is looked up too.
 */
static __noinline __u32 ll_descriptor_reason(struct task_struct *task, __u32 fd,
					     struct ll_peer *peer)
{
	struct file *file = ll_file_of(task, fd);
	__u32 mode;

	if (!file)
		return LL_WAIT_OTHER;
	mode = LL_PROBED(BPF_CORE_READ(file, f_inode), i_mode);
	switch (mode & LL_S_IFMT) {
	case LL_S_IFSOCK:
		return ll_socket_reason(file, peer);
	case LL_S_IFREG:
	case LL_S_IFBLK:
	case LL_S_IFDIR:
		return LL_WAIT_DISK;
	case LL_S_IFIFO:
	case LL_S_IFCHR:
		return LL_WAIT_IPC;
	default:
		return ll_anonymous_reason(file);
	}
}

/* What a wait in progress is for: the far end, and which way work goes. */
static __always_inline void ll_tell_peer(struct task_struct *task, __u32 fd, struct ll_peer *peer)
{
	peer->asks = LL_ASKS_WANTED;
	ll_descriptor_reason(task, fd, peer);
	if (peer->asks == LL_ASKS_WANTED)
		peer->asks = LL_ASKS_UNKNOWN;
}

/*
 * The same for a switch, where 100 ns are too much: a thread tends to wait on few descriptors, and
 * what they are seldom changes. Each 64th look walks again, so that a reused number is found out;
 * and long waits are looked at again when they end (see detail.bpf.h).
 */
static __always_inline __u32 ll_descriptor_reason_cached(struct task_struct *task,
							 struct ll_thread *thread, __u32 fd,
							 __u64 runs)
{
	__u32 *seen = &thread->fds_seen[fd & (LL_FDS_SEEN - 1)];
	struct ll_peer peer = {};
	__u32 reason;

	if (*seen >> 8 == fd + 1 && (runs & 63))
		return *seen & 0xff;
	reason = ll_descriptor_reason(task, fd, &peer);
	*seen = (fd + 1) << 8 | reason;
	return reason;
}

#endif /* LOADLINE_DESCRIPTOR_BPF_H */
