// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/process_facts.h"

#include "absl/strings/str_cat.h"
#include "agent/src/sampler/proc_parse.h"

namespace loadline::agent {

ProcessFacts ReadProcessFacts(const ProcFs& proc, pid_t tgid) {
  ProcessFacts facts;
  facts.name = proc.ReadAll(absl::StrCat(tgid, "/comm"));
  if (facts.name.ends_with('\n')) {
    facts.name.pop_back();
  }
  const auto status = ParseStatus(proc.ReadAll(absl::StrCat(tgid, "/status")));
  facts.pid_inner = status ? status->inner_tid : 0;
  return facts;
}

}  // namespace loadline::agent
