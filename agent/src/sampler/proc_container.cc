// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/proc_container.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/src/sampler/proc_text.h"

namespace loadline::agent {
namespace {

// Runtimes name containers by 64 digits; tasks of some have 32. Shorter words are words.
constexpr std::size_t kIdDigitsMin = 32;
constexpr std::size_t kIdDigitsShown = 12;  // As `docker ps` does.

constexpr std::string_view kScope = ".scope";
constexpr std::string_view kService = ".service";
constexpr std::string_view kSession = "session-";
constexpr std::string_view kEscapedHyphen = "\\x2d";

using Parts = std::vector<std::string_view>;

Parts Split(std::string_view path) {
  Parts parts;
  Words words(path, "/:");  // containerd without its systemd driver writes "slice:runtime:id".
  for (std::string_view word = words.Next(); !word.empty(); word = words.Next()) {
    parts.push_back(word);
  }
  return parts;
}

bool IsHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// "cri-containerd-<id>.scope", "<id>": runtime (or nothing) and id. Both empty: not a container.
std::pair<std::string_view, std::string_view> SplitId(std::string_view part) {
  if (part.ends_with(kScope)) {
    part.remove_suffix(kScope.size());
  }
  const std::size_t hyphen = part.rfind('-');
  const bool named = hyphen != std::string_view::npos;
  const std::string_view id = named ? part.substr(hyphen + 1) : part;
  if (id.size() < kIdDigitsMin || !std::ranges::all_of(id, IsHex)) {
    return {};
  }
  return {named ? part.substr(0, hyphen) : std::string_view(), id};
}

std::string_view RuntimeName(std::string_view prefix, std::string_view parent) {
  const std::string_view name = prefix.empty() ? parent : prefix;
  if (name == "cri-containerd") {
    return "containerd";
  }
  return name == "libpod" ? "podman" : name;
}

// "pod3f1d2c4b-5a6b...", "kubepods-burstable-pod3f1d2c4b_5a6b....slice": the pod's uid, as the API
// server writes it. Empty: neither.
std::string PodUid(std::string_view part) {
  constexpr std::string_view kPod = "pod";
  constexpr std::string_view kSlice = ".slice";
  if (part.ends_with(kSlice)) {
    part.remove_suffix(kSlice.size());
    part.remove_prefix(part.rfind('-') == std::string_view::npos ? 0 : part.rfind('-') + 1);
  }
  if (!part.starts_with(kPod) || part.size() == kPod.size()) {
    return {};
  }
  std::string uid(part.substr(kPod.size()));
  std::ranges::replace(uid, '_', '-');
  return uid;
}

// Of the pod around parts[at]; empty: it is in none.
std::string PodAround(const Parts& parts, std::size_t at) {
  const auto begin = parts.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(at);
  const auto tree =
      std::find_if(begin, end, [](auto part) { return part.starts_with("kubepods"); });
  for (auto part = end; tree != end && part-- != tree;) {
    if (std::string uid = PodUid(*part); !uid.empty()) {
      return uid;
    }
  }
  return {};
}

std::string LxcName(std::string_view part, std::string_view parent) {
  constexpr std::string_view kPayload = "lxc.payload";
  if (parent == "lxc" || parent == kPayload) {
    return std::string(part);
  }
  return part.starts_with(kPayload) && part.size() > kPayload.size()
             ? std::string(part.substr(kPayload.size() + 1))
             : std::string();
}

std::string ContainerIn(const Parts& parts) {
  for (std::size_t i = parts.size(); i-- > 0;) {
    const std::string_view parent = i > 0 ? parts[i - 1] : std::string_view();
    const auto [prefix, id] = SplitId(parts[i]);
    if (!id.empty()) {
      const std::string shown(id.substr(0, kIdDigitsShown));
      if (const std::string pod = PodAround(parts, i); !pod.empty()) {
        return absl::StrCat("kubernetes/", pod, "/", shown);
      }
      const bool in_task =
          i > 1 && !SplitId(parent).second.empty();  // An id of several containers.
      const std::string_view runtime = RuntimeName(prefix, in_task ? parts[i - 2] : parent);
      return runtime.empty() ? shown : std::string(runtime) + "/" + shown;
    }
    if (const std::string name = LxcName(parts[i], parent); !name.empty()) {
      return "lxc/" + name;
    }
  }
  return {};
}

std::string Unescaped(std::string_view unit) {
  std::string name(unit);
  for (std::size_t at = name.find(kEscapedHyphen); at != std::string::npos;
       at = name.find(kEscapedHyphen, at + 1)) {
    name.replace(at, kEscapedHyphen.size(), "-");
  }
  return name;
}

std::string UnitIn(const Parts& parts) {
  for (std::size_t i = parts.size(); i-- > 0;) {
    if (parts[i].starts_with(kSession) && parts[i].ends_with(kScope) && i > 0) {
      return Unescaped(parts[i - 1]);  // Sessions are numbered without end; users are not.
    }
    if (parts[i].ends_with(kService) || parts[i].ends_with(kScope)) {
      return Unescaped(parts[i]);
    }
  }
  return {};
}

}  // namespace

std::string ContainerName(std::string_view cgroup) {
  // Any hierarchy may be the one that says it: in a hybrid that of v2 is often "/".
  std::string unit;
  Words lines(cgroup, "\n");
  for (std::string_view line = lines.Next(); !line.empty(); line = lines.Next()) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) {
      continue;
    }
    const Parts parts = Split(line.substr(second + 1));
    if (std::string container = ContainerIn(parts); !container.empty()) {
      return container;
    }
    if (unit.empty()) {
      unit = UnitIn(parts);
    }
  }
  return unit;
}
}  // namespace loadline::agent
