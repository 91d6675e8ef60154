// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent/src/diagnosis/make_report.h"
#include "agent/src/diagnosis/pool_case.h"
#include "agent/src/model/bottleneck_book.h"
#include "agent/src/model/histogram_book.h"
#include "agent/src/model/host_model.h"
#include "agent/src/model/registry.h"
#include "agent/src/model/series_book.h"
#include "agent/src/publish/view_board.h"
#include "agent/src/sampler/container_book.h"
#include "agent/src/sampler/family_book.h"
#include "agent/src/sampler/proc_cpus.h"
#include "agent/src/sampler/source.h"
#include "agent/src/selfwatch/overhead_budget.h"
#include "agent/src/selfwatch/own_cost.h"
#include "loadline/steady_clock.h"

namespace loadline::agent {

// Source -> model -> board, one reading at a time, with as much detail as the budget allows.
//
// Thread safety: Read() from one thread; stats() from any.
class HostSampler {
 public:
  struct Options {
    pid_t own_tgid = 0;
    int cpus = 1;
    std::size_t pools_max = 200;
    OverheadBudget::Options budget = {};
    // CPU time of this process; to be called from the thread that reads.
    std::function<double()> own_cpu_seconds = [] { return ReadOwnCost().cpu_seconds; };
    // Seconds since 1970: what a report dates waits by.
    std::function<double()> unix_time = UnixSeconds;
    // Told of each diagnosis before it is posted. Empty: nobody is.
    std::function<void(const Diagnosed&, Clock::Time)> record = {};
  };
  struct Stats {
    std::uint64_t ok = 0;
    std::uint64_t failed = 0;
    Clock::Duration time{};  // Spent in reading and modelling.
  };

  // All must outlive the sampler.
  HostSampler(const Options& options, Source& source, const Registry& registry, ViewBoard& board,
              const Clock& clock);

  // A source that fails leaves the board as it was.
  absl::Status Read();

  Stats stats() const;

 private:
  absl::Status ReadSource(const std::vector<Registration>& registered);
  void TakeHistograms(std::vector<PoolRow>& rows);
  void KeepToBudget();
  DetailView CurrentDetail() const;
  void NameContainers(std::vector<PoolRow>& rows);
  void NameBottlenecks(std::vector<PoolRow>& rows);
  void TakeQueues();
  pid_t RootOf(pid_t tgid) const;
  std::shared_ptr<const Diagnosed> Diagnose(HostView& view);
  static void NameCauses(const std::vector<PoolAndEvidence>& evidence,
                         const std::vector<PoolCase>& cases, std::vector<PoolRow>& rows);

  const Options options_;
  Source& source_;
  const Registry& registry_;
  ViewBoard& board_;
  const Clock& clock_;
  std::optional<ProcFs> proc_;  // Not without /proc; nor the next two.
  HostModel model_;
  SeriesBook series_;
  HistogramBook histograms_;
  OverheadBudget budget_;
  std::optional<ContainerBook> containers_;
  std::optional<FamilyBook> families_;
  std::optional<ProcCpus> cpus_;
  BottleneckBook bottlenecks_;
  CaseBook cases_;
  const Clock::Time started_at_;
  HostReading reading_;  // Kept for its memory.
  mutable absl::Mutex mutex_;
  Stats stats_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace loadline::agent
