// Prefetching a cache line before it is needed.
#pragma once

namespace floodgauge {

/// Prefetches the line of `address` into all cache levels. Any address is allowed. The instruction
/// is written as asm because GCC 12 takes a function that contains only __builtin_prefetch for one
/// without effect, and silently removes its calls.
inline void prefetch_line(const void* address) {
  asm volatile("prefetcht0 %0" : : "m"(*static_cast<const char*>(address)));
}

/// Prefetches a line that will be written to: takes it from other cores' caches, so that this core
/// owns it. Does nothing on x86-64 processors without the instruction (Intel's before Broadwell).
inline void prefetch_line_to_write(const void* address) {
  asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(address)));
}

}  // namespace floodgauge
