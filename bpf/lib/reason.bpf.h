/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Why a thread leaves its CPU. State bits first, the system call second: a wait for mmap_lock happens
 * inside read as well, and the call alone would call it a wait for the disk.
 */
#ifndef LOADLINE_REASON_BPF_H
#define LOADLINE_REASON_BPF_H

#include "lib/calls.bpf.h"
#include "lib/lock_word.bpf.h"
#include "lib/waitset.bpf.h"

/* Task states, as masks. The same on all machines; 6.1 is where FREEZABLE and FROZEN came. */
#define LL_TASK_INTERRUPTIBLE 0x1
#define LL_TASK_UNINTERRUPTIBLE 0x2
#define LL_TASK_STOPPED 0x4
#define LL_TASK_TRACED 0x8
#define LL_TASK_PARKED 0x40
#define LL_TASK_FROZEN 0x8000
#define LL_TASK_HELD (LL_TASK_STOPPED | LL_TASK_TRACED | LL_TASK_PARKED | LL_TASK_FROZEN)
#define LL_TASK_WAKEKILL 0x100
#define LL_TASK_NOLOAD 0x400
#define LL_TASK_RTLOCK 0x1000
#define LL_TASK_FREEZABLE 0x2000

/* One switch-out, or one look at a thread that is out. */
struct ll_wait {
	struct task_struct *task;
	struct ll_thread *thread;
	struct ll_call call;
	__u64 addr;	/* The futex; if it is stopped, enum ll_holder. */
	__u64 runs;	/* The CPU's counter; 0: look everything up. */
	__u32 state;
	__u32 before;	/* The reason of the wait before this one, stops left out. */
};

static __always_inline bool ll_is_idle_futex(__u32 tgid, __u64 addr)
{
	struct ll_idle_key key = { .addr = addr, .tgid = tgid };

	return idle_gates[tgid & (LL_IDLE_GATES - 1)] && bpf_map_lookup_elem(&ll_idle, &key);
}

/*
 * A private WAIT_BITSET. The condition variables (and semaphores) of glibc wait for 0, since 2.41 for a
 * running number; its rwlocks and timed mutexes, and Rust's, for 2 or 3. Rust's thread::park waits for
 * -1, for whatever the program likes.
 */
static __always_inline __u32 ll_bitset_reason(struct ll_wait *wait, __u32 value)
{
	if (value == 2 || value == 3)
		return LL_WAIT_LOCK;
	if (value == (__u32)-1 || wait->thread->flags & LL_THREAD_JVM)
		return LL_WAIT_SYNC;
	return LL_WAIT_CONDITION;
}

/*
 * glibc's mutex waits with WAIT and the value 2. What is not known, such as std::atomic::wait,
 * absl::Mutex and parking_lot, cannot be told: LL_WAIT_SYNC, which by itself is never idle.
 */
static __always_inline __u32 ll_futex_reason(struct ll_wait *wait)
{
	__u32 op = ll_call_arg(wait->call.regs, 1), value = ll_call_arg(wait->call.regs, 2);

	wait->addr = ll_call_arg(wait->call.regs, 0);
	if (ll_is_idle_futex(ll_tgid(wait->task), wait->addr))
		return LL_WAIT_IDLE;
	switch (op & LL_FUTEX_COMMAND) {
	case LL_FUTEX_LOCK_PI:
	case LL_FUTEX_LOCK_PI2:
		return LL_WAIT_LOCK;
	case LL_FUTEX_WAIT:
		return value == 2 ? LL_WAIT_LOCK : LL_WAIT_SYNC;
	case LL_FUTEX_WAIT_BITSET:
		return op & LL_FUTEX_PRIVATE ? ll_bitset_reason(wait, value) : LL_WAIT_SYNC;
	case LL_FUTEX_WAIT_REQUEUE_PI:
		return LL_WAIT_CONDITION;
	default:
		return LL_WAIT_SYNC;
	}
}

/*
 * A deep sleep that says nothing of itself: one for a journal of a file system, or for something inside
 * the kernel (a grace period, work of another thread), which is as good as one of its locks.
 */
static __noinline __u32 ll_silent_reason(struct ll_wait *wait, __u32 class)
{
	struct ll_peer peer = {};

	if (wait->call.nr == LL_CALL_NONE)
		return LL_WAIT_PAGE_FAULT;
	if (class == LL_WAIT_DISK || class == LL_CALL_FILES || class == LL_WAIT_IPC)	/* open */
		return LL_WAIT_DISK;
	if (class == LL_CALL_FD &&
	    ll_descriptor_reason(wait->task, ll_call_arg(wait->call.regs, 0), &peer) == LL_WAIT_DISK)
		return LL_WAIT_DISK;
	return LL_WAIT_KERNEL_LOCK;
}

/* An uninterruptible sleep is the kernel's own: for a device, or for one of its locks. */
static __always_inline __u32 ll_deep_reason(struct ll_wait *wait, __u32 class)
{
	struct task_struct *task = wait->task;

	if (wait->state & LL_TASK_NOLOAD)	/* A kernel thread out of work. */
		return LL_WAIT_IDLE;
	if (ll_is_in_memstall(task))
		return LL_WAIT_MEMORY;
	if (LL_READ(task, in_iowait))
		return wait->call.nr == LL_CALL_NONE ? LL_WAIT_PAGE_FAULT : LL_WAIT_DISK;
	if (ll_blocker(task))
		return LL_WAIT_KERNEL_LOCK;
	/* A parent of vfork waits killable and freezable; a lock is not freezable. */
	if (class == LL_CALL_PROCESS)
		return wait->state & LL_TASK_FREEZABLE || wait->call.nr == 58 ?
			LL_WAIT_CHILD : LL_WAIT_KERNEL_LOCK;
	if (wait->state & LL_TASK_WAKEKILL || class == LL_WAIT_KERNEL_LOCK)
		return LL_WAIT_KERNEL_LOCK;
	return ll_silent_reason(wait, class);
}

/* What the system call says. `on_cpu`: the task is current, its memory can be read. */
static __always_inline __u32 ll_call_reason(struct ll_wait *wait, __u32 class, bool on_cpu)
{
	switch (class) {
	case LL_CALL_FUTEX:
		return ll_futex_reason(wait);
	case LL_CALL_FD:
		wait->thread->fd = ll_call_arg(wait->call.regs, 0);
		return LL_FD_REASON(ll_descriptor_reason_cached(wait->task, wait->thread,
								wait->thread->fd, wait->runs));
	case LL_CALL_POLL:
		return on_cpu ? ll_poll_reason(wait->task, wait->thread, wait->call.regs, wait->runs) :
				LL_WAIT_POLL;
	case LL_CALL_SELECT:
		return on_cpu ? ll_select_reason(wait->task, wait->thread, wait->call.regs, wait->runs) :
				LL_WAIT_POLL;
	case LL_CALL_POLL_FD:
		wait->thread->fd = ll_call_arg(wait->call.regs, 0);
		return LL_WAIT_POLL;
	case LL_CALL_PROCESS:
		return LL_WAIT_CHILD;
	case LL_CALL_FILES:
		return LL_WAIT_DISK;
	case LL_CALL_RESTART:
		return wait->before;
	default:
		return class;
	}
}

/* Who does not let it go on; LL_HOLDER_NONE: it waits by itself. */
static __always_inline __u32 ll_holder_of(const struct ll_wait *wait, bool on_cpu)
{
	__u32 state = wait->state;

	if (!(state & LL_TASK_HELD))
		return ll_is_frozen(wait->task, state & LL_TASK_INTERRUPTIBLE) ||
		       (!on_cpu && ll_is_frozen_in_place(wait->task)) ?
			LL_HOLDER_FREEZER : LL_HOLDER_NONE;
	if (state & LL_TASK_FROZEN)
		return LL_HOLDER_FREEZER;
	if (state & LL_TASK_TRACED)
		return LL_HOLDER_TRACER;
	return state & LL_TASK_STOPPED ? LL_HOLDER_SIGNAL : LL_HOLDER_UNKNOWN;
}

static __always_inline __u32 ll_reason_of(struct ll_wait *wait, bool on_cpu)
{
	__u32 class;

	wait->thread->fd = -1;
	wait->call.nr = LL_CALL_NONE;
	wait->addr = ll_holder_of(wait, on_cpu);
	if (wait->addr)
		return LL_WAIT_STOPPED;
	if (wait->state & LL_TASK_RTLOCK)
		return LL_WAIT_KERNEL_LOCK;
	if (ll_is_worker(wait->task)) {	/* Asleep interruptibly, it has nothing to do. */
		wait->call.nr = LL_CALL_NONE - 1;	/* None, but no page fault either. */
		return wait->state & LL_TASK_UNINTERRUPTIBLE ? ll_deep_reason(wait, LL_WAIT_DISK) :
							       LL_WAIT_IDLE;
	}
	ll_call_of(wait->task, &wait->call);
	class = ll_class_of_call(wait->call.nr);
	if (wait->state & LL_TASK_UNINTERRUPTIBLE)
		return ll_deep_reason(wait, class);
	if (wait->call.nr == LL_CALL_NONE)
		return LL_WAIT_PAGE_FAULT;
	return ll_call_reason(wait, class, on_cpu);
}

#endif /* LOADLINE_REASON_BPF_H */
