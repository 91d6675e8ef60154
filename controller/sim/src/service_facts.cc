// SPDX-License-Identifier: Apache-2.0
#include "service_facts.h"

#include "draw.h"

namespace loadline::sim {
namespace {

constexpr double kNsPerSecond = 1e9;
constexpr int kSamples = 4000;  // An error of 0.8 % at most where half is feasible.

double PieceNumber(const Timeline& timeline, Ns time) {
  double number = 0;
  for (const Timeline::Piece& piece : timeline.pieces) {
    number += piece.from <= time ? 1 : 0;
  }
  return number;
}

}  // namespace

// Everything that the sample depends on; equal keys, equal facts.
std::vector<double> ServiceFactsSource::KeyAt(Ns time) const {
  std::vector<double> key;
  for (const RequestClass& kind : scenario_.classes) {
    key.push_back(kind.share.At(time));
    for (const Timeline* timeline : {&kind.cpu, &kind.hold, &kind.wait}) {
      key.push_back(PieceNumber(*timeline, time));
    }
  }
  for (const Dependency& dependency : scenario_.dependencies) {
    key.push_back(dependency.scale.At(time));
    key.push_back(dependency.failing.At(time));
    key.push_back(dependency.hanging.At(time));
  }
  key.push_back(PieceNumber(scenario_.pool.nested_cpu, time));
  return key;
}

ServiceFacts ServiceFactsSource::Sample(Ns time) const {
  const std::uint64_t stream = StreamSeed(0, "oracle");
  ServiceFacts facts;
  facts.calls.resize(scenario_.dependencies.size());
  int feasible = 0;
  for (std::uint64_t i = 0; i < kSamples; ++i) {
    Random random = Random::ForItem(stream, i);
    const RequestClass& kind = ChooseClass(scenario_.classes, time, random.Uniform());
    const Dependency& dependency =
        scenario_.dependencies[static_cast<std::size_t>(kind.dependency)];
    Ns cpu = SampleAt(kind.cpu, time, random);
    if (scenario_.pool.nested) {
      cpu += SampleAt(scenario_.pool.nested_cpu, time, random);
    }
    const Ns hold = SampleAt(kind.hold, time, random);
    const double call =
        static_cast<double>(SampleAt(kind.wait, time, random)) * dependency.scale.At(time);
    const bool lucky =
        random.Uniform() >= dependency.failing.At(time) + dependency.hanging.At(time);
    const double residence = static_cast<double>(cpu + hold) + call;
    if (!lucky || residence > static_cast<double>(scenario_.deadline)) {
      continue;
    }
    ++feasible;
    facts.cpu += static_cast<double>(cpu);
    facts.hold += static_cast<double>(hold);
    facts.residence += residence;
    facts.calls[static_cast<std::size_t>(kind.dependency)] += call;
  }
  const double n = feasible > 0 ? feasible : 1;
  facts.feasible = static_cast<double>(feasible) / kSamples;
  facts.cpu = facts.cpu / n / kNsPerSecond;
  facts.hold = facts.hold / n / kNsPerSecond;
  facts.residence = facts.residence / n / kNsPerSecond;
  for (double& call : facts.calls) {
    call = call / n / kNsPerSecond;
  }
  return facts;
}

const ServiceFacts& ServiceFactsSource::At(Ns time) {
  std::vector<double> key = KeyAt(time);
  if (key_ != key) {
    facts_ = Sample(time);
    key_ = std::move(key);
  }
  return facts_;
}

}  // namespace loadline::sim
