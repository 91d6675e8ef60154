// SPDX-License-Identifier: Apache-2.0
// What the agent takes of a busy host: 10,000 threads of 50 processes that wake and sleep, the
// agent as a program of its own reading them once a second, and its metrics page read once a
// second.
//
//     bench-agent [--json FILE]
//
// Needs root. The agent's budget is lifted, so that it measures everything whatever it costs.
// user_cpu_fraction is all that its process takes of one CPU, in user and in system mode, over 30 s
// after a warm-up; user_mode_fraction and system_mode_fraction are its parts.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "httplib.h"
#include "loadline/steady_clock.h"
#include "tests/bench/report.h"

namespace loadline::bench {
namespace {

using namespace std::chrono_literals;

constexpr int kProcesses = 50;
constexpr int kThreadsEach = 200;
constexpr auto kPeriod = 100ms;  // Of one thread: 100,000 wakeups a second in all.
constexpr auto kWarmUp = 5s;
constexpr auto kScrapeInterval = 15s;  // As a Prometheus would.
constexpr int kWindows = 2;
constexpr int kScrapes = 20;  // For their time, after the CPU was taken.

struct Cpu {
  double user_s = 0;
  double system_s = 0;
};

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "bench-agent: %s\n", why.c_str());
  std::exit(77);
}

// Threads of named roles, as services have them; each sleeps and sleeps again.
[[noreturn]] void BeLoad(int number) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreadsEach; ++i) {
    threads.emplace_back([number, i] {
      const std::string name = "pool" + std::string(1, static_cast<char>('a' + i % 4)) + "-" +
                               std::to_string(number * kThreadsEach + i);
      pthread_setname_np(pthread_self(), name.c_str());
      while (true) {
        std::this_thread::sleep_for(kPeriod);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  _exit(0);
}

class Children {
 public:
  Children() = default;
  ~Children() {
    for (const pid_t pid : pids_) {
      kill(pid, SIGKILL);
    }
    for (const pid_t pid : pids_) {
      waitpid(pid, nullptr, 0);
    }
  }
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;

  template <typename Play>
  pid_t Start(Play play) {
    const pid_t pid = fork();
    if (pid < 0) {
      Die("cannot fork");
    }
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);  // Die() leaves no load behind.
      play();
      _exit(127);
    }
    pids_.push_back(pid);
    return pid;
  }

 private:
  std::vector<pid_t> pids_;
};

Cpu CpuOf(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 2)));
  std::string skipped;
  for (int i = 0; i < 11; ++i) {
    fields >> skipped;
  }
  double user = 0;
  double system = 0;
  fields >> user >> system;
  const auto hz = static_cast<double>(sysconf(_SC_CLK_TCK));
  return {.user_s = user / hz, .system_s = system / hz};
}

// The number after `key` in a file of /proc.
double FieldOf(const std::string& path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key)) {
      return std::strtod(line.c_str() + key.size(), nullptr);
    }
  }
  return 0;
}

std::string ReadAddress(const std::filesystem::path& dir) {
  for (int tries = 0; tries < 1200; ++tries) {
    std::ifstream file(dir / "http.addr");
    std::string address;
    if (std::getline(file, address) && !address.empty()) {
      return address;
    }
    std::this_thread::sleep_for(50ms);
  }
  Die("the agent does not serve: is this root?");
}

double SecondsSince(Clock::Time start) {
  return std::chrono::duration<double>(SteadyClock::Get().Now() - start).count();
}

double ScrapeMs(httplib::Client& http, std::string& page) {
  const Clock::Time began = SteadyClock::Get().Now();
  http.set_read_timeout(60);  // A host that is busy with other things as well.
  const auto answer = http.Get("/metrics");
  if (!answer || answer->status != 200) {
    Die("/metrics does not answer");
  }
  page = answer->body;
  return SecondsSince(began) * 1e3;
}

double ThreadsOn(const std::string& page) {
  double threads = 0;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("loadline_threads{")) {
      threads += std::strtod(line.c_str() + line.rfind(' '), nullptr);
    }
  }
  return threads;
}

void Measure(pid_t agent, const std::string& address, Report& report) {
  httplib::Client http("http://" + address);
  const std::string proc = "/proc/" + std::to_string(agent) + "/status";
  std::string page;
  std::this_thread::sleep_for(kWarmUp);
  const Clock::Time start = SteadyClock::Get().Now();
  const Cpu before = CpuOf(agent);
  const double switches = FieldOf("/proc/stat", "ctxt ");
  for (int i = 0; i < kWindows; ++i) {
    std::this_thread::sleep_for(kScrapeInterval);
    ScrapeMs(http, page);
  }
  const double seconds = SecondsSince(start);
  const Cpu after = CpuOf(agent);
  const double switched = FieldOf("/proc/stat", "ctxt ") - switches;
  std::vector<double> scrapes_ms;
  for (int i = 0; i < kScrapes; ++i) {
    scrapes_ms.push_back(ScrapeMs(http, page));
  }
  const double user = (after.user_s - before.user_s) / seconds;
  const double system = (after.system_s - before.system_s) / seconds;
  report.Add("threads", ThreadsOn(page));
  report.Add("switches_per_s", switched / seconds);
  report.Add("user_cpu_fraction", user + system);
  report.Add("user_mode_fraction", user);
  report.Add("system_mode_fraction", system);
  report.Add("rss_mb", FieldOf(proc, "VmRSS:") / 1024);
  report.Add("rss_anonymous_mb", FieldOf(proc, "RssAnon:") / 1024);
  report.Add("scrape_ms", Median(scrapes_ms));
  report.Add("metrics_bytes", static_cast<double>(page.size()));
}

}  // namespace
}  // namespace loadline::bench

int main(int argc, char** argv) {
  using namespace loadline::bench;
  Report report(argc, argv);
  const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  std::string dir = std::filesystem::temp_directory_path() / "loadline-bench-XXXXXX";
  if (mkdtemp(dir.data()) == nullptr) {
    Die("cannot make a directory");
  }
  {
    Children children;
    for (int i = 0; i < kProcesses; ++i) {
      children.Start([i] { BeLoad(i); });
    }
    const pid_t agent = children.Start([&] {
      execl((here / "loadline").c_str(), "loadline", "agent", "--source=bpf",
            "--listen=127.0.0.1:0", "--budget-cpu=100", "--runtime-dir", dir.c_str(),
            "--log-level=error", nullptr);
    });
    Measure(agent, ReadAddress(dir), report);
  }
  std::filesystem::remove_all(dir);
  return report.Finish();
}
