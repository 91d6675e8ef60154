// SPDX-License-Identifier: Apache-2.0
#include "agent/simulate/scenario_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/simulate/phase_reader.h"
#include "agent/simulate/variation.h"
#include "agent/simulate/yaml_map.h"
#include "agent/simulate/yaml_values.h"

namespace loadline::cli {
namespace {

using sim::Scenario;
using Node = YAML::Node;

// Dependencies by name, until every class knows which is its own.
using Names = std::vector<std::string>;

#define LOADLINE_READ(reader, key, ...) \
  map.Read(key, [&](const Node& n) { return reader(n, key, __VA_ARGS__); })

absl::Status ReadDependency(const Node& node, const std::string& name, sim::Dependency& d) {
  YamlMap map(node, name);
  LOADLINE_READ(ReadSchedule, "servers", Unit::kNumber, d.servers);
  LOADLINE_READ(ReadSchedule, "scale", Unit::kNumber, d.scale);
  LOADLINE_READ(ReadSchedule, "failing", Unit::kPart, d.failing);
  LOADLINE_READ(ReadSchedule, "hanging", Unit::kPart, d.hanging);
  LOADLINE_READ(ReadTime, "timeout", d.timeout);
  return map.Done();
}

absl::Status ReadDependencies(const Node& node, Scenario& scenario, Names& names) {
  if (!node.IsMap()) {
    return YamlError(node, "dependencies", "must be a map of names");
  }
  for (const auto& entry : node) {
    names.push_back(entry.first.Scalar());
    absl::Status status =
        ReadDependency(entry.second, names.back(), scenario.dependencies.emplace_back());
    if (!status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status ReadClass(const Node& node, const Names& names, sim::RequestClass& kind) {
  YamlMap map(node, "classes");
  LOADLINE_READ(ReadSchedule, "share", Unit::kPart, kind.share);
  LOADLINE_READ(ReadTimeline, "cpu", kind.cpu);
  LOADLINE_READ(ReadTimeline, "lock", kind.hold);
  LOADLINE_READ(ReadTimeline, "wait", kind.wait);
  map.Read("dependency", [&](const Node& n) {
    const auto found = std::find(names.begin(), names.end(), n.Scalar());
    kind.dependency = static_cast<int>(found - names.begin());
    return found != names.end() ? absl::OkStatus()
                                : YamlError(n, "dependency", "must be one of `dependencies`");
  });
  return map.Done();
}

absl::Status ReadClasses(const Node& node, const Names& names, Scenario& scenario) {
  if (!node.IsSequence() || node.size() == 0) {
    return YamlError(node, "classes", "must be a list of maps");
  }
  const sim::RequestClass common = scenario.classes.front();  // What a class does not say itself.
  scenario.classes.clear();
  for (const Node& each : node) {
    absl::Status status = ReadClass(each, names, scenario.classes.emplace_back(common));
    if (!status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status ReadSlowCores(const Node& node, sim::Cpu& cpu) {
  YamlMap map(node, "slow_cores");
  LOADLINE_READ(ReadCount, "count", cpu.slow_cores);
  LOADLINE_READ(ReadSchedule, "speed", Unit::kNumber, cpu.slow_speed);
  return map.Done();
}

absl::Status ReadStall(const Node& node, sim::Cpu& cpu) {
  YamlMap map(node, "stall");
  LOADLINE_READ(ReadTime, "every", cpu.stall_every);
  LOADLINE_READ(ReadTime, "for", cpu.stall_for);
  return map.Done();
}

void ReadCpu(YamlMap& map, sim::Cpu& cpu) {
  LOADLINE_READ(ReadCount, "cores", cpu.cores);
  LOADLINE_READ(ReadSchedule, "speed", Unit::kNumber, cpu.speed);
  LOADLINE_READ(ReadSchedule, "quota", Unit::kTime, cpu.quota);
  LOADLINE_READ(ReadTime, "slice", cpu.slice);
  LOADLINE_READ(ReadTime, "switch_cost", cpu.switch_cost);
  LOADLINE_READ(ReadTime, "switch_cost_per_runnable", cpu.switch_cost_per_runnable);
  map.Read("slow_cores", [&](const Node& n) { return ReadSlowCores(n, cpu); });
  map.Read("stall", [&](const Node& n) { return ReadStall(n, cpu); });
}

absl::Status ReadPool(const Node& node, sim::Pool& pool) {
  YamlMap map(node, "pool");
  LOADLINE_READ(ReadCount, "threads", pool.threads);
  LOADLINE_READ(ReadCount, "threads_max", pool.threads_max);
  LOADLINE_READ(ReadFlag, "adaptive", pool.adaptive);
  LOADLINE_READ(ReadCount, "queue_max", pool.queue_max);
  map.Read("nested", [&](const Node& n) {
    pool.nested = true;
    return ReadTimeline(n, "nested", pool.nested_cpu);
  });
  return map.Done();
}

absl::Status ReadKind(const Node& node, sim::Arrivals& arrivals) {
  constexpr std::array<std::string_view, 8> kKinds = {"poisson", "constant", "square", "sinus",
                                                      "on_off",  "mmpp",     "closed", "trace"};
  const auto found = std::find(kKinds.begin(), kKinds.end(), node.Scalar());
  if (found == kKinds.end()) {
    return YamlError(
        node, "kind",
        "must be one of: poisson, constant, square, sinus, on_off, mmpp, closed, trace");
  }
  arrivals.kind = static_cast<sim::Arrivals::Kind>(found - kKinds.begin());
  return absl::OkStatus();
}

absl::Status ReadTrace(const Node& node, std::vector<Ns>& trace) {
  if (!node.IsSequence()) {
    return YamlError(node, "times", "must be a list of times");
  }
  for (const Node& each : node) {
    absl::Status status = ReadTime(each, "times", trace.emplace_back());
    if (!status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status ReadArrivals(const Node& node, sim::Arrivals& arrivals) {
  YamlMap map(node, "arrivals");
  map.Read("kind", [&](const Node& n) { return ReadKind(n, arrivals); });
  LOADLINE_READ(ReadCount, "batch", arrivals.batch);
  LOADLINE_READ(ReadTime, "period", arrivals.period);
  LOADLINE_READ(ReadTime, "on", arrivals.on);
  LOADLINE_READ(ReadTime, "off", arrivals.off);
  LOADLINE_READ(ReadNumber, "rate_on", arrivals.rate_on);
  LOADLINE_READ(ReadNumber, "rate_off", arrivals.rate_off);
  LOADLINE_READ(ReadNumber, "alpha", arrivals.alpha);
  LOADLINE_READ(ReadPart, "amplitude", arrivals.amplitude);
  LOADLINE_READ(ReadCount, "users", arrivals.users);
  LOADLINE_READ(ReadDistribution, "think", arrivals.think);
  map.Read("times", [&](const Node& n) { return ReadTrace(n, arrivals.trace); });
  return map.Done();
}

absl::Status ReadClients(const Node& node, sim::Clients& clients) {
  YamlMap map(node, "clients");
  LOADLINE_READ(ReadTime, "timeout", clients.timeout);
  LOADLINE_READ(ReadCount, "attempts", clients.attempts);
  LOADLINE_READ(ReadTime, "backoff", clients.backoff);
  LOADLINE_READ(ReadPart, "budget", clients.budget);
  LOADLINE_READ(ReadFlag, "heed_retry_after", clients.heed_retry_after);
  LOADLINE_READ(ReadFlag, "cancel", clients.cancel);
  return map.Done();
}

absl::Status ReadLost(const Node& node, sim::SignalFaults& signals) {
  sim::SignalFaults::Interval interval;
  if (!node.IsSequence() || node.size() != 2) {
    return YamlError(node, "lost", "must be [FROM, TO]");
  }
  absl::Status status = ReadTime(node[0], "lost", interval.from);
  if (status.ok()) {
    status = ReadTime(node[1], "lost", interval.to);
  }
  signals.lost.push_back(interval);
  return status;
}

absl::Status ReadSignals(const Node& node, sim::SignalFaults& signals) {
  YamlMap map(node, "signals");
  map.Read("lost", [&](const Node& n) { return ReadLost(n, signals); });
  LOADLINE_READ(ReadTime, "delay", signals.delay);
  LOADLINE_READ(ReadNumber, "bias", signals.bias);
  LOADLINE_READ(ReadPart, "noise", signals.noise);
  LOADLINE_READ(ReadPart, "missing", signals.missing);
  return map.Done();
}

absl::Status ReadOracle(const Node& node, Scenario& scenario) {
  scenario.edf_oracle = node.Scalar() == "edf";
  return scenario.edf_oracle || node.Scalar() == "fluid"
             ? absl::OkStatus()
             : YamlError(node, "oracle", "must be one of: fluid, edf");
}

// "lognormal 1": a distribution without its mean.
absl::Status ReadShape(const Node& node, std::optional<sim::Distribution>& shape) {
  std::string text = node.IsScalar() ? node.Scalar() : "";
  text.insert(std::min(text.find(' '), text.size()), " 1 ms");
  return ReadDistribution(Node(text), "shape", shape.emplace()).ok()
             ? absl::OkStatus()
             : YamlError(node, "shape",
                         "must be one of: constant, exp, uniform 20 %, lognormal CV, pareto ALPHA");
}

absl::Status ReadVariation(const Node& node, Variation& variation) {
  YamlMap map(node, "vary");
  const auto factor = [&](const std::string& key, double& value) {
    map.Read(key, [&, key](const Node& n) {
      absl::Status status = ReadNumber(n, key, value);
      return status.ok() && !(value >= 0.01 && value <= 100)
                 ? YamlError(n, key, "must be a factor in [0.01, 100]")
                 : status;
    });
  };
  factor("cores", variation.cores);
  factor("times", variation.times);
  factor("wait", variation.wait);
  factor("deadline", variation.deadline);
  map.Read("shape", [&](const Node& n) { return ReadShape(n, variation.shape); });
  return map.Done();
}

absl::Status ReadAll(const Node& root, Scenario& scenario, std::optional<Variation>& variation) {
  YamlMap map(root, "");
  Names names;
  scenario.classes.resize(1);
  LOADLINE_READ(ReadText, "name", scenario.name);
  LOADLINE_READ(ReadText, "about", scenario.about);
  map.Require("end", [&](const Node& n) { return ReadTime(n, "end", scenario.end); });
  LOADLINE_READ(ReadTime, "deadline", scenario.deadline);
  LOADLINE_READ(ReadNumber, "limit_max", scenario.limit_max);
  LOADLINE_READ(ReadNumber, "limit_initial", scenario.limit_initial);
  ReadCpu(map, scenario.cpu);
  LOADLINE_READ(ReadTimeline, "cpu", scenario.classes.front().cpu);
  LOADLINE_READ(ReadTimeline, "lock", scenario.classes.front().hold);
  LOADLINE_READ(ReadTimeline, "wait", scenario.classes.front().wait);
  map.Read("dependency", [&](const Node& n) {
    return ReadDependency(n, "dependency", scenario.dependencies.emplace_back());
  });
  map.Read("dependencies", [&](const Node& n) { return ReadDependencies(n, scenario, names); });
  map.Read("classes", [&](const Node& n) { return ReadClasses(n, names, scenario); });
  map.Read("pool", [&](const Node& n) { return ReadPool(n, scenario.pool); });
  LOADLINE_READ(ReadSchedule, "load", Unit::kNumber, scenario.arrivals.rate);
  map.Read("arrivals", [&](const Node& n) { return ReadArrivals(n, scenario.arrivals); });
  map.Read("clients", [&](const Node& n) { return ReadClients(n, scenario.clients); });
  LOADLINE_READ(ReadParts, "levels", scenario.levels);
  LOADLINE_READ(ReadParts, "tenants", scenario.tenants);
  map.Read("signals", [&](const Node& n) { return ReadSignals(n, scenario.signals); });
  map.Read("oracle", [&](const Node& n) { return ReadOracle(n, scenario); });
  map.Read("phases", [&](const Node& n) { return ReadPhases(n, scenario); });
  map.Read("vary", [&](const Node& n) { return ReadVariation(n, variation.emplace()); });
  return map.Done();
}

#undef LOADLINE_READ

}  // namespace

absl::StatusOr<Scenario> ReadScenario(std::string_view yaml) {
  Scenario scenario;
  std::optional<Variation> variation;
  try {
    absl::Status status = ReadAll(YAML::Load(std::string(yaml)), scenario, variation);
    if (!status.ok()) {
      return status;
    }
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("line ", error.mark.line + 1, ": ", error.msg));
  }
  if (scenario.dependencies.empty()) {
    scenario.dependencies.emplace_back();
  }
  if (scenario.phases.empty()) {  // All but the first tenth, in which laws find their limit.
    sim::Phase& all = scenario.phases.emplace_back();
    all.name = "all";
    all.from = scenario.end / 10 / kBin * kBin;
    all.to = scenario.end / kBin * kBin;
  }
  if (variation) {
    Vary(*variation, scenario);
  }
  absl::Status status = sim::Validate(scenario);
  return status.ok() ? absl::StatusOr<Scenario>(std::move(scenario)) : status;
}

}  // namespace loadline::cli
