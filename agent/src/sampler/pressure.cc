// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/pressure.h"

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

namespace loadline::agent {
namespace {

// Of "some avg10=1.23 avg60=0.50 avg300=0.10 total=12345", the first figure as a part of one.
std::optional<double> SomeOfTenSeconds(std::string_view text) {
  constexpr std::string_view kKey = "some avg10=";
  const std::size_t at = text.find(kKey);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  text.remove_prefix(at + kKey.size());
  double percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  return error == std::errc() ? std::optional(percent / 100) : std::nullopt;
}

}  // namespace

std::optional<Pressure> ReadPressure(const ProcFs& proc) {
  const std::optional<double> memory = SomeOfTenSeconds(proc.ReadAll("pressure/memory"));
  const std::optional<double> disk = SomeOfTenSeconds(proc.ReadAll("pressure/io"));
  return memory && disk ? std::optional(Pressure{.memory = *memory, .disk = *disk}) : std::nullopt;
}

}  // namespace loadline::agent
