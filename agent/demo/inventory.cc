// SPDX-License-Identifier: Apache-2.0
#include <curl/curl.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/demo/child_process.h"
#include "agent/demo/dependency.h"
#include "agent/demo/program_path.h"

namespace loadline::demo {
namespace {

using std::chrono_literals::operator""s;

constexpr Clock::Duration kInventoryStartMax = 10s;
constexpr long kPutTimeoutMs = 5000;

absl::Status Put(const std::string& url) {
  CURL* easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "PUT");
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                   "");  // A length of 0; without one, httplib waits for it.
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, kPutTimeoutMs);
  curl_easy_setopt(
      easy, CURLOPT_WRITEFUNCTION,
      +[](char*, std::size_t size, std::size_t n, void*) { return size * n; });
  const CURLcode code = curl_easy_perform(easy);
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_cleanup(easy);
  if (code != CURLE_OK) {
    return absl::UnavailableError(absl::StrCat("PUT ", url, ": ", curl_easy_strerror(code)));
  }
  if (status < 200 || status >= 300) {
    return absl::InternalError(absl::StrCat("PUT ", url, ": HTTP status ", status));
  }
  return absl::OkStatus();
}

class Inventory final : public Dependency {
 public:
  Inventory(ChildProcess process, std::string address)
      : process_(std::move(process)), address_(std::move(address)) {}

  std::string name() const override { return "inventory"; }
  pid_t pid() const override { return process_.pid(); }
  std::string address() const override { return address_; }
  std::string OrdersFlag() const override { return absl::StrCat("--inventory=", address_); }

  std::string LatencyCommand(int ms) const override {
    return absl::StrCat("curl -X PUT -d '' '", LatencyUrl(ms), "'");
  }

  absl::Status SetLatency(Clock::Duration latency) override {
    return Put(LatencyUrl(std::chrono::duration_cast<std::chrono::milliseconds>(latency).count()));
  }

  absl::Status CheckAlive() override { return process_.CheckAlive(); }

 private:
  std::string LatencyUrl(std::int64_t ms) const {
    return absl::StrCat("http://", address_, "/latency?ms=", ms);
  }

  ChildProcess process_;
  std::string address_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Dependency>> StartInventory(const ChildContext& context) {
  const absl::StatusOr<std::filesystem::path> program = FindProgram("inventory");
  if (!program.ok()) {
    return program.status();
  }
  absl::StatusOr<ChildProcess> process =
      ChildProcess::Start({.name = "inventory",
                           .argv = {program->string(), "--port=0", "--latency-ms=50"},
                           .log = context.work_dir / "inventory.log"},
                          context);
  if (!process.ok()) {
    return process.status();
  }
  absl::StatusOr<std::string> address = process->WaitForOutput("listening on ", kInventoryStartMax);
  if (!address.ok()) {
    return address.status();
  }
  return std::make_unique<Inventory>(*std::move(process), *std::move(address));
}

}  // namespace loadline::demo
