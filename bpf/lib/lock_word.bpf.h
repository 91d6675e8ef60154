/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who holds the lock that a thread waits for, by what stands in the lock. glibc writes the owner's tid into
 * its mutexes and rwlocks, and the kernel itself needs it in the word of a PI futex. Whatever else a program
 * waits for has some other number there, so a word counts only if operation, expected value and all fields
 * around it fit the one kind of lock that they can belong to. Who has that tid, the agent looks up.
 *
 * The layouts are part of glibc's binary interface, the same on all 64-bit machines that are built for:
 *
 *     pthread_mutex_t   lock, count, owner, users, kind, spins (2) and elision (2), list (16)
 *     pthread_rwlock_t  readers, writers, phase, writers' futex, 2 spare, writer, shared
 */
#ifndef LOADLINE_LOCK_WORD_BPF_H
#define LOADLINE_LOCK_WORD_BPF_H

#include "lib/compat.bpf.h"

/* Of futex(2). */
#define LL_FUTEX_COMMAND 0x7f
#define LL_FUTEX_PRIVATE 0x80
#define LL_FUTEX_WAIT 0
#define LL_FUTEX_LOCK_PI 6
#define LL_FUTEX_WAIT_BITSET 9
#define LL_FUTEX_WAIT_REQUEUE_PI 11
#define LL_FUTEX_LOCK_PI2 13
#define LL_FUTEX_WAITERS 0x80000000
#define LL_FUTEX_TID 0x3fffffff

#define LL_LOCK_WORDS 8		/* Both objects are larger. */

/* Of a glibc mutex's kind. */
#define LL_MUTEX_TYPE 3
#define LL_MUTEX_RECURSIVE 1
#define LL_MUTEX_ADAPTIVE 3
#define LL_MUTEX_ROBUST 0x10
#define LL_MUTEX_SHARED 0x80
#define LL_MUTEX_ELISION 0x300	/* On, and off: where the program chose the type. */

/* The holder, and those who wait for a condition with it. Halves of pointers are larger. */
#define LL_MUTEX_USERS_END 0x4000

#define LL_RWLOCK_WAITED 3	/* Taken, and somebody sleeps: the value that is waited for. */
#define LL_RWLOCK_WRITING 3	/* Of the readers' word: a writer has it, and it is the writers' turn. */

enum ll_lock_shape {
	LL_LOCK_NONE,		/* No lock, or one without a holder's tid. */
	LL_LOCK_PI,
	LL_LOCK_MUTEX,
	LL_LOCK_ROBUST,
	LL_LOCK_RWLOCK,
};

struct ll_lock_wait {
	__u64 addr;
	__u64 timeout;		/* Its address. */
	__u32 op;
	__u32 value;
	__u32 tid_inner;	/* Of the thread that waits. */
	__u32 shape;
};

static __always_inline bool ll_is_robust_value(const struct ll_lock_wait *wait)
{
	return !(wait->op & LL_FUTEX_PRIVATE) && wait->value & LL_FUTEX_WAITERS &&
	       wait->value & LL_FUTEX_TID;
}

/* glibc waits with WAIT, or with WAIT_BITSET if until some time; for its rwlocks always with the latter. */
static __always_inline __u32 ll_lock_shape(const struct ll_lock_wait *wait)
{
	__u32 command = wait->op & LL_FUTEX_COMMAND;

	if (command == LL_FUTEX_LOCK_PI || command == LL_FUTEX_LOCK_PI2)
		return LL_LOCK_PI;
	if (command == LL_FUTEX_WAIT_BITSET && wait->value == LL_RWLOCK_WAITED)
		return LL_LOCK_RWLOCK;
	if (command != LL_FUTEX_WAIT && (command != LL_FUTEX_WAIT_BITSET || !wait->timeout))
		return LL_LOCK_NONE;
	if (wait->value == 2)
		return LL_LOCK_MUTEX;
	return ll_is_robust_value(wait) ? LL_LOCK_ROBUST : LL_LOCK_NONE;
}

static __always_inline void ll_lock_wait_of(struct ll_lock_wait *wait, struct pt_regs *regs)
{
	wait->addr = ll_call_arg(regs, 0);
	wait->op = ll_call_arg(regs, 1);
	wait->value = ll_call_arg(regs, 2);
	wait->timeout = ll_call_arg(regs, 3);
	wait->shape = ll_lock_shape(wait);
}

/* Readers of an rwlock wait for the phase, which is at 8 of an object aligned to 8; writers at 12. */
static __always_inline __u64 ll_lock_at(const struct ll_lock_wait *wait)
{
	if (wait->shape != LL_LOCK_RWLOCK)
		return wait->addr;
	return wait->addr - (wait->addr & 4 ? 12 : 8);
}

/* Of a word that is not glibc's, only itself can be relied on to be there. */
static __always_inline __u32 ll_lock_size(const struct ll_lock_wait *wait)
{
	return wait->shape == LL_LOCK_PI ? 4 : 4 * LL_LOCK_WORDS;
}

static __always_inline bool ll_is_shared(const struct ll_lock_wait *wait)
{
	return !(wait->op & LL_FUTEX_PRIVATE);
}

static __always_inline bool ll_fits_mutex(const struct ll_lock_wait *wait, const __u32 *word)
{
	__u32 type = word[4] & LL_MUTEX_TYPE;
	__u32 rest = word[4] & ~(LL_MUTEX_TYPE | LL_MUTEX_SHARED | LL_MUTEX_ELISION);

	if (word[0] != wait->value || rest || word[6] | word[7])
		return false;
	if (!!(word[4] & LL_MUTEX_SHARED) != ll_is_shared(wait))
		return false;
	if ((type == LL_MUTEX_RECURSIVE) != !!word[1])
		return false;
	return !word[5] || type == LL_MUTEX_ADAPTIVE || word[4] & LL_MUTEX_ELISION;
}

/* A robust mutex is in its holder's list, and always counts. It may have changed hands since. */
static __always_inline bool ll_fits_robust(const struct ll_lock_wait *wait, const __u32 *word)
{
	__u32 rest = word[4] & ~(LL_MUTEX_TYPE | LL_MUTEX_SHARED | LL_MUTEX_ELISION);

	return rest == LL_MUTEX_ROBUST && (word[0] & LL_FUTEX_TID) == word[2] && word[1] &&
	       !word[5] && word[6] | word[7];
}

static __always_inline bool ll_fits_rwlock(const struct ll_lock_wait *wait, const __u32 *word)
{
	__u32 waited = wait->addr & 4 ? word[3] : word[2];

	return (word[0] & LL_RWLOCK_WRITING) == LL_RWLOCK_WRITING && waited == LL_RWLOCK_WAITED &&
	       !(word[4] | word[5]) && !!word[7] == ll_is_shared(wait);
}

static __always_inline __u32 ll_tid_in_lock(const struct ll_lock_wait *wait, const __u32 *word)
{
	switch (wait->shape) {
	case LL_LOCK_PI:
		return word[0] & LL_FUTEX_TID;
	case LL_LOCK_MUTEX:
	case LL_LOCK_ROBUST:
		if (!word[3] || word[3] >= LL_MUTEX_USERS_END)
			return 0;
		if (wait->shape == LL_LOCK_MUTEX)
			return ll_fits_mutex(wait, word) ? word[2] : 0;
		return ll_fits_robust(wait, word) ? word[2] : 0;
	case LL_LOCK_RWLOCK:
		return ll_fits_rwlock(wait, word) ? word[6] : 0;
	default:
		return 0;
	}
}

/* See LL_OWNER_TID; 0: nobody's tid stands there, or that of the thread that waits. */
static __always_inline __u32 ll_lock_owner(const struct ll_lock_wait *wait, const __u32 *word)
{
	__u32 tid = ll_tid_in_lock(wait, word);

	if (!tid || tid > LL_OWNER_TID || tid == wait->tid_inner)
		return 0;
	return ll_is_shared(wait) ? tid | LL_OWNER_SHARED : tid;
}

#endif /* LOADLINE_LOCK_WORD_BPF_H */
