// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The doors of servers: sockets that listen, TCP and Unix, in every network namespace, and the connections
 * that were taken there. An object of its own: where it cannot be loaded, the rest can.
 *
 * A walk over all open files finds them, which costs some 0.15 us per file. Between two walks they are
 * read by their address: one that was closed meanwhile has another state or another inode, or is not
 * readable.
 */
#include "lib/connection.bpf.h"

#define LL_S_IFMT 0170000
#define LL_S_IFSOCK 0140000
#define LL_STREAM 1		/* Of sk_type; 5: SOCK_SEQPACKET. */
#define LL_SEQPACKET 5
#define LL_MPTCP 262		/* Of sk_protocol. */
#define LL_ESTABLISHED 1	/* Of skc_state. */
#define LL_CLOSE_WAIT 8

/* More that wait for one connection than these: somebody among them does. */
#define LL_WAITERS_MAX 4

__u8 ports_listened[LL_PORT_BYTES] = {};
__u64 files_passed = 0;		/* By this walk. */
__u32 connections_found = 0;	/* The same. */
__u64 connections_passed = 0;	/* Over all walks: beyond LL_CONNECTIONS_MAX. */
__u32 sockets_at = 0;		/* The next one to be read. */
__u32 sockets_end = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, LL_SOCKETS_MAX);
	__type(key, __u32);
	__type(value, struct ll_socket);
} ll_sockets SEC(".maps");

struct mptcp_sock___first {	/* With MPTCP. */
	struct sock *first;
} __attribute__((preserve_access_index));

/* What lies in sockfs beside the socket. Not that of the descriptor for the first part of an MPTCP one. */
static __always_inline __u64 inode_of(struct sock *sk)
{
	struct socket_alloc *socket = (struct socket_alloc *)BPF_CORE_READ(sk, sk_socket);

	return socket ? LL_PROBED(socket, vfs_inode.i_ino) : 0;
}

/* The queue of a listener of MPTCP is that of its first part. */
static __always_inline struct sock *with_queue(struct sock *sk)
{
	if (LL_PROBED(sk, sk_protocol) != LL_MPTCP ||
	    !bpf_core_type_exists(struct mptcp_sock___first))
		return sk;
	return BPF_CORE_READ((struct mptcp_sock___first *)sk, first);
}

static __always_inline void fill_inet(struct sock *sk, struct ll_found_socket *found)
{
	__u32 *words = (__u32 *)found->addr;

	found->port = LL_PROBED(sk, __sk_common.skc_num);
	if (found->family == LL_AF_INET) {
		found->family = 4;
		words[0] = LL_PROBED(sk, __sk_common.skc_rcv_saddr);
		return;
	}
	found->family = 6;
	BPF_CORE_READ_INTO(&found->addr, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
	if (!words[0] && !words[1] && words[2] == bpf_htonl(0xffff)) {	/* IPv4, mapped. */
		found->family = 4;
		words[0] = words[3];
		words[2] = 0;
		words[3] = 0;
	}
}

/* Whether it is a listener or was accepted. `found` has its family, and gets the rest of its address. */
static __always_inline bool is_wanted(struct sock *sk, struct ll_found_socket *found)
{
	__u32 state = LL_PROBED(sk, __sk_common.skc_state);
	__u16 type = LL_PROBED(sk, sk_type);

	if (type != LL_STREAM && type != LL_SEQPACKET)
		return false;
	found->listens = state == LL_TCP_LISTEN;
	if (!found->listens && state != LL_ESTABLISHED && state != LL_CLOSE_WAIT)
		return false;
	if (found->family == LL_AF_UNIX) {
		found->bound = (__u64)ll_unix_address(sk);
		return found->listens ? found->bound : ll_is_unix_inbound(sk);
	}
	if (found->listens)
		return true;
	return LL_PROBED(sk, sk_protocol) == LL_TCP &&
	       ll_is_inbound(sk, LL_PROBED(sk, __sk_common.skc_num),
			     bpf_ntohs(LL_PROBED(sk, __sk_common.skc_dport)));
}

/* False: it is one more than are kept. */
static __always_inline bool has_room(const struct ll_found_socket *found)
{
	if (found->listens)
		return true;
	if (connections_found >= LL_CONNECTIONS_MAX) {
		connections_passed++;
		return false;
	}
	connections_found++;
	return true;
}

static __always_inline void tell_path(struct seq_file *seq, struct ll_found_socket *found)
{
	const char *from = NULL;
	char path[LL_PATH_MAX] = {};
	__u32 size = ll_unix_path((struct unix_address *)found->bound, &from);

	barrier_var(size);	/* Verifiers up to 6.1 forget the bound of a copy. */
	if (size > LL_PATH_MAX)
		size = 0;
	bpf_probe_read_kernel(path, size, from);
	found->path_size = size;
	bpf_seq_write(seq, found, sizeof(*found));
	bpf_seq_write(seq, path, sizeof(path));
}

static __noinline void look_at(struct sock *sk, struct seq_file *seq, struct ll_found_socket *found)
{
	found->family = LL_PROBED(sk, __sk_common.skc_family);
	if (found->family != LL_AF_UNIX && found->family != LL_AF_INET &&
	    found->family != LL_AF_INET6)
		return;
	if (!is_wanted(sk, found) || !has_room(found))
		return;
	if (found->family != LL_AF_UNIX)
		fill_inet(sk, found);
	found->netns = LL_PROBED(BPF_CORE_READ(sk, __sk_common.skc_net.net), ns.inum);
	if (found->listens)
		sk = with_queue(sk);
	found->sock = (__u64)sk;
	found->sock_inode = inode_of(sk);
	if (found->family == LL_AF_UNIX && found->listens)
		tell_path(seq, found);
	else
		bpf_seq_write(seq, found, sizeof(*found));
}

SEC("iter/task_file")
int ll_find_sockets(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct ll_found_socket found = {};
	struct file *file = ctx->file;
	struct socket *socket;

	if (!ctx->meta->seq_num)
		files_passed = connections_found = 0;
	if (!task || !file)
		return 0;
	files_passed++;
	if ((file->f_inode->i_mode & LL_S_IFMT) != LL_S_IFSOCK)
		return 0;
	found.tgid = ll_tgid(task);
	found.inode = file->f_inode->i_ino;
	socket = BPF_CORE_READ(file, private_data);
	look_at(BPF_CORE_READ(socket, sk), ctx->meta->seq, &found);
	return 0;
}

static __always_inline void read_door(struct sock *sk, struct ll_socket *socket)
{
	if (LL_PROBED(sk, __sk_common.skc_state) != LL_TCP_LISTEN ||
	    inode_of(sk) != socket->sock_inode)
		return;
	socket->limit = LL_PROBED(sk, sk_max_ack_backlog);
	if (socket->kind == LL_SOCKET_UNIX_DOOR) {
		socket->queue = LL_PROBED(sk, sk_receive_queue.qlen);
	} else {
		socket->queue = LL_PROBED(sk, sk_ack_backlog);
		socket->drops = (__u32)LL_PROBED(sk, sk_drops.counter);
	}
	socket->seen = 1;
}

/*
 * What stands in the queue of those to be woken is an entry of an epoll that somebody looks at now, or a
 * thread, or something that we do not know, which is taken for one. An epoll's entry says whose it is,
 * which is compared: nothing else has the socket's own file there.
 */
static __always_inline bool is_somebody(const struct list_head *link, struct file *file)
{
	__u64 at = (__u64)link - bpf_core_field_offset(struct wait_queue_entry, entry) -
		   bpf_core_field_offset(struct eppoll_entry, wait);
	struct epitem *item = BPF_CORE_READ((struct eppoll_entry *)at, base);
	struct eventpoll *poll;

	if (!item || BPF_CORE_READ(item, ffd.file) != file)
		return true;
	poll = BPF_CORE_READ(item, ep);
	return (__u64)BPF_CORE_READ(poll, wq.head.next) !=
	       (__u64)poll + bpf_core_field_offset(struct eventpoll, wq) +
	       bpf_core_field_offset(struct wait_queue_head, head) ||
	       (__u64)BPF_CORE_READ(poll, poll_wait.head.next) !=
	       (__u64)poll + bpf_core_field_offset(struct eventpoll, poll_wait) +
	       bpf_core_field_offset(struct wait_queue_head, head);
}

static __noinline bool is_awaited(struct sock *sk)
{
	struct file *file = BPF_CORE_READ(sk, sk_socket, file);
	struct socket_wq *wq = BPF_CORE_READ(sk, sk_wq);
	__u64 head = (__u64)wq + bpf_core_field_offset(struct socket_wq, wait) +
		     bpf_core_field_offset(struct wait_queue_head, head);
	struct list_head *link = BPF_CORE_READ(wq, wait.head.next);
	int i;

	for (i = 0; i < LL_WAITERS_MAX; i++) {
		if ((__u64)link == head)
			return false;
		if (!link || is_somebody(link, file))
			return true;
		link = BPF_CORE_READ(link, next);
	}
	return true;
}

/* Bytes that came and that nobody has read; an end of all is none. */
static __always_inline __u32 tcp_unread(struct sock *sk)
{
	struct tcp_sock *tcp = (struct tcp_sock *)sk;
	__s32 unread = LL_PROBED(tcp, rcv_nxt) - LL_PROBED(tcp, copied_seq);

	return unread > 0 ? unread : 0;
}

/* Most have nothing unread: that is all that is read of them. */
static __always_inline void read_connection(struct sock *sk, struct ll_socket *socket)
{
	__u32 unread = socket->kind == LL_SOCKET_TCP ? tcp_unread(sk) :
		       (__u32)LL_PROBED(sk, sk_receive_queue.qlen), state;

	if (!unread) {
		socket->seen = 1;
		return;
	}
	state = LL_PROBED(sk, __sk_common.skc_state);
	if ((state != LL_ESTABLISHED && state != LL_CLOSE_WAIT) ||
	    inode_of(sk) != socket->sock_inode)
		return;
	if (socket->kind == LL_SOCKET_TCP && state == LL_CLOSE_WAIT)
		unread--;	/* The end has a number too. */
	socket->queue = unread;
	socket->awaited = unread && is_awaited(sk);
	socket->seen = 1;
}

/* A function of its own to the verifier, which looks at it once, not at each turn of the loop. */
__weak __noinline int read_socket(__u32 index)
{
	struct ll_socket *socket = bpf_map_lookup_elem(&ll_sockets, &index);

	if (!socket)
		return 0;
	socket->seen = 0;
	socket->awaited = 0;
	socket->queue = 0;
	if (socket->kind == LL_SOCKET_TCP_DOOR || socket->kind == LL_SOCKET_UNIX_DOOR)
		read_door((struct sock *)socket->sock, socket);
	else if (socket->kind)
		read_connection((struct sock *)socket->sock, socket);
	return 1;
}

/* Attached nowhere: the agent runs it as long as there are sockets left. */
SEC("raw_tp")
int ll_read_sockets(void *ctx)
{
	int i;

	for (i = 0; i < LL_SOCKETS_A_RUN; i++) {
		__u32 at = sockets_at;

		if (at >= sockets_end)
			break;
		read_socket(at);
		sockets_at = at + 1;
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
