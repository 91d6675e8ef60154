// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/proc_parse.h"

#include "agent/src/sampler/proc_text.h"

namespace loadline::agent {
namespace {

constexpr std::uint64_t kKernelThreadFlag = 0x00200000;  // PF_KTHREAD.

// The rest of the line that starts with `key`.
std::string_view LineOf(std::string_view text, std::string_view key) {
  std::size_t at = text.find(key);
  while (at != std::string_view::npos && at > 0 && text[at - 1] != '\n') {
    at = text.find(key, at + 1);
  }
  if (at == std::string_view::npos) {
    return {};
  }
  text.remove_prefix(at + key.size());
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::optional<ProcSchedStat> ParseSchedStat(std::string_view text) {
  Words words(text);
  ProcSchedStat stat;
  if (!ToNumber(words.Next(), stat.on_cpu_ns) || !ToNumber(words.Next(), stat.run_delay_ns) ||
      !ToNumber(words.Next(), stat.runs)) {
    return std::nullopt;
  }
  return stat;
}

std::optional<ProcStat> ParseStat(std::string_view text) {
  // The name may hold blanks and parentheses: it ends at the last one.
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::nullopt;
  }
  ProcStat stat{.comm = text.substr(open + 1, close - open - 1)};
  Words words(text.substr(close + 1));
  const std::string_view state = words.Next();
  ToNumber(words.Next(), stat.parent);
  words.Skip(4);  // pgrp, session, tty_nr, tpgid
  std::uint64_t flags = 0;
  if (state.size() != 1 || !ToNumber(words.Next(), flags)) {
    return std::nullopt;
  }
  words.Skip(12);  // minflt ... itrealvalue
  if (!ToNumber(words.Next(), stat.started_ticks)) {
    return std::nullopt;
  }
  words.Skip(5);  // vsize, rss, rsslim, startcode, endcode
  ToNumber(words.Next(), stat.stack_start);
  stat.state = state.front();
  stat.kernel = (flags & kKernelThreadFlag) != 0;
  return stat;
}

std::optional<ProcStatus> ParseStatus(std::string_view text) {
  ProcStatus status;
  ToNumber(Words(LineOf(text, "NSpid:")).Last(), status.inner_tid);
  if (!ToNumber(Words(LineOf(text, "voluntary_ctxt_switches:")).Last(), status.voluntary) ||
      !ToNumber(Words(LineOf(text, "nonvoluntary_ctxt_switches:")).Last(), status.involuntary)) {
    return std::nullopt;
  }
  return status;
}

std::optional<ProcCall> ParseCall(std::string_view text) {
  Words words(text);
  ProcCall call;
  if (!ToNumber(words.Next(), call.number)) {
    return std::nullopt;  // "running", or nothing.
  }
  for (std::uint64_t& argument : call.arguments) {
    const std::string_view word = words.Next();
    if (word.starts_with("0x")) {
      ToNumber(word.substr(2), argument, 16);
    }
  }
  return call;
}

}  // namespace loadline::agent
