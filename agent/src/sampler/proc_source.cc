// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/proc_source.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "agent/src/sampler/pool_name.h"

namespace loadline::agent {
namespace {

// A thread that does not run is looked at anyway each so many readings: it may have been renamed.
constexpr int kLooksSkippedMax = 16;

// The longest tick of a kernel: sums of a running thread are as old as that, and nothing is wrong.
constexpr Clock::Duration kTickMax = std::chrono::milliseconds(10);

std::string PoolOf(std::string_view name, std::uint32_t assigned) {
  return assigned == 0 ? PoolName(name) : absl::StrCat("#", assigned);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ProcSource>> ProcSource::Create(const Options& options) {
  return Create(options, nullptr);
}

absl::StatusOr<std::unique_ptr<ProcSource>> ProcSource::Create(
    const Options& options, std::unique_ptr<ThreadLooker> looker) {
  absl::StatusOr<ProcFs> proc = ProcFs::Open(options.root);
  if (!proc.ok()) {
    return proc.status();
  }
  const std::string self = proc->ReadLink("self");
  if (options.root == "/proc" && self != absl::StrCat(::getpid())) {
    return absl::FailedPreconditionError(
        absl::StrCat("/proc is of another pid namespace, in which this process is ",
                     self.empty() ? "not there" : self, ", not ", ::getpid(),
                     ": mount one of its own (unshare --mount-proc, or mount -t proc proc /proc)"));
  }
  const auto sched = ParseSchedStat(proc->ReadAll("self/schedstat"));
  if (!sched || (sched->on_cpu_ns == 0 && sched->run_delay_ns == 0 && sched->runs == 0)) {
    return absl::FailedPreconditionError(absl::StrCat(
        options.root,
        "/self/schedstat: must count runs; this kernel was built without CONFIG_SCHED_INFO"));
  }
  return std::unique_ptr<ProcSource>(new ProcSource(options, *std::move(proc), std::move(looker)));
}

ProcSource::ProcSource(const Options& options, ProcFs proc, std::unique_ptr<ThreadLooker> looker)
    : clock_(*options.clock),
      name_(options.name),
      cannot_know_(options.cannot_know),
      looker_(std::move(looker)),
      proc_(std::move(proc)),
      reader_(proc_, clock_),
      split_(proc_, options.cpus),
      uptime_host_(Uptime()) {}

absl::Status ProcSource::ReadHost(HostReading& out) {
  BeginReading(true, out);
  if (absl::Status status = LookAtThreads({}, out); !status.ok()) {
    return status;
  }
  if (out.threads.empty()) {
    return absl::UnavailableError("proc: no process can be read");
  }
  FinishReading(nullptr, out);
  return absl::OkStatus();
}

absl::Status ProcSource::ReadRegistered(std::span<const pid_t> tgids, HostReading& out) {
  BeginReading(true, out);
  out.detail.set(Feature::kUnregistered, false);
  const Processes only(tgids.begin(), tgids.end());
  if (absl::Status status = LookAt(only, out); !status.ok()) {
    return status;
  }
  FinishReading(&only, out);
  return absl::OkStatus();
}

void ProcSource::FinishReading(const Processes* only, HostReading& out) {
  SplitRunQueue(out);
  FoldThoseGone(only, out);
  ReportTotals(out);
  out.has_doors = false;
  if (looker_ != nullptr && detail_.has(Feature::kPeers)) {
    looker_->ReadDoors(out);
  }
  uptime_host_ = uptime_;
}

absl::Status ProcSource::ReadProcesses(std::span<const pid_t> tgids, HostReading& out) {
  BeginReading(false, out);
  if (absl::Status status = LookAt(Processes(tgids.begin(), tgids.end()), out); !status.ok()) {
    return status;
  }
  SplitRunQueue(out);
  return absl::OkStatus();
}

void ProcSource::BeginReading(bool host, HostReading& out) {
  ++reading_;
  out.taken_at = clock_.Now();
  out.threads.clear();
  out.exited.clear();
  out.peers.clear();
  out.losses.clear();
  out.probe_run_seconds = 0;
  out.detail = detail_;
  uptime_ = Uptime();
  reader_.BeginReading(host);
}

// An empty list means everybody to a looker.
absl::Status ProcSource::LookAt(const Processes& processes, HostReading& out) {
  const std::vector<pid_t> tgids(processes.begin(), processes.end());
  return tgids.empty() ? absl::OkStatus() : LookAtThreads(tgids, out);
}

absl::Status ProcSource::LookAtThreads(std::span<const pid_t> tgids, HostReading& out) {
  if (looker_ == nullptr) {
    const std::vector<pid_t> all = tgids.empty() ? proc_.Numbers(".") : std::vector<pid_t>();
    for (const pid_t tgid : tgids.empty() ? std::span<const pid_t>(all) : tgids) {
      ReadProcess(tgid, out);
    }
    return absl::OkStatus();
  }
  if (absl::Status status = looker_->Look(tgids, looked_); !status.ok()) {
    return status;
  }
  for (LookedThread& thread : looked_) {
    ProcWait& wait = thread.look.wait;
    if (wait.futex != 0 && reader_.idle().Contains(thread.tgid, wait.futex)) {
      wait.reason = WaitReason::kIdle;
    }
    Take(thread.tgid, thread.tid,
         {.look = std::move(thread.look), .facts = std::move(thread.facts)}, out);
  }
  reclassify_.clear();
  return absl::OkStatus();
}

void ProcSource::ReadProcess(pid_t tgid, HostReading& out) {
  for (const pid_t tid : proc_.Numbers(absl::StrCat(tgid, "/task"))) {
    ReadThread(tgid, tid, out);
  }
  reclassify_.erase(tgid);
}

void ProcSource::ReadThread(pid_t tgid, pid_t tid, HostReading& out) {
  const auto found = threads_.find(tid);
  const bool known = found != threads_.end() && found->second.tgid == tgid;
  const bool must_look =
      !known || found->second.looks_skipped >= kLooksSkippedMax || reclassify_.contains(tgid);
  const std::optional<ProcReader::Result> result =
      reader_.Read(tgid, tid, must_look ? nullptr : &found->second.account.last());
  if (!result) {
    return;
  }
  if (!result->facts) {
    Thread& thread = found->second;
    thread.account.AdvanceBlocked(result->look.at);
    ++thread.looks_skipped;
    thread.seen = reading_;
    Emit(tid, thread, out);
    return;
  }
  Take(tgid, tid, *result, out);
}

void ProcSource::Take(pid_t tgid, pid_t tid, ProcReader::Result result, HostReading& out) {
  ProcWait& wait = result.look.wait;
  if (const auto known = threads_.find(tid); wait.restarted && known != threads_.end()) {
    wait.reason = known->second.before;
  }
  Thread& thread = Renew(tgid, tid, result);
  if (result.look.state == ThreadState::kBlocked && !Info(wait.reason).stopped) {
    thread.before = wait.reason;
  }
  thread.looks_skipped = 0;
  thread.seen = reading_;
  losses_.reasons_unreadable += thread.facts.reason_readable ? 0 : 1;
  losses_.overbooked += thread.account.overbooked() > kTickMax ? 1 : 0;
  KeepPeers(thread);
  Emit(tid, thread, out);
}

ProcSource::Thread& ProcSource::Renew(pid_t tgid, pid_t tid, const ProcReader::Result& result) {
  auto found = threads_.find(tid);
  if (found != threads_.end() && (found->second.tgid != tgid || found->second.facts.started_at_ns !=
                                                                    result.facts->started_at_ns)) {
    Fold(found->second);  // Its number was given to another.
    threads_.erase(found);
    found = threads_.end();
  }
  if (found == threads_.end()) {
    return threads_.emplace(tid, Begin(tgid, result)).first->second;
  }
  Thread& thread = found->second;
  const bool another_program = thread.facts.image != 0 && result.facts->image != 0 &&
                               thread.facts.image != result.facts->image;
  const bool same_program = thread.facts.image == result.facts->image && thread.facts.image != 0;
  if (tid == tgid &&
      (another_program || (!same_program && !result.look.MayFollow(thread.account.last())))) {
    const Thread* executed = Executed(thread, result);
    if (executed != &thread) {
      Thread successor = PassOn(thread, executed, result);
      threads_.erase(found);
      return threads_.emplace(tid, std::move(successor)).first->second;
    }
    thread.pool = 0;  // The service that chose it is no more.
  }
  thread.account.Advance(result.look);
  thread.facts = *result.facts;
  return thread;
}

ProcSource::Thread ProcSource::Begin(pid_t tgid, const ProcReader::Result& result) const {
  const Clock::Duration started{static_cast<Clock::Duration::rep>(result.facts->started_at_ns)};
  std::optional<Clock::Duration> lived;
  if (started >= uptime_host_) {
    const Clock::Duration ran{static_cast<Clock::Duration::rep>(result.look.sched.on_cpu_ns +
                                                                result.look.sched.run_delay_ns)};
    lived = std::max(uptime_ - started, ran);
  }
  return {.account = ProcAccount(result.look, lived),
          .facts = *result.facts,
          .tgid = tgid,
          .started_at_ns = result.facts->started_at_ns};
}

// Which thread has executed the program that the process of `first` is now: of those whose counters
// fit, the one that ran least since. Null: none that is known.
const ProcSource::Thread* ProcSource::Executed(const Thread& first,
                                               const ProcReader::Result& result) const {
  const ProcLook& now = result.look;
  const Thread* found = now.MayFollow(first.account.last()) ? &first : nullptr;
  for (const auto& [tid, thread] : threads_) {
    const ProcLook& last = thread.account.last();
    if (thread.tgid == first.tgid && thread.seen != reading_ && now.MayFollow(last) &&
        (found == nullptr || last.sched.runs > found->account.last().sched.runs)) {
      found = &thread;
    }
  }
  return found;
}

// The first thread has ended, and `executed` has its number.
ProcSource::Thread ProcSource::PassOn(Thread& first, const Thread* executed,
                                      const ProcReader::Result& result) {
  Fold(first);
  const Clock::Duration ran{static_cast<Clock::Duration::rep>(result.look.sched.on_cpu_ns)};
  std::optional<Clock::Duration> lived;  // It began, and executed, since the host was read.
  if (ran <= uptime_ - uptime_host_) {
    lived = ran;
  }
  Thread successor{.account = executed == nullptr
                                  ? ProcAccount(result.look, lived)
                                  : ProcAccount(executed->account.last(), std::nullopt),
                   .facts = *result.facts,
                   .tgid = first.tgid,
                   .started_at_ns = static_cast<std::uint64_t>(uptime_.count())};
  if (executed != nullptr) {
    successor.account.Advance(result.look);
  }
  return successor;
}

void ProcSource::Emit(pid_t tid, const Thread& thread, HostReading& out) const {
  const ProcLook& look = thread.account.last();
  ThreadSample& sample = out.threads.emplace_back();
  sample.tid = tid;
  sample.tgid = thread.tgid;
  sample.tid_inner = look.status.inner_tid != 0 ? look.status.inner_tid : tid;
  sample.started_at_ns = thread.started_at_ns;
  sample.name = thread.facts.name;
  sample.kernel = thread.facts.kernel;
  sample.state = look.state;
  sample.in_state = thread.account.in_state();
  if (look.state == ThreadState::kBlocked) {
    sample.reason = look.wait.reason;
    sample.peer = detail_.has(Feature::kPeers) ? look.wait.peer : PeerAddress{};
    sample.futex = look.wait.futex;
    sample.asks = detail_.has(Feature::kPeers) ? look.wait.asks : Asks::kUnknown;
    sample.place = look.wait.place;
    sample.holder = look.wait.holder;
  }
}

// The counters are complete only now.
void ProcSource::SplitRunQueue(HostReading& out) {
  std::vector<ProcQueued> queued;
  absl::flat_hash_set<pid_t> read;
  for (const ThreadSample& sample : out.threads) {
    read.insert(sample.tgid);
    Thread& thread = threads_.find(sample.tid)->second;
    const bool ran = thread.account.on_cpu_new() > Clock::Duration::zero();
    if (ran || thread.account.runq_new() > Clock::Duration::zero()) {
      queued.push_back({.account = &thread.account,
                        .quota_credit = &thread.quota_credit,
                        .tgid = thread.tgid,
                        .pool = PoolOf(thread.facts.name, thread.pool)});
    }
  }
  split_.Book(queued, read);
  for (ThreadSample& sample : out.threads) {
    sample.counters = threads_.find(sample.tid)->second.account.counters();
  }
}

void ProcSource::Fold(Thread& thread) {
  thread.account.End();
  KeepPeers(thread);
  const std::string name = PoolName(thread.facts.name);
  ExitedThreads& sum = exited_[{thread.tgid, name}];
  sum.tgid = thread.tgid;
  sum.name = name;
  sum.counters += thread.account.counters();
  ++sum.threads;
}

void ProcSource::FoldThoseGone(const Processes* only, const HostReading& out) {
  absl::flat_hash_set<pid_t> gone;
  absl::erase_if(threads_, [&](auto& entry) {
    Thread& thread = entry.second;
    if (thread.seen == reading_ || (only != nullptr && !only->contains(thread.tgid))) {
      return false;
    }
    gone.insert(thread.tgid);
    Fold(thread);
    return true;
  });
  for (const ThreadSample& sample : out.threads) {
    gone.erase(sample.tgid);
  }
  for (const pid_t tgid : gone) {
    split_.Forget(tgid);
  }
}

void ProcSource::KeepPeers(Thread& thread) {
  for (ProcPeerWait& wait : thread.account.TakePeerWaits()) {
    const std::string pool = PoolName(thread.facts.name);
    if (!detail_.has(Feature::kPeers)) {
      continue;
    }
    const PeerKey key{thread.tgid, pool, wait.peer.text};
    const auto found = peers_.find(key);
    if (found == peers_.end() && peers_.size() >= kPeersMax) {
      ++losses_.peers_full;
      continue;
    }
    PeerTotal& total = peers_[key];
    total.tgid = thread.tgid;
    total.pool = pool;
    total.peer = std::move(wait.peer);
    total.waited += wait.waited;
    ++total.waits;
  }
}

void ProcSource::ReportTotals(HostReading& out) {
  for (auto& [key, exited] : exited_) {
    out.exited.push_back(std::move(exited));
  }
  exited_.clear();
  absl::flat_hash_set<pid_t> alive;
  for (const ThreadSample& sample : out.threads) {
    alive.insert(sample.tgid);
  }
  for (const auto& [key, total] : peers_) {
    out.peers.push_back(total);
  }
  std::erase_if(peers_, [&](const auto& entry) { return !alive.contains(entry.second.tgid); });
  out.losses = {{"reasons_unreadable", losses_.reasons_unreadable},
                {"idle_addresses_full", losses_.idle_addresses_full},
                {"overbooked", losses_.overbooked},
                {"peers_full", losses_.peers_full}};
}

absl::Status ProcSource::AddIdleAddresses(pid_t tgid, std::uint64_t start, std::uint32_t length) {
  absl::Status added = reader_.idle().Add(tgid, start, length);
  losses_.idle_addresses_full += added.ok() ? 0 : 1;
  reclassify_.insert(tgid);
  return added;
}

void ProcSource::RemoveProcess(pid_t tgid) {
  reader_.idle().Remove(tgid);
  reclassify_.insert(tgid);
  for (auto& [tid, thread] : threads_) {
    thread.pool = thread.tgid == tgid ? 0 : thread.pool;
  }
}

absl::Status ProcSource::AssignPool(pid_t tid, std::uint32_t pool) {
  const auto found = threads_.find(tid);
  if (found == threads_.end()) {
    return absl::NotFoundError(absl::StrCat("thread ", tid, ": not seen yet"));
  }
  found->second.pool = pool;
  return absl::OkStatus();
}

// Since boot, the time that threads' starts are given in. 10 ms exact, as those.
Clock::Duration ProcSource::Uptime() const {
  double seconds = 0;
  const std::string text = proc_.ReadAll("uptime");
  if (!absl::SimpleAtod(text.substr(0, text.find(' ')), &seconds)) {
    return {};
  }
  return std::chrono::duration_cast<Clock::Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace loadline::agent
