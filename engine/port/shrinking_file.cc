#include "engine/port/shrinking_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <mutex>

namespace floodgauge {

struct ShrinkingFile::Entry {
  std::atomic<std::uintptr_t> begin{0};  ///< 0: not in use
  std::atomic<std::uintptr_t> end{0};
  std::atomic<bool> shrunk{false};
  Entry* next = nullptr;
};

namespace {

std::mutex writers;  // of the list; the handler takes no lock
std::atomic<ShrinkingFile::Entry*> entries{nullptr};
struct sigaction before {};
std::uintptr_t page_bytes = 4096;

/// Only calls what a signal handler may call (signal-safety(7)); mmap(2) is a plain system call.
void on_missing_page(int /*signal*/, siginfo_t* info, void* /*context*/) {
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  for (auto* entry = entries.load(std::memory_order_acquire); entry != nullptr;
       entry = entry->next) {
    const std::uintptr_t begin = entry->begin.load(std::memory_order_acquire);
    const std::uintptr_t end = entry->end.load(std::memory_order_acquire);
    if (begin == 0 || address < begin || address >= end) continue;
    const std::uintptr_t page = address & ~(page_bytes - 1);
    entry->shrunk.store(true, std::memory_order_release);
    if (mmap(reinterpret_cast<void*>(page), end - page, PROT_READ,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) {
      return;
    }
  }
  // Not ours: the access is repeated with what was set before, which usually ends the process.
  sigaction(SIGBUS, &before, nullptr);
}

void install() {
  static std::once_flag once;
  std::call_once(once, [] {
    page_bytes = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    struct sigaction action {};
    action.sa_sigaction = on_missing_page;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGBUS, &action, &before);
  });
}

}  // namespace

ShrinkingFile::ShrinkingFile(void* memory, std::size_t bytes) {
  install();
  const std::scoped_lock lock(writers);
  Entry* entry = entries.load(std::memory_order_relaxed);
  while (entry != nullptr && entry->begin.load(std::memory_order_relaxed) != 0) {
    entry = entry->next;
  }
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  const bool is_new = entry == nullptr;
  if (is_new) {
    entry = new Entry;
    entry->next = entries.load(std::memory_order_relaxed);
  }
  entry->shrunk.store(false, std::memory_order_relaxed);
  entry->end.store(begin + bytes, std::memory_order_release);
  entry->begin.store(begin, std::memory_order_release);
  if (is_new) entries.store(entry, std::memory_order_release);
  entry_ = entry;
}

ShrinkingFile::~ShrinkingFile() {
  entry_->begin.store(0, std::memory_order_release);
}

bool ShrinkingFile::shrunk() const {
  return entry_->shrunk.load(std::memory_order_acquire);
}

}  // namespace floodgauge
