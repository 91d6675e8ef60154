// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/explain_text.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/cli/explain_words.h"
#include "agent/cli/text_wrap.h"
#include "fmt/format.h"

namespace loadline::cli {
namespace {

constexpr std::string_view kIdle = "idle";  // The cause of an entry that has none.
constexpr double kCalm = 0.05;              // Of the time in which somebody waits: less is noise.
constexpr double kPresent = 1;  // Seconds: a window that ended so recently is the present one.
constexpr double kWindowUsual = 11;
constexpr std::string_view kRed = "\x1b[1;31m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kPlain = "\x1b[0m";

bool IsBad(std::string_view severity) { return severity == "exhausted" || severity == "stuck"; }

class Writer {
 public:
  Writer(const v1::ExplainRequest& request, const TextStyle& style)
      : request_(request), style_(style) {}

  void AddHost(const v1::Report& report);
  void AddEntry(int number, const v1::ReportEntry& entry);
  void AddRest(const v1::Report& report);
  std::string text() && { return std::move(text_); }

 private:
  void Add(std::string_view first, std::string_view words) {
    text_ += Wrapped(first, words, style_.width);
  }
  // A line below an entry: "      do    look at ...".
  void AddBelow(std::string_view label, std::string_view words) {
    if (!words.empty()) {
      Add(fmt::format("      {:<5} ", label), words);
    }
  }
  void AddShare(double share, std::string_view words) {
    Add(fmt::format("    {:>6}  ", Percent(share)), words);
  }
  void AddOnePool(std::string_view number, const v1::ReportEntry& entry,
                  const v1::ReportPool& pool);
  void AddPools(std::string_view number, const v1::ReportEntry& entry);
  void AddDoors(const v1::ReportPool& pool);
  void AddLongestWait(const v1::ReportPool& pool, std::string_view culprit);
  std::string SeverityWords(std::string_view severity) const;
  std::string PoolWords(const v1::ReportPool& pool) const;

  const v1::ExplainRequest& request_;
  const TextStyle& style_;
  std::string text_;
};

std::string PressureWords(const v1::ReportHost& host) {
  const bool memory = host.memory_pressure() >= kCalm;
  const bool disk = host.disk_pressure() >= kCalm;
  if (!memory && !disk) {
    return "memory and disk calm";
  }
  const auto words = [](std::string_view what, bool pressed, double part) {
    return pressed ? fmt::format("{}: somebody waits {} of the time", what, Percent(part))
                   : fmt::format("{} calm", what);
  };
  return absl::StrCat(words("memory", memory, host.memory_pressure()), ", ",
                      words("disk", disk, host.disk_pressure()));
}

void Writer::AddHost(const v1::Report& report) {
  const v1::ReportHost& host = report.host();
  std::vector<std::string> users;
  for (const v1::CpuUser& user : host.users()) {
    users.push_back(fmt::format("{} {:.1f}", user.name(), user.cpus()));
  }
  std::string words =
      fmt::format("{}, {} idle{}{}.", Counted(host.cpus(), "CPU"), Percent(host.cpu_idle()),
                  users.empty() ? "" : ": ", absl::StrJoin(users, ", "));
  if (host.has_pressure()) {
    absl::StrAppend(&words, "  ", PressureWords(host));
  }
  Add("host   ", words);
  const bool past = report.until_seconds_ago() > kPresent;
  if (past || report.window_seconds() > kWindowUsual) {
    Add("window ", fmt::format("{}, until {}", TimeWords(report.window_seconds()),
                               past ? TimeWords(report.until_seconds_ago()) + " ago" : "now"));
  }
  if (report.source() != "bpf" && !report.source().empty()) {
    Add("source ", fmt::format("{}: reasons of waits are sampled", report.source()));
  }
}

std::string Name(const v1::ReportPool& pool) {
  return pool.pool() == pool.process() ? pool.process()
                                       : absl::StrCat(pool.process(), "/", pool.pool());
}

std::string Whose(const v1::ReportPool& pool) {
  std::vector<std::string> parts;
  if (pool.processes() > 1) {
    parts.push_back(fmt::format("{} processes", pool.processes()));
  }
  parts.push_back(fmt::format("pid {}", pool.pid()));
  if (!pool.container().empty()) {
    parts.push_back(pool.container());
  }
  return absl::StrCat("(", absl::StrJoin(parts, ", "), ")");
}

std::string Writer::SeverityWords(std::string_view severity) const {
  std::string words = severity == "unknown" ? "how bad is not known" : std::string(severity);
  if (!style_.color || !(IsBad(severity) || severity == "tight")) {
    return words;
  }
  return fmt::format("{}{}{}", IsBad(severity) ? kRed : kYellow, words, kPlain);
}

// "shop/worker-* (pid 4711)  exhausted for 3 min (0 of 200 idle)".
std::string Writer::PoolWords(const v1::ReportPool& pool) const {
  std::string words =
      absl::StrCat(Name(pool), " ", Whose(pool), "  ", SeverityWords(pool.severity()));
  if (pool.severity_seconds() >= 1) {
    absl::StrAppend(&words, " for ", TimeWords(pool.severity_seconds()));
  }
  if (!pool.severity_why().empty()) {
    absl::StrAppend(&words, " (", pool.severity_why(), ")");
  }
  return words;
}

void Writer::AddDoors(const v1::ReportPool& pool) {
  for (const v1::ReportDoor& door : pool.doors()) {
    const bool told = pool.severity_why().find(door.address()) != std::string::npos;
    if (!told && (door.queue() > 0 || door.drops() > 0)) {
      AddBelow("door",
               fmt::format("{}: {} of {} wait{}", door.address(), door.queue(), door.limit(),
                           door.drops() > 0 ? fmt::format(", {} turned away", door.drops()) : ""));
    }
  }
}

void Writer::AddLongestWait(const v1::ReportPool& pool, std::string_view culprit) {
  const v1::ReportWait& wait = pool.longest_wait();
  if (wait.seconds() <= 0) {
    return;
  }
  std::string words = TimeWords(wait.seconds());
  if (wait.unix_time() > 0) {
    const absl::Time end = absl::UnixEpoch() + absl::Seconds(wait.unix_time());
    absl::StrAppend(&words, " until ", absl::FormatTime("%H:%M:%S", end, style_.zone));
  }
  if (!wait.culprit().empty() && wait.culprit() != culprit) {
    absl::StrAppend(&words, ", for ", wait.culprit());
  }
  AddBelow("worst", words);
}

void Writer::AddOnePool(std::string_view number, const v1::ReportEntry& entry,
                        const v1::ReportPool& pool) {
  Add(number, PoolWords(pool));
  if (entry.cause() == kIdle) {
    return;
  }
  double unknown = entry.unknown_share();
  const std::string remark = pool.remark().empty() ? "" : "; " + pool.remark();
  const auto is_first = [&](const v1::ReportShare& share) {
    return share.cause() == entry.cause() && share.culprit() == entry.culprit();
  };
  // A pool's own list may lack the cause that it shares with others.
  if (std::ranges::none_of(pool.causes(), is_first) && !entry.cause().empty()) {
    AddShare(pool.share(), CauseWords(entry.cause(), entry.culprit()) + remark);
  }
  for (const v1::ReportShare& share : pool.causes()) {
    std::string words = CauseWords(share.cause(), share.culprit());
    if (share.wait_seconds() > 0) {
      absl::StrAppend(&words, ", ", TimeWords(share.wait_seconds()), " each");
    }
    AddShare(share.share(), words + (is_first(share) ? remark : ""));
    unknown = share.cause() == "unknown" ? 0 : unknown;
  }
  if (unknown >= 0.01) {
    AddShare(unknown, CauseWords("unknown", ""));
  }
  AddBelow("why", entry.why());
  AddDoors(pool);
  AddLongestWait(pool, entry.culprit());
}

void Writer::AddPools(std::string_view number, const v1::ReportEntry& entry) {
  const unsigned long count = static_cast<unsigned long>(entry.pools_size()) + entry.pools_more();
  const std::string words =
      absl::StrCat(Counted(count, "pool"), " ", CauseWords(entry.cause(), entry.culprit(), true));
  const bool each = IsBad(entry.severity()) || request_.all() || !request_.name().empty();
  if (!each) {
    const v1::ReportPool& worst = entry.pools(0);
    Add(number, fmt::format("{} (worst: {}, {} of its time, {})", words, Name(worst),
                            Percent(worst.share()), SeverityWords(worst.severity())));
  } else {
    Add(number, words);
    for (const v1::ReportPool& pool : entry.pools()) {
      AddShare(pool.share(), PoolWords(pool));
    }
    if (entry.pools_more() > 0) {
      Add("            ", fmt::format("and {} more", Counted(entry.pools_more(), "pool")));
    }
  }
  AddBelow("why", entry.why());
}

void Writer::AddEntry(int number, const v1::ReportEntry& entry) {
  const std::string first = fmt::format("{:>2}  ", number);
  if (entry.pools_size() == 0) {
    Add(first, CauseWords(entry.cause(), entry.culprit(), true));
  } else if (entry.pools_size() == 1 && entry.pools_more() == 0) {
    AddOnePool(first, entry, entry.pools(0));
  } else {
    AddPools(first, entry);
  }
  AddBelow("do", absl::StrJoin(entry.advice(), " "));
}

void Writer::AddRest(const v1::Report& report) {
  if (report.entries_more() > 0) {
    Add("", fmt::format("{} more with less trouble; name a service to see its own",
                        Counted(report.entries_more(), "cause")));
  }
  const std::string of = request_.name().empty() ? "" : request_.name() + ": ";
  const std::string hint = request_.all() ? "" : "; --all shows them";
  if (report.entries_size() > 0 && report.pools_more() > 0) {
    Add("", fmt::format("{}{} more, none in trouble{}", of, Counted(report.pools_more(), "pool"),
                        hint));
  } else if (report.entries_size() == 0 && report.pools_more() > 0) {
    Add("", fmt::format("{}{}, none in trouble{}", of, Counted(report.pools_more(), "pool"), hint));
  } else if (report.entries_size() == 0) {
    Add("", fmt::format("{}no pool has done anything; the agent has run for {}", of,
                        TimeWords(report.agent_seconds())));
  }
  if (report.cannot_know_size() > 0) {
    Add("", fmt::format("cannot be known: {}", absl::StrJoin(report.cannot_know(), " ")));
  }
}

}  // namespace

std::string ExplainText(const v1::Report& report, const v1::ExplainRequest& request,
                        const TextStyle& style) {
  Writer writer(request, style);
  writer.AddHost(report);
  for (int i = 0; i < report.entries_size(); ++i) {
    writer.AddEntry(i + 1, report.entries(i));
  }
  writer.AddRest(report);
  return std::move(writer).text();
}

}  // namespace loadline::cli
