// SPDX-License-Identifier: Apache-2.0
#include "agent/src/diagnosis/pool_case.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "agent/src/model/label_text.h"
#include "agent/src/model/ranking.h"

namespace loadline::agent {
namespace {

// A culprit with a name is told rather than "other" that took up to so many times as much.
constexpr int kNamedFrom = 4;

// Whose quota, whose freezer, whose memory it is.
std::string GroupText(const std::string& group, const PoolCase& one) {
  if (!group.empty()) {
    return LabelText(group);
  }
  return one.container.empty() ? one.process : one.container;
}

struct Members {
  std::vector<const PoolRow*> rows;
  std::vector<const PoolEvidence*> evidence;
};

// The looks of all processes of a service, by when they were made. Of several processes, and of
// several threads, the first takes no work unless it was seen to.
std::map<Clock::Time, Look> LooksOf(const Members& members, pid_t root) {
  std::map<Clock::Time, Look> looks;
  for (std::size_t i = 0; i < members.evidence.size(); ++i) {
    const bool leads = members.evidence.size() > 1 && members.rows[i]->pid == root;
    for (Look look : members.evidence[i]->looks()) {
      if (look.span <= Clock::Duration::zero()) {
        continue;
      }
      if (look.leader_rests_in >= 0 && (leads || look.threads > 1)) {
        --look.resting_in[static_cast<std::size_t>(look.leader_rests_in)];
      }
      looks[look.at].AddUp(look);
    }
  }
  return looks;
}

void TakeWindow(const Members& members, pid_t root, PoolCase& one) {
  LostTime lost;
  Clock::Duration rested{};
  for (auto& [at, look] : LooksOf(members, root)) {
    AddLook(look, one);
    lost.Add(look.lost);
    rested += look.rested;
    one.window += look.span;
    one.last = std::move(look);
  }
  if (one.window <= Clock::Duration::zero()) {
    return;
  }
  const double seconds = Seconds(one.window);
  one.active = Seconds(lost.Sum()) / seconds;
  one.rested = Seconds(rested) / seconds;
  one.parts = lost.parts();
  for (LostPart& part : one.parts) {
    if (part.cause == Cause::kQuota) {
      part.culprit = GroupText(one.groups.cpu, one);
    } else if (part.cause == Cause::kFrozen) {
      part.culprit = GroupText(one.groups.freezer, one);
    } else if (part.cause == Cause::kMemory) {
      part.culprit = GroupText(one.groups.memory, one);
    }
  }
  std::ranges::stable_sort(one.parts, std::greater(), &LostPart::time);
  one.facts.threads = one.threads.all();
  one.facts.active = one.active;
  one.facts.ran_share = one.ShareOf(Cause::kCpu) + one.ShareOf(Cause::kOwnQueue);
}

void TakeLongest(const Members& members, PoolCase& one) {
  for (const PoolEvidence* evidence : members.evidence) {
    for (LongestWait& wait : evidence->longest_waits()) {
      const auto same = std::ranges::find(one.longest, wait.cause, &LongestWait::cause);
      if (same == one.longest.end()) {
        one.longest.push_back(std::move(wait));
      } else if (same->length < wait.length) {
        *same = std::move(wait);
      }
    }
  }
}

void TakeDoors(std::span<const Door> doors, PoolCase& one) {
  for (const Door& door : doors) {
    const bool mine = std::ranges::any_of(door.tgids, [&](pid_t tgid) {
      return std::ranges::find(one.pids, tgid) != one.pids.end();
    });
    if (mine) {
      one.doors.push_back(door);
    }
  }
  std::ranges::stable_sort(one.doors, std::greater(), &Door::queue);
}

}  // namespace

void AddLook(const Look& look, PoolCase& one) {
  SeverityFacts& facts = one.facts;
  if (look.threads == 0) {
    return;
  }
  ++facts.looks;
  one.free = look.Free();
  const bool none_free = one.free == 0 && look.resting < look.threads;
  facts.none_free += none_free ? 1 : 0;
  facts.undecided += none_free && look.undecided > 0 ? 1 : 0;
  facts.waited_for += look.queue > 0 || look.unread > 0 ? 1 : 0;
  facts.awake += look.awake > 0 ? 1 : 0;
  facts.clients |= look.clients > 0;
  facts.rests |= look.busy_rest_in != 0 || (look.busy == 0 && one.free > 0);
  one.drops += look.drops;
  one.queue = look.queue;
}

double PoolCase::ShareOf(Cause cause) const {
  Clock::Duration all{};
  Clock::Duration its{};
  for (const LostPart& part : parts) {
    all += part.time;
    its += part.cause == cause ? part.time : Clock::Duration{};
  }
  return all > Clock::Duration::zero() ? Seconds(its) / Seconds(all) : 0;
}

const LostPart* PoolCase::Most(Cause cause) const {
  const LostPart* most = nullptr;
  for (const LostPart& part : parts) {  // Most time first.
    if (part.cause != cause) {
      continue;
    }
    const bool named = !part.culprit.empty() && part.culprit != kOther;
    if (named && (most == nullptr || part.time >= most->time / kNamedFrom)) {
      return &part;
    }
    most = most == nullptr ? &part : most;
  }
  return most;
}

std::vector<PoolCase> CaseBook::Update(const Input& input) {
  ++reading_;
  absl::flat_hash_map<std::pair<pid_t, std::string_view>, const PoolEvidence*> evidence;
  for (const PoolAndEvidence& one : input.evidence) {
    evidence[{one.row->pid, one.row->pool}] = one.evidence;
  }
  std::map<Key, Members> services;
  for (const PoolRow& row : input.rows) {
    const auto found = evidence.find({row.pid, row.pool});
    if (row.pid == PoolBook::kKernelPid || row.threads.all() == 0 || found == evidence.end()) {
      continue;
    }
    const pid_t root = input.root_of ? input.root_of(row.pid) : row.pid;
    Members& members = services[{root, row.pool, row.container}];
    members.rows.push_back(&row);
    members.evidence.push_back(found->second);
  }
  std::vector<PoolCase> cases;
  cases.reserve(services.size());
  for (const auto& [key, members] : services) {
    PoolCase& one = cases.emplace_back();
    const pid_t root = std::get<0>(key);
    const PoolRow* eldest = members.rows.front();
    for (const PoolRow* row : members.rows) {
      eldest = row->pid == root ? row : eldest;
      one.pids.push_back(row->pid);
      one.threads += row->threads;
      one.registered |= row->registered;
    }
    std::ranges::sort(one.pids);
    std::stable_partition(one.pids.begin(), one.pids.end(), [&](pid_t pid) { return pid == root; });
    one.process = eldest->process;
    one.container = eldest->container;
    one.groups = eldest->groups;
    one.pool = eldest->pool;
    TakeWindow(members, root, one);
    TakeLongest(members, one);
    TakeDoors(input.doors, one);
    one.severity = SeverityOf(one.facts);
    Lasting& lasting = lasting_[key];
    if (lasting.seen == 0 || lasting.severity != one.severity) {
      lasting.severity = one.severity;
      lasting.since = input.at;
    }
    lasting.seen = reading_;
    one.severity_for = input.at - lasting.since;
  }
  std::erase_if(lasting_, [&](const auto& entry) { return entry.second.seen != reading_; });
  return cases;
}

}  // namespace loadline::agent
