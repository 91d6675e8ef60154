// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/unix_paths.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/src/kernel/peer_text.h"
#include "agent/src/sampler/proc_text.h"

namespace loadline::agent {

// "0000000000000000: 00000002 00000000 00010000 0001 01 12345 /run/x.sock" a line.
std::vector<std::string_view> PathsIn(std::string_view text) {
  std::vector<std::string_view> paths;
  Words lines(text, "\n");
  for (std::string_view line = lines.Next(); !line.empty(); line = lines.Next()) {
    std::size_t at = 0;
    for (int word = 0; word < 7 && at != std::string_view::npos; ++word) {
      at = line.find_first_not_of(' ', line.find(' ', at));
    }
    if (at != std::string_view::npos && (line[at] == '/' || line[at] == '@')) {
      paths.push_back(line.substr(at));
    }
  }
  return paths;
}

UnixPaths::UnixPaths(const std::string& proc) {
  if (absl::StatusOr<ProcFs> opened = ProcFs::Open(proc); opened.ok()) {
    proc_.emplace(*std::move(opened));
  }
}

void UnixPaths::Complete(pid_t tgid, std::string& text) {
  if (!proc_.has_value() || !text.starts_with(kCutPath)) {
    return;
  }
  if (known_.size() >= kEndingsMax) {
    known_.clear();
  }
  Known& known = known_[text];
  if (known.path.empty() || (known.again_at != 0 && reading_ >= known.again_at)) {
    const std::string table = proc_->ReadAll(absl::StrCat(proc_->OfProcess(tgid), "/net/unix"));
    const std::string_view ending = std::string_view(text).substr(kCutPath.size());
    std::string_view found;
    bool several = false;
    for (const std::string_view path : PathsIn(table)) {
      if (path.ends_with(ending)) {
        several |= !found.empty() && found != path;
        found = path;
      }
    }
    const bool complete = !found.empty() && !several;
    known.path = complete ? std::string(found) : text;
    known.again_at = complete ? 0 : reading_ + kTryAgain;
  }
  text = known.path;
}

}  // namespace loadline::agent
