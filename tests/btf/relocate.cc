// SPDX-License-Identifier: Apache-2.0
// Usage: relocate BTF x86|arm64 OBJECT...
//
// Loads each object as libbpf would on a kernel with this BTF, without that kernel: libbpf itself
// relocates, and this program answers its bpf() calls and hands it the BTF as that of the kernel
// that runs. Nothing is loaded and no privilege is needed. Prints for each program its instructions
// as the kernel would get them, what libbpf says of accesses, and what the agent finds in the BTF:
//
//     count MASK | REFUSAL
//     object NAME
//     says TEXT
//     program NAME HEX
//     error TEXT          libbpf refuses the object as a whole
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "agent/src/kernel/btf_handle.h"
#include "agent/src/kernel/preempt_count.h"

namespace {

constexpr std::string_view kKernelBtf = "/sys/kernel/btf/vmlinux";

const char* g_btf_path = nullptr;
int g_btf_reads = 0;

template <typename Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

const char* Redirect(const char* path) {
  if (g_btf_path == nullptr || path == nullptr || path != kKernelBtf) {
    return path;
  }
  ++g_btf_reads;
  return g_btf_path;
}

long AnswerBpf(int command) {
  switch (command) {
    case BPF_MAP_CREATE:
    case BPF_PROG_LOAD:
    case BPF_BTF_LOAD:
      return open("/dev/null", O_RDWR | O_CLOEXEC);
    case BPF_MAP_UPDATE_ELEM:
    case BPF_MAP_FREEZE:
    case BPF_PROG_BIND_MAP:
      return 0;
    case BPF_BTF_GET_NEXT_ID:  // No modules.
      errno = ENOENT;
      return -1;
    default:
      errno = EINVAL;
      return -1;
  }
}

}  // namespace

// Before those of the C library, for libbpf too.
extern "C" {

long syscall(long number, ...) noexcept {
  va_list words;
  va_start(words, number);
  long word[6];
  for (long& each : word) {
    each = va_arg(words, long);
  }
  va_end(words);
  if (number == __NR_bpf) {
    return AnswerBpf(static_cast<int>(word[0]));
  }
  static const auto next = Next<long (*)(long, ...)>("syscall");
  return next(number, word[0], word[1], word[2], word[3], word[4], word[5]);
}

int access(const char* path, int mode) noexcept {
  static const auto next = Next<int (*)(const char*, int)>("access");
  return next(Redirect(path), mode);
}

int faccessat(int folder, const char* path, int mode, int flags) noexcept {
  static const auto next = Next<int (*)(int, const char*, int, int)>("faccessat");
  return next(folder, Redirect(path), mode, flags);
}

FILE* fopen(const char* path, const char* mode) {
  static const auto next = Next<FILE* (*)(const char*, const char*)>("fopen");
  return next(Redirect(path), mode);
}

FILE* fopen64(const char* path, const char* mode) {
  static const auto next = Next<FILE* (*)(const char*, const char*)>("fopen64");
  return next(Redirect(path), mode);
}

}  // extern "C"

namespace {

// What libbpf says of single accesses comes as debug output; the rest of that is of no use here.
int Say(libbpf_print_level level, const char* format, va_list words) {
  char line[1024];
  vsnprintf(line, sizeof(line), format, words);
  const std::string_view text(line);
  if (level != LIBBPF_DEBUG || text.find("relo #") != text.npos ||
      text.find("points to subprog") != text.npos) {
    printf("says %.*s\n", static_cast<int>(text.find('\n')), line);
  }
  return 0;
}

void PrintCount(std::string_view machine) {
  using namespace loadline::agent;
  const BtfHandle kernel(btf__parse(g_btf_path, nullptr));
  const absl::StatusOr<PreemptCount> found =
      FindPreemptCount(kernel.get(), machine == "x86" ? CountHolder::kCpu : CountHolder::kThread);
  if (found.ok()) {
    printf("count %#x\n", found->interrupt_mask);
  } else {
    printf("count %s\n", std::string(found.status().message()).c_str());
  }
}

void PrintPrograms(const char* path) {
  printf("object %s\n", path);
  bpf_object* object = bpf_object__open(path);
  const int error = object == nullptr ? -errno : bpf_object__load(object);
  if (error != 0) {
    printf("error %s\n", strerror(-error));
  } else {
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object) {
      printf("program %s ", bpf_program__name(program));
      const auto* bytes = reinterpret_cast<const unsigned char*>(bpf_program__insns(program));
      for (const unsigned char byte : std::span(bytes, bpf_program__insn_cnt(program) * 8)) {
        printf("%02x", byte);
      }
      printf("\n");
    }
  }
  bpf_object__close(object);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: relocate BTF x86|arm64 OBJECT...\n");
    return 2;
  }
  g_btf_path = argv[1];
  libbpf_set_print(Say);
  PrintCount(argv[2]);
  for (const char* path : std::span(argv + 3, argv + argc)) {
    PrintPrograms(path);
  }
  if (g_btf_reads == 0) {
    fprintf(stderr, "libbpf did not ask for the kernel's BTF where this program answers\n");
    return 1;
  }
  return 0;
}
