// SPDX-License-Identifier: Apache-2.0
#include "agent/src/daemon/host_sampler.h"

#include <string>
#include <utility>

#include "agent/src/model/label_text.h"

namespace loadline::agent {

HostSampler::HostSampler(const Options& options, Source& source, const Registry& registry,
                         ViewBoard& board, const Clock& clock)
    : options_(options),
      source_(source),
      registry_(registry),
      board_(board),
      clock_(clock),
      model_({.own_tgid = options.own_tgid, .cpus = options.cpus}),
      series_({.pools_max = options.pools_max}) {
  if (absl::StatusOr<ProcFs> proc = ProcFs::Open("/proc"); proc.ok()) {
    containers_.emplace(*std::move(proc));
  }
}

void HostSampler::NameContainers(std::vector<PoolRow>& rows) {
  if (!containers_.has_value()) {
    return;
  }
  containers_->Update(reading_);
  for (PoolRow& row : rows) {
    row.container = LabelText(containers_->Of(row.pid));
  }
}

absl::Status HostSampler::Read() {
  const Clock::Time began_at = clock_.Now();
  absl::Status status = source_.ReadHost(reading_);
  if (status.ok()) {
    HostView view;
    view.taken_at = reading_.taken_at;
    view.source = std::string(source_.name());
    view.cpus = options_.cpus;
    view.rows = model_.Update(reading_, registry_.Registrations());
    view.cpu_idle_fraction = model_.cpu_idle_fraction();
    NameContainers(view.rows);
    series_.Update(view.rows);
    view.series = series_.Series();
    view.series_folded_total = series_.folded_total();
    view.losses = reading_.losses;
    view.probe_run_seconds = reading_.probe_run_seconds;
    board_.Post(std::move(view));
  }
  absl::MutexLock lock(&mutex_);
  ++(status.ok() ? stats_.ok : stats_.failed);
  stats_.time += clock_.Now() - began_at;
  return status;
}

HostSampler::Stats HostSampler::stats() const {
  absl::MutexLock lock(&mutex_);
  return stats_;
}

}  // namespace loadline::agent
