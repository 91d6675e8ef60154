// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a reading has to know beyond the slots, of those threads where there is something: who is queued
 * for a CPU, whom a new wait is for, and who is new. Goes over the slots of the host's array and asks
 * the task of each; a walk over the tasks themselves takes seven times as long.
 *
 * A task is looked at by its address, as memory that may be gone. It is not as long as its slot is its
 * own: a thread gives back its slot at its last switch.
 *
 * While the kernel leaves events out, it compares the thread's name and program with what is known of it,
 * too, and asks for a walk where they differ.
 *
 * Cost: 0.2 us per thread, in the agent, and as much again for that comparison; some 0.5 us more where
 * there is something to tell.
 */
#include "lib/held_now.bpf.h"
#include "lib/ledger.bpf.h"
#include "lib/reason.bpf.h"
#include "lib/runq.bpf.h"

struct news {
	__u32 at;		/* The slot that is looked at. */
	__u32 told;
};

static __always_inline void tell_queue(struct task_struct *task, const struct ll_thread *thread,
				       struct ll_record *record)
{
	struct ll_queued queued = {};
	__u64 now_ns = ll_now();
	struct ll_cpu *cpu;
	__u32 key = 0;

	record->queued_before_ns = LL_PROBED(task, sched_info.run_delay) - thread->run_delay_ns;
	if (record->queued_ns >= now_ns)
		return;
	cpu = bpf_map_lookup_percpu_elem(&ll_cpus, &key, ll_task_cpu(task));
	if (!cpu)
		return;
	ll_who_ran(cpu, thread, record->queued_before_ns, true, record->queued_ns, now_ns, &queued);
	ll_limit_queued(&queued, now_ns - record->queued_ns);
	record->queued_self_ns = queued.self_ns;
	record->queued_neighbour_ns = queued.neighbour_ns;
	record->queued_throttled_ns = ll_held_so_far(task, cpu, record->queued_ns, now_ns);
}

/* It waits for a descriptor: what is behind that, its slot does not say. */
static __always_inline bool has_peer(const struct ll_slot *slot)
{
	return slot->state == LL_STATE_BLOCKED &&
	       (slot->reason == LL_WAIT_NETWORK || slot->reason == LL_WAIT_IPC ||
		slot->reason == LL_WAIT_POLL) &&
	       features & LL_FEATURE_PEERS;
}

static __always_inline void tell_peer(struct task_struct *task, __u32 fd,
				      const struct ll_slot *slot, struct ll_record *record)
{
	if (slot->reason == LL_WAIT_POLL)
		record->polled = (__u64)ll_file_of(task, fd);
	else
		ll_tell_peer(task, fd, &record->peer);
}

/* By the freezer of version 1, in a wait for something else: see frozen.bpf.h. */
static __always_inline bool is_frozen(struct task_struct *task, const struct ll_slot *slot)
{
	return slot->state == LL_STATE_BLOCKED && slot->reason != LL_WAIT_STOPPED &&
	       ll_task_state_probed(task) & LL_TASK_FROZEN;
}

/* False: the thread is gone. */
static __always_inline bool tell(const struct ll_slot *slot, const struct ll_owner *owner,
				 __u64 queued_ns, struct ll_record *record)
{
	struct task_struct *task = (struct task_struct *)owner->task;
	__u32 seq = *(const volatile __u32 *)&slot->seq;
	/* Who the slot belonged to before the task was read: at the end it must be the same thread. */
	__u32 tid = *(const volatile __u32 *)&slot->tid;
	__u64 started_ns = *(const volatile __u64 *)&slot->started_ns;
	__u64 since_ns = slot->since_ns;
	struct ll_thread thread;

	if (!task || !tid || LL_PROBED(task, pid) != tid ||
	    bpf_probe_read_kernel(&thread, sizeof(thread), (const void *)owner->thread))
		return false;
	__builtin_memset(record, 0, sizeof(*record));
	record->began_ns = since_ns;
	record->started_ns = started_ns;
	record->tid = tid;
	record->tgid = slot->tgid;
	record->pool = thread.pool;
	__builtin_memcpy(record->name, thread.name, LL_NAME_SIZE);
	record->kernel = !!(LL_PROBED(task, flags) & LL_PF_KTHREAD);
	record->state = queued_ns ? LL_STATE_RUNNABLE : slot->state;
	record->reason = slot->reason;
	record->left_out = ll_is_void(&thread, since_ns, features);
	record->queued_ns = queued_ns;
	if (queued_ns)
		tell_queue(task, &thread, record);
	else if (has_peer(slot) && thread.fd >= 0)
		tell_peer(task, thread.fd, slot, record);
	barrier();
	if (!(seq & 1) && seq == *(const volatile __u32 *)&slot->seq)
		record->since_ns = since_ns;	/* Else it switches, and this is of no interval. */
	return tid == *(const volatile __u32 *)&slot->tid &&
	       started_ns == *(const volatile __u64 *)&slot->started_ns;
}

/* What is remembered of a thread, as far as it can change unseen. */
struct known {
	__u32 image;
	char name[LL_NAME_SIZE];
};

/* Either may be gone: then a walk is made for nothing. */
static __always_inline bool has_changed(struct task_struct *task, __u64 thread)
{
	struct known known, now = {};

	thread += __builtin_offsetof(struct ll_thread, image);
	if (bpf_probe_read_kernel(&known, sizeof(known), (const void *)thread))
		return false;
	now.image = LL_PROBED(task, self_exec_id);
	bpf_probe_read_kernel_str(now.name, sizeof(now.name), ll_name_of(task));
	return known.image != now.image || !ll_is_same_name(known.name, now.name);
}

static long look_at(__u32 i, void *context)
{
	struct news *news = context;
	__u32 index = news->at, told = news->told;
	struct ll_slot *slot = bpf_map_lookup_elem(&ll_slots, &index);
	struct ll_owner *owner = bpf_map_lookup_elem(&ll_owners, &index);
	struct task_struct *task;
	struct ll_record *record;
	__u64 queued_ns = 0;

	if (!slot || !owner || index > slots_given)
		return 1;
	task = (struct task_struct *)owner->task;
	if (task && events_left_out && has_changed(task, owner->thread))
		ll_want_walk();
	if (task && slot->state != LL_STATE_RUNNING)
		queued_ns = LL_PROBED(task, sched_info.last_queued);
	if (task && !queued_ns && is_frozen(task, slot))
		ll_want_walk();	/* Which adds up for how long. */
	if (task && (queued_ns || slot->started_ns >= news_begin_ns ||
		     (has_peer(slot) && slot->since_ns >= news_waits_ns))) {
		record = bpf_map_lookup_elem(&ll_news, &told);
		if (!record)
			return 1;
		record->slot = 0;
		if (tell(slot, owner, queued_ns, record)) {
			record->slot = index;
			news->told++;
		}
	}
	news->at++;
	return 0;
}

SEC("syscall")
int ll_look_for_news(void *ctx)
{
	struct news news = { .at = news_at };

	bpf_loop(LL_NEWS_SLOTS, look_at, &news, 0);
	news_at = news.at;
	return news.told;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
