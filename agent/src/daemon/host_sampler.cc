// SPDX-License-Identifier: Apache-2.0
#include "agent/src/daemon/host_sampler.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/src/model/label_text.h"
#include "agent/src/sampler/ledgers.h"
#include "agent/src/sampler/pressure.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"

namespace loadline::agent {
namespace {

// Whether it sees waits in moments only.
bool SeesMoments(const Source& source) {
  const std::span<const std::string_view> cannot_know = source.cannot_know();
  return std::ranges::find(cannot_know, std::string_view("waits_between_readings")) !=
         cannot_know.end();
}

// A holder of its own for each: one that is moved from has nothing.
template <typename Holder, typename... Rest>
void OnProc(std::optional<Holder>& holder, Rest... rest) {
  if (absl::StatusOr<ProcFs> proc = ProcFs::Open("/proc"); proc.ok()) {
    holder.emplace(*std::move(proc), rest...);
  }
}

}  // namespace

HostSampler::HostSampler(const Options& options, Source& source, const Registry& registry,
                         ViewBoard& board, const Clock& clock)
    : options_(options),
      source_(source),
      registry_(registry),
      board_(board),
      clock_(clock),
      model_({.own_tgid = options.own_tgid,
              .cpus = options.cpus,
              .process_facts =
                  [this](pid_t tgid) {
                    return proc_.has_value() ? ReadProcessFacts(*proc_, tgid) : ProcessFacts();
                  },
              .root_of = [this](pid_t tgid) { return RootOf(tgid); }}),
      series_({.pools_max = options.pools_max}),
      histograms_(source.histograms_max()),
      budget_(options.budget),
      bottlenecks_(
          [this](pid_t tgid) { return cpus_.has_value() ? cpus_->Of(tgid) : options_.cpus; }),
      started_at_(clock.Now()) {
  source_.SetDetail(budget_.detail());
  OnProc(proc_);
  OnProc(containers_);
  OnProc(families_);
  OnProc(cpus_, options.cpus);
}

absl::Status HostSampler::ReadSource(const std::vector<Registration>& registered) {
  if (budget_.detail().has(Feature::kUnregistered)) {
    return source_.ReadHost(reading_);
  }
  std::vector<pid_t> tgids;
  tgids.reserve(registered.size());
  for (const Registration& registration : registered) {
    tgids.push_back(registration.tgid);
  }
  if (const Ledgers* ledgers = source_.ledgers(); ledgers != nullptr) {
    const std::vector<pid_t> mapped = ledgers->Processes();
    tgids.insert(tgids.end(), mapped.begin(), mapped.end());
  }
  std::ranges::sort(tgids);
  tgids.erase(std::unique(tgids.begin(), tgids.end()), tgids.end());
  return source_.ReadRegistered(tgids, reading_);
}

void HostSampler::TakeHistograms(std::vector<PoolRow>& rows) {
  if (!budget_.detail().has(Feature::kHistograms)) {
    return;
  }
  for (const HistogramBook::Assignment& one : histograms_.Update(reading_.histograms, rows)) {
    // One that has to share is counted by the source.
    source_.SetHistogram(one.histogram, one.pool_numbers);
  }
  series_.AddToOther(histograms_.Others());
}

void HostSampler::KeepToBudget() {
  const Detail before = budget_.detail();
  const Detail& now = budget_.Update({.at = clock_.Now(),
                                      .agent_seconds = options_.own_cpu_seconds(),
                                      .probe_seconds = reading_.probe_run_seconds});
  if (now == before) {
    return;
  }
  source_.SetDetail(now);
  const std::string shares = fmt::format(
      "agent {:.2f} % of a CPU, probes {:.2f} % of all, budget {:g} % each",
      budget_.agent_share() * 100, budget_.probe_share() * 100, options_.budget.share_max * 100);
  for (const Feature feature : kFeatures) {
    if (before.has(feature) && !now.has(feature)) {
      spdlog::warn("over budget ({}): no {} from now on", shares, Name(feature));
    } else if (!before.has(feature) && now.has(feature)) {
      spdlog::info("room in the budget again ({}): {} are measured again", shares, Name(feature));
    }
  }
}

DetailView HostSampler::CurrentDetail() const {
  return {.wanted = options_.budget.wanted,
          .measured = budget_.detail(),
          .agent_over_budget = budget_.agent_over(),
          .probes_over_budget = budget_.probes_over()};
}

void HostSampler::NameContainers(std::vector<PoolRow>& rows) {
  if (!containers_.has_value()) {
    return;
  }
  const std::vector<LivingProcess> living = model_.LivingProcesses();
  containers_->Update(living);
  families_->Update(living);
  for (PoolRow& row : rows) {
    row.container = LabelText(containers_->Of(row.pid));
    row.groups = containers_->GroupsOf(row.pid);
  }
}

void HostSampler::NameBottlenecks(std::vector<PoolRow>& rows) {
  bottlenecks_.Update(
      {.taken_at = reading_.taken_at, .sampled = SeesMoments(source_), .cpus = options_.cpus},
      registry_.Reports().services, rows);
}

void HostSampler::NameCauses(const std::vector<PoolAndEvidence>& evidence,
                             const std::vector<PoolCase>& cases, std::vector<PoolRow>& rows) {
  absl::flat_hash_map<std::pair<pid_t, std::string_view>, PoolRow*> row_of;
  for (PoolRow& row : rows) {
    row_of[{row.pid, row.pool}] = &row;
  }
  for (const PoolAndEvidence& one : evidence) {
    const auto found = row_of.find({one.row->pid, one.row->pool});
    if (found == row_of.end() || one.evidence->looks().empty()) {
      continue;
    }
    for (const LostPart& part : one.evidence->looks().back().lost.parts()) {
      found->second->lost[static_cast<std::size_t>(part.cause)] += part.time;
    }
  }
  for (const PoolCase& one : cases) {
    for (const pid_t pid : one.pids) {
      if (const auto found = row_of.find({pid, one.pool}); found != row_of.end()) {
        found->second->severity = one.severity;
      }
    }
  }
}

pid_t HostSampler::RootOf(pid_t tgid) const {
  return families_.has_value() ? families_->RootOf(tgid) : tgid;
}

void HostSampler::TakeQueues() {
  absl::flat_hash_map<pid_t, std::uint32_t> queues;
  for (const ServiceState& service : registry_.Reports().services) {
    for (const v1::PoolReport& pool : service.pools) {
      queues[service.tgid] += pool.queue_length();
    }
  }
  model_.SetQueues(std::move(queues));
}

std::shared_ptr<const Diagnosed> HostSampler::Diagnose(HostView& view) {
  auto diagnosed = std::make_shared<Diagnosed>();
  diagnosed->at = clock_.Now();
  diagnosed->unix_time = options_.unix_time();
  diagnosed->cpus = view.cpus;
  diagnosed->cpu_idle = view.cpu_idle_fraction;
  diagnosed->source = view.source;
  diagnosed->cannot_know = view.cannot_know;
  diagnosed->agent_age = clock_.Now() - started_at_;
  diagnosed->window = std::min<Clock::Duration>(PoolEvidence::kWindow, diagnosed->agent_age);
  if (const std::optional<Pressure> pressure =
          proc_.has_value() ? ReadPressure(*proc_) : std::nullopt) {
    diagnosed->has_pressure = true;
    diagnosed->memory_pressure = pressure->memory;
    diagnosed->disk_pressure = pressure->disk;
  }
  const std::vector<PoolAndEvidence> evidence = model_.Evidence();
  diagnosed->cases = cases_.Update({.at = view.taken_at,
                                    .rows = view.rows,
                                    .evidence = evidence,
                                    .doors = reading_.doors,
                                    .root_of = [this](pid_t tgid) { return RootOf(tgid); }});
  NameCauses(evidence, diagnosed->cases, view.rows);
  return diagnosed;
}

absl::Status HostSampler::Read() {
  const Clock::Time began_at = clock_.Now();
  const std::vector<Registration> registered = registry_.Registrations();
  absl::Status status = ReadSource(registered);
  if (status.ok()) {
    HostView view;
    view.taken_at = reading_.taken_at;
    view.source = std::string(source_.name());
    view.cannot_know.assign(source_.cannot_know().begin(), source_.cannot_know().end());
    view.cpus = options_.cpus;
    TakeQueues();
    view.rows = model_.Update(reading_, registered);
    source_.WatchWakes(model_.PoolsToWatch());
    view.cpu_idle_fraction = model_.cpu_idle_fraction();
    NameContainers(view.rows);
    NameBottlenecks(view.rows);
    TakeHistograms(view.rows);
    std::shared_ptr<const Diagnosed> diagnosed = Diagnose(view);
    series_.Update(view.rows);
    view.series = series_.Series();
    view.series_folded_total = series_.folded_total();
    view.doors = reading_.doors;
    view.losses = reading_.losses;
    view.probe_run_seconds = reading_.probe_run_seconds;
    KeepToBudget();
    view.detail = CurrentDetail();
    if (options_.record) {
      options_.record(*diagnosed, view.taken_at);
    }
    board_.Post(std::move(view), std::move(diagnosed));
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
