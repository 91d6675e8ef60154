// SPDX-License-Identifier: Apache-2.0
#include "agent/simulate/generator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/simulate/format.h"
#include "loadline/random.h"
#include "loadline/sim/time.h"

namespace loadline::cli {
namespace {

constexpr double kCapacityMax = 4000;  // Per second: more only makes runs longer.

std::string Ms(double seconds) { return absl::StrCat(ThreeDigits(1000 * seconds), " ms"); }

GeneratorKind KindOfSeed(std::uint64_t seed) {
  switch (seed % 10) {
    case 6:
      return GeneratorKind::kLongResidence;
    case 7:
      return GeneratorKind::kLowRate;
    case 8:
      return GeneratorKind::kMixShift;
    case 9:
      return GeneratorKind::kDeadlineDependency;
    default:
      return GeneratorKind::kAny;
  }
}

class Generator {
 public:
  Generator(std::uint64_t seed, GeneratorKind kind)
      : seed_(seed),
        wanted_(kind),
        kind_(kind == GeneratorKind::kAny ? KindOfSeed(seed) : kind),
        random_(StreamSeed(seed, "generator")) {}

  std::string Make() {
    ChooseService();
    ChooseTimes();
    ChooseTroubles();
    return Text();
  }

 private:
  double Between(double a, double b) { return a + (b - a) * random_.Uniform(); }
  double LogBetween(double a, double b) { return a * std::pow(b / a, random_.Uniform()); }
  bool Chance(double part) { return random_.Uniform() < part; }
  template <std::size_t n>
  const char* OneOf(const std::array<const char*, n>& choices) {
    return choices[random_.Next() % n];
  }

  std::string Around(const std::array<const char*, 4>& shapes, double mean) {
    std::string shape = OneOf(shapes);
    const std::size_t place = shape.find('T');
    return shape.replace(place, 1, Ms(mean));
  }
  std::string Cpu(double mean) {
    return Around({"exp T", "constant T", "lognormal T 1", "uniform T 50 %"}, mean);
  }
  std::string Wait(double mean) {
    return Around({"uniform T 20 %", "exp T", "lognormal T 0.5", "constant T"}, mean);
  }

  void ChooseService() {
    service_ = LogBetween(0.3e-3, 80e-3);
    wait_ = Chance(0.1) ? 0 : service_ * LogBetween(0.2, 200);
    if (kind_ == GeneratorKind::kLongResidence) {
      wait_ = LogBetween(0.3, 4);
      service_ = LogBetween(1e-3, 20e-3);
    } else if (kind_ == GeneratorKind::kLowRate) {
      service_ = LogBetween(60e-3, 200e-3);
      wait_ = service_ * LogBetween(0.5, 10);
    } else if (kind_ == GeneratorKind::kMixShift) {
      service_ = LogBetween(1e-3, 5e-3);
      wait_ = service_ * Between(0.5, 2);
    } else if (kind_ == GeneratorKind::kDeadlineDependency) {
      wait_ = std::max(wait_, 5 * service_);
    } else if (kind_ == GeneratorKind::kSaturatedDependency ||
               kind_ == GeneratorKind::kLostSignal) {
      service_ = LogBetween(0.3e-3, 10e-3);
      wait_ = LogBetween(10e-3, 600e-3);
    } else if (kind_ == GeneratorKind::kQuotaFreeze) {
      service_ = LogBetween(1e-3, 10e-3);
      wait_ = service_ * LogBetween(0.2, 10);
    }
    const double cores_max = std::clamp(kCapacityMax * service_, 1.0, 64.0);
    cores_ =
        kind_ == GeneratorKind::kLowRate ? 1 : static_cast<int>(LogBetween(1, cores_max + 0.99));
    capacity_ = cores_ / service_;
    residence_ = service_ + wait_;
    deadline_ = std::max(5e-3, residence_ * Between(3, 15));
    shift_ = kind_ == GeneratorKind::kMixShift ? LogBetween(10, 100) : 1;
    if (kind_ == GeneratorKind::kMixShift) {
      deadline_ = std::max(deadline_, 3 * shift_ * residence_);
    }
    rate_ = capacity_ * Between(0.3, 0.9);
    if (kind_ == GeneratorKind::kQuotaFreeze) {  // What a freeze leaves little room for.
      cores_ = static_cast<int>(LogBetween(4, 32.99));
      capacity_ = cores_ / service_;
      rate_ = std::min(kCapacityMax, capacity_) * Between(0.1, 0.3);
      deadline_ = Between(1.1, 1.6) * (0.1 + residence_);
    }
  }

  void ChooseTimes() {
    const double unit = std::clamp(15 * std::max(residence_, deadline_ / 3), 20.0, 90.0);
    begin_ = std::round(2 * unit);
    end_event_ = begin_ + std::round(1.5 * unit);
    end_ = end_event_ + std::round(1.5 * unit);
  }

  std::string During(const std::string& before, const std::string& during) const {
    return absl::StrCat("{0: ", before, ", ", ThreeDigits(begin_), ": ", during, ", ",
                        ThreeDigits(end_event_), ": ", before, "}");
  }

  void Overload() {
    const double factor = LogBetween(1.2, 4) * capacity_ / rate_;
    load_ = During(ThreeDigits(rate_), ThreeDigits(std::min(rate_ * factor, 2.5 * kCapacityMax)));
    absl::StrAppend(&about_, " overload");
  }
  void Neighbour() {
    absl::StrAppend(&extra_, "speed: ", During("1", ThreeDigits(Between(0.3, 0.8))), "\n");
    absl::StrAppend(&about_, " neighbour");
  }
  void Quota() {
    const std::string all = Ms(0.1 * cores_);
    const std::string some = Ms(0.1 * cores_ * Between(0.3, 0.8));
    absl::StrAppend(&extra_, "quota: ", During(all, some), "\n");
    absl::StrAppend(&about_, " quota");
  }
  void Lock() {
    absl::StrAppend(&extra_, "lock: ", During("constant 0", Cpu(Between(1, 2) / capacity_)), "\n");
    absl::StrAppend(&about_, " lock");
  }
  void SlowDependency() {
    const double most = kind_ == GeneratorKind::kDeadlineDependency ? 1.05 : 0.6;
    const double least = kind_ == GeneratorKind::kDeadlineDependency ? 0.7 : 0.2;
    const double slow = Between(least, most) * deadline_ / std::max(wait_, 1e-6);
    absl::StrAppend(&dependency_, dependency_.empty() ? "" : ", ",
                    "scale: ", During("1", ThreeDigits(std::max(1.0, slow))));
    absl::StrAppend(&about_, " slow dependency");
  }
  void SmallDependency() {
    const double servers = rate_ * wait_ * Between(0.4, 1.5);
    absl::StrAppend(&dependency_, dependency_.empty() ? "" : ", ", "servers: ",
                    During("100000", std::to_string(std::max(1, static_cast<int>(servers)))));
    absl::StrAppend(&about_, " small dependency");
  }
  // Serves part of what is asked of it.
  void OverloadedDependency() {
    const double servers = rate_ * wait_ * Between(0.2, 0.85);
    absl::StrAppend(&dependency_, "servers: ",
                    During("100000", std::to_string(std::max(1, static_cast<int>(servers)))));
    absl::StrAppend(&about_, " overloaded dependency");
  }
  // Most of each period it stands still.
  void QuotaFreeze() {
    const double part = Between(0.05, 0.25);
    absl::StrAppend(&extra_, "quota: ", During(Ms(0.1 * cores_), Ms(0.1 * cores_ * part)), "\n");
    load_ = During(ThreeDigits(rate_), ThreeDigits(Between(1, 1.4) * part * capacity_));
    absl::StrAppend(&about_, " quota with overload");
  }
  void MixShift() {
    classes_ = absl::StrCat("classes:\n  - {share: ", During("98 %", "30 %"),
                            "}\n  - {share: ", During("2 %", "70 %"),
                            ", wait: ", Wait(shift_ * wait_), "}\n");
    absl::StrAppend(&about_, " mix shift");
  }

  void ChooseTroubles() {
    load_ = ThreeDigits(rate_);
    if (kind_ == GeneratorKind::kMixShift) {
      MixShift();
    } else if (kind_ == GeneratorKind::kDeadlineDependency) {
      SlowDependency();
      clients_ = "clients: {timeout: " + Ms(deadline_) + ", attempts: 3}\n";
      // Not merged with the one below: Chance() may draw for that kind only.
      // NOLINTNEXTLINE(bugprone-branch-clone)
    } else if (kind_ == GeneratorKind::kSaturatedDependency) {
      OverloadedDependency();
    } else if (kind_ == GeneratorKind::kQuotaFreeze) {
      QuotaFreeze();
    } else if (kind_ == GeneratorKind::kLostSignal) {
      SlowDependency();
    } else if (wanted_ == GeneratorKind::kLongResidence && Chance(0.5)) {
      OverloadedDependency();
    } else {
      AnyTroubles();
    }
    if (kind_ == GeneratorKind::kLostSignal) {
      signals_ = Chance(0.5) ? "delay: 1 s"
                             : absl::StrCat("lost: [", ThreeDigits(begin_ - 2), ", ",
                                            ThreeDigits(begin_ + 20), "]");
    } else if (wanted_ != GeneratorKind::kAny) {
      return;  // That trouble alone.
    } else if (Chance(0.25)) {
      signals_ = OneOf<5>({"bias: 0.6", "bias: 1.4", "noise: 50 %", "delay: 1 s", "missing: 20 %"});
    } else if (Chance(0.1)) {
      signals_ =
          absl::StrCat("lost: [", ThreeDigits(begin_ - 2), ", ", ThreeDigits(begin_ + 20), "]");
    }
  }

  void AnyTroubles() {
    const int count = 1 + static_cast<int>(random_.Next() % 3);
    std::array<bool, 6> taken{};
    for (int i = 0; i < count; ++i) {
      const std::size_t which = random_.Next() % taken.size();
      const bool needs_wait = which >= 4 && !(wait_ > 0);
      if (std::exchange(taken[which], true) || needs_wait) {
        continue;
      }
      switch (which) {
        case 0:
          Overload();
          break;
        case 1:
          Neighbour();
          break;
        case 2:
          Quota();
          break;
        case 3:
          Lock();
          break;
        case 4:
          SlowDependency();
          break;
        default:
          SmallDependency();
          break;
      }
    }
    if (about_.empty()) {
      Overload();
    }
  }

  std::string Phase(const char* name, double from, double to) const {
    return absl::StrCat("  - {name: ", name, ", from: ", ThreeDigits(from),
                        ", to: ", ThreeDigits(to), ", goodput: any}\n");
  }

  std::string Text() {
    std::string text =
        absl::StrCat("name: G", seed_, "\nabout: Random;", about_, "\nend: ", ThreeDigits(end_),
                     "\ncores: ", cores_, "\ndeadline: ", Ms(deadline_),
                     "\nlimit_max: 20000\ncpu: ", Cpu(service_), "\n");
    if (wait_ > 0) {
      absl::StrAppend(&text, "wait: ", Wait(wait_), "\n");
    }
    if (!dependency_.empty()) {
      absl::StrAppend(&text, "dependency: {", dependency_, "}\n");
    }
    absl::StrAppend(&text, extra_, classes_, clients_);
    if (!signals_.empty()) {
      absl::StrAppend(&text, "signals: {", signals_, "}\n");
    }
    absl::StrAppend(&text, "load: ", load_, "\nphases:\n");
    if (wanted_ == GeneratorKind::kLongResidence || wanted_ == GeneratorKind::kLowRate) {
      text += Phase("start", 0, std::min(begin_ / 2, std::ceil(std::max(5.0, 5 * residence_))));
    }
    absl::StrAppend(&text, Phase("base", begin_ / 2, begin_), Phase("event+5", begin_, begin_ + 5),
                    Phase("event", begin_ + 5, end_event_),
                    Phase("after+5", end_event_, end_event_ + 5),
                    Phase("after", end_event_ + 5, end_));
    return text;
  }

  const std::uint64_t seed_;
  const GeneratorKind wanted_;
  const GeneratorKind kind_;  // The one that shapes this seed.
  Random random_;
  double service_ = 0, wait_ = 0, capacity_ = 0, residence_ = 0, deadline_ = 0, rate_ = 0;
  double shift_ = 1;
  int cores_ = 1;
  double begin_ = 0, end_event_ = 0, end_ = 0;
  std::string about_, load_, extra_, dependency_, classes_, clients_, signals_;
};

}  // namespace

std::string GenerateScenario(std::uint64_t seed, GeneratorKind kind) {
  return Generator(seed, kind).Make();
}

}  // namespace loadline::cli
