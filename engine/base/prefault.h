// Memory brought before it is needed. A page is given to a program when it first touches it: a
// fault of microseconds, 0.2 ms for a huge page that has to be cleared, several where a hypervisor
// has to find it. At 10 Mpps that is a queue full of packets, just when a flood needs more of the
// tables.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <new>

namespace floodgauge {

/// Makes all of a private, writable mapping resident, as it is. Of one thread, before others use
/// it. Throws std::bad_alloc when there is not enough memory.
inline void prefault(void* memory, std::size_t bytes) {
  if (bytes == 0 || madvise(memory, bytes, MADV_POPULATE_WRITE) == 0) return;
  if (errno != EINVAL) throw std::bad_alloc();
  // A kernel before 5.14 knows no such request.
  constexpr std::size_t kPage = 4096;
  for (std::size_t at = 0; at < bytes; at += kPage) {
    volatile std::byte& byte = static_cast<std::byte*>(memory)[at];
    byte = byte;
  }
}

}  // namespace floodgauge
