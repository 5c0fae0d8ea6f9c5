// Prefaulting: making memory resident before it is used. The kernel provides a page when a program
// first touches it. Such a page fault takes microseconds, 0.2 ms for a huge page that has to be
// cleared, and several ms if a hypervisor has to find the memory. At 10 Mpps a receive queue fills
// up in that time, and it happens just when a flood makes the tables grow.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <new>

namespace floodgauge {

/// Makes all of a private, writable mapping resident and leaves its content unchanged. Not while
/// another thread uses the memory. Throws std::bad_alloc when there is not enough memory.
inline void prefault(void* memory, std::size_t bytes) {
  if (bytes == 0 || madvise(memory, bytes, MADV_POPULATE_WRITE) == 0) return;
  if (errno != EINVAL) throw std::bad_alloc();
  // Kernels before 5.14 do not know MADV_POPULATE_WRITE: write to each page instead.
  constexpr std::size_t kPage = 4096;
  for (std::size_t at = 0; at < bytes; at += kPage) {
    volatile std::byte& byte = static_cast<std::byte*>(memory)[at];
    byte = byte;
  }
}

}  // namespace floodgauge
