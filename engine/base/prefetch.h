// Asking for a cache line before it is needed.
#pragma once

namespace floodgauge {

/// Asks for the line of `address`, which may be any, into all caches. Not by __builtin_prefetch: a
/// function that does nothing else looks to GCC 12 as if it did nothing at all, and calls of it are
/// dropped without a word.
inline void prefetch_line(const void* address) {
  asm volatile("prefetcht0 %0" : : "m"(*static_cast<const char*>(address)));
}

/// Asks for a line that is going to be written to: as this core's alone, where another one has it.
/// Does nothing on x86-64 processors that do not know the instruction (Intel's before Broadwell).
inline void prefetch_line_to_write(const void* address) {
  asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(address)));
}

}  // namespace floodgauge
