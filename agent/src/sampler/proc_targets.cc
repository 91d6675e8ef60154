// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/proc_targets.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "agent/src/sampler/proc_text.h"

namespace loadline::agent {
namespace {

using enum WaitReason;

// A driver that polls before it receives has one or two; more is an event loop.
constexpr std::uint64_t kPolledMax = 4;

// Of select(): what fd_set holds.
constexpr std::uint64_t kSelectedMax = 1024;

constexpr std::string_view kSocketLink = "socket:[";

std::optional<std::uint64_t> SocketInode(std::string_view link) {
  std::uint64_t inode = 0;
  if (link.starts_with(kSocketLink) && link.ends_with(']') &&
      ToNumber(link.substr(kSocketLink.size(), link.size() - kSocketLink.size() - 1), inode)) {
    return inode;
  }
  return std::nullopt;
}

WaitReason ReasonOfLink(std::string_view link) {
  if (link.empty()) {
    return kOther;
  }
  if (link.starts_with("anon_inode:[timerfd]")) {
    return kSleep;
  }
  if (link.starts_with("anon_inode:[signalfd]")) {
    return kSignal;
  }
  if (link.starts_with("pipe:") || link.starts_with("anon_inode:") || link.starts_with("/dev/")) {
    return kIpc;
  }
  return kDisk;
}

}  // namespace

absl::Status ProcIdleAddresses::Add(pid_t tgid, std::uint64_t start, std::uint32_t length) {
  std::vector<Range>& ranges = ranges_[tgid];
  if (ranges.size() >= kRangesMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("idle addresses of process ", tgid, ": at most ", kRangesMax, " ranges"));
  }
  ranges.push_back({start, length});
  return absl::OkStatus();
}

bool ProcIdleAddresses::Contains(pid_t tgid, std::uint64_t address) const {
  const auto found = ranges_.find(tgid);
  return found != ranges_.end() && std::ranges::any_of(found->second, [address](const Range& r) {
           return address >= r.start && address - r.start < r.length;
         });
}

ProcWait ProcThreadTargets::OfDescriptor(std::uint64_t fd) {
  const std::string link = world_.proc.ReadLink(
      absl::StrCat(tgid_, "/task/", tid_, "/fd/", static_cast<std::uint32_t>(fd)));
  const std::optional<std::uint64_t> inode = SocketInode(link);
  if (!inode) {
    return {ReasonOfLink(link), {}};
  }
  const std::optional<ProcSocket> socket = world_.sockets.Find(tgid_, *inode);
  if (!socket) {
    return {kIpc, {}};
  }
  if (socket->listening) {
    return {kPoll, {}};
  }
  return {.reason = kNetwork,
          .peer = socket->peer,
          .asks = socket->inbound ? Asks::kRequest : Asks::kUnknown};
}

ProcWait ProcThreadTargets::OfPoll(const ProcCall& call) {
  const std::uint64_t count = call.arguments[1];
  std::array<pollfd, kPolledMax> polled{};
  if (count > kPolledMax ||
      !world_.proc.ReadMemory(tgid_, call.arguments[0], polled.data(), count * sizeof(pollfd))) {
    return {kPoll, {}};
  }
  std::vector<int> fds;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (polled[i].fd >= 0) {
      fds.push_back(polled[i].fd);
    }
  }
  return OfSet(fds);
}

ProcWait ProcThreadTargets::OfSelect(const ProcCall& call) {
  const auto [count, to_read, to_write] =
      std::array{call.arguments[0], call.arguments[1], call.arguments[2]};
  if (count == 0 && to_read == 0 && to_write == 0) {
    return {kSleep, {}};  // The portable way to sleep.
  }
  const std::uint64_t set = to_read != 0 ? to_read : to_write;
  std::array<std::uint64_t, kSelectedMax / 64> bits{};
  const std::size_t words = (count + 63) / 64;
  if (set == 0 || words > bits.size() ||
      !world_.proc.ReadMemory(tgid_, set, bits.data(), words * sizeof(bits[0]))) {
    return {kPoll, {}};
  }
  std::vector<int> fds;
  for (std::uint64_t fd = 0; fd < count; ++fd) {
    if ((bits[fd / 64] >> (fd % 64) & 1) != 0) {
      fds.push_back(static_cast<int>(fd));
    }
  }
  return fds.size() > kPolledMax ? ProcWait{kPoll, {}} : OfSet(fds);
}

bool ProcThreadTargets::IsIdleAddress(std::uint64_t futex) {
  return world_.idle.Contains(tgid_, futex);
}

bool ProcThreadTargets::IsJvm() {
  return std::string_view(world_.proc.ReadLink(absl::StrCat(tgid_, "/exe"))).ends_with("/java");
}

// The far end of the first, if all are of one kind: that is a driver which polls before it
// receives.
ProcWait ProcThreadTargets::OfSet(const std::vector<int>& fds) {
  ProcWait all{kPoll, {}};
  for (const int fd : fds) {
    ProcWait wait = OfDescriptor(static_cast<std::uint64_t>(fd));
    if (!Info(wait.reason).has_peer || (all.reason != kPoll && all.reason != wait.reason)) {
      return {kPoll, {}};
    }
    if (all.reason == kPoll) {
      all = std::move(wait);
    }
  }
  return all;
}

}  // namespace loadline::agent
