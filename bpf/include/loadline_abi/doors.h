/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sockets at which servers take connections, and what they have taken. A walk over all open files finds
 * them; from then on they are read by their address, as memory that may be gone or another's by now.
 */
#ifndef LOADLINE_ABI_DOORS_H
#define LOADLINE_ABI_DOORS_H

#include "loadline_abi/abi.h"

#define LL_PORT_BYTES 8192	/* A bit for each port. */

#define LL_PATH_MAX 112		/* A path of a Unix socket has 108 bytes. */

#define LL_FAMILY_UNIX 1

/*
 * A socket as `ll_find_sockets` writes it, once for each process that holds it. After one with a path
 * follow LL_PATH_MAX bytes with it.
 */
struct ll_found_socket {
	__u64 sock;		/* Where it lies in the kernel, and the inode that it belongs to there. */
	__u64 sock_inode;
	__u64 inode;		/* Of the descriptor. */
	__u64 bound;		/* Of a Unix socket: equal for a listener and for what was taken there. */
	__u8 addr[16];		/* Its own address, in network order; IPv4 takes the first four bytes. */
	__u32 netns;		/* Inode number of its network namespace. */
	__u32 tgid;
	__u16 port;		/* Its own, in host order. */
	__u8 family;		/* 4, 6 or LL_FAMILY_UNIX. */
	__u8 listens;		/* 1: connections are taken at it; 0: it was taken. */
	__u32 path_size;	/* Of a listening Unix socket; an abstract one begins with a zero. */
};

/* Connections that one walk finds at most. */
#define LL_CONNECTIONS_MAX 8192

/* What is read of a socket, and how. */
enum ll_socket_kind {
	LL_SOCKET_NONE,
	LL_SOCKET_TCP_DOOR,
	LL_SOCKET_UNIX_DOOR,
	LL_SOCKET_TCP,		/* A connection. */
	LL_SOCKET_UNIX,
};

/* Array `ll_sockets`: the agent says which socket, and a run of `ll_read_sockets` what it is like now. */
#define LL_SOCKETS_MAX 10240

struct ll_socket {
	__u64 sock;		/* As in ll_found_socket, these two. */
	__u64 sock_inode;
	__u64 drops;		/* Of a door. */
	__u32 queue;		/* Connections that wait at a door; of a connection, what nobody has read. */
	__u32 limit;		/* Of a door. */
	__u8 kind;		/* enum ll_socket_kind. */
	__u8 seen;		/* 1: it is still the same, and the rest was read. */
	__u8 awaited;		/* Of a connection with something unread: 1: somebody waits for it. */
	__u8 reserved[5];	/* 0. */
};

#define LL_SOCKETS_A_RUN 64

LL_ABI_ASSERT(sizeof(struct ll_found_socket) == 64);
LL_ABI_OFFSET(struct ll_found_socket, addr, 32);
LL_ABI_OFFSET(struct ll_found_socket, port, 56);
LL_ABI_ASSERT(sizeof(struct ll_socket) == 40);
LL_ABI_OFFSET(struct ll_socket, kind, 32);

#endif /* LOADLINE_ABI_DOORS_H */
