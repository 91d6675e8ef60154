// SPDX-License-Identifier: Apache-2.0
#include "agent/src/naming/name_match.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "fmt/format.h"

namespace loadline::agent {
namespace {

constexpr std::size_t kCommandMax = 15;  // The kernel keeps no more of a command.
constexpr std::size_t kIdMin = 6;        // Fewer characters of a container's id are a guess.
constexpr std::size_t kNearMax = 3;

bool IsCommand(std::string_view name, std::string_view command) {
  return name == command || (name.size() > kCommandMax && name.substr(0, kCommandMax) == command);
}

// `container` is "nginx.service", "docker/5c1f0a7b2d3e" or "kubernetes/POD/5c1f0a7b2d3e".
bool IsContainer(std::string_view name, std::string_view container) {
  if (container.empty()) {
    return false;
  }
  constexpr std::string_view kUnitEnd = ".service";
  if (name == container || (container.ends_with(kUnitEnd) &&
                            name == container.substr(0, container.size() - kUnitEnd.size()))) {
    return true;
  }
  const std::size_t slash = container.rfind('/');
  if (slash == std::string_view::npos) {
    return false;
  }
  const std::string_view id = container.substr(slash + 1);
  const bool like_id = name.size() >= kIdMin && std::ranges::all_of(name, [](unsigned char c) {
                         return absl::ascii_isxdigit(c);
                       });
  return name == id || (like_id && (id.starts_with(name) || name.starts_with(id)));
}

bool IsProcess(std::string_view name, const PoolNames& pool) {
  return name == std::to_string(pool.pid) || name == pool.service ||
         IsCommand(name, pool.service) ||
         (!pool.command.empty() && IsCommand(name, pool.command)) ||
         IsContainer(name, pool.container);
}

// A '*' of a pool's name stands for the digits by which its threads differ.
bool IsPool(std::string_view name, std::string_view pool) {
  if (name == pool) {
    return true;
  }
  while (!pool.empty()) {
    if (pool.front() == '*') {
      const std::size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
      if (digits == 0) {
        return false;
      }
      name.remove_prefix(digits);
    } else if (name.empty() || name.front() != pool.front()) {
      return false;
    } else {
      name.remove_prefix(1);
    }
    pool.remove_prefix(1);
  }
  return name.empty();
}

// How many characters have to be put in, left out or changed (Levenshtein 1965).
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t above_left = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, above_left + (a[i] == b[j] ? 0 : 1)});
      above_left = above;
    }
  }
  return row.back();
}

// How unlike they are; a name that is part of the other is near.
std::size_t Unlike(std::string_view a, std::string_view b) {
  const bool part = a.size() >= 3 && b.size() >= 3 &&
                    (a.find(b) != std::string_view::npos || b.find(a) != std::string_view::npos);
  return part ? 1 : Distance(a, b);
}

}  // namespace

bool NameMatch::Takes(const PoolNames& pool) const {
  const std::string_view name = name_;
  if (name.empty() || IsProcess(name, pool)) {
    return true;
  }
  for (std::size_t at = name.find('/'); at != std::string_view::npos; at = name.find('/', at + 1)) {
    if (IsProcess(name.substr(0, at), pool) && IsPool(name.substr(at + 1), pool.pool)) {
      return true;
    }
  }
  return false;
}

absl::Status NoSuchName(std::string_view name, std::span<const PoolNames> known) {
  // What a person would have typed for each: of a process's pools only where the process is right.
  std::set<std::string> candidates;
  std::set<std::string> pools;
  for (const PoolNames& pool : known) {
    candidates.emplace(pool.service);
    candidates.emplace(pool.container);
    for (std::size_t at = name.find('/'); at != std::string_view::npos;
         at = name.find('/', at + 1)) {
      if (IsProcess(name.substr(0, at), pool)) {
        pools.insert(fmt::format("{}/{}", name.substr(0, at), pool.pool));
      }
    }
  }
  if (!pools.empty()) {
    candidates = pools;
  }
  candidates.erase("");
  std::vector<std::pair<std::size_t, std::string>> near;
  // Longer ones are no names of this host, and would only cost time.
  const std::string_view wanted = name.substr(0, 256);
  for (const std::string& candidate : candidates) {
    const std::size_t unlike = Unlike(wanted, candidate);
    if (pools.contains(candidate) || unlike <= std::max<std::size_t>(2, wanted.size() / 3)) {
      near.emplace_back(unlike, candidate);
    }
  }
  std::ranges::sort(near);
  near.resize(std::min(near.size(), kNearMax));
  std::string message =
      fmt::format("no service, command, unit, container or pid here is called \"{}\"",
                  absl::CHexEscape(std::string(wanted)));
  for (std::size_t i = 0; i < near.size(); ++i) {
    message += (i == 0 ? "; near it: " : ", ") + near[i].second;
  }
  return absl::NotFoundError(message);
}

}  // namespace loadline::agent
