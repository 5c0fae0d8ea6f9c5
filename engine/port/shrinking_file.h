// Files that are mapped, and that another process may shorten meanwhile: the kernel then raises
// SIGBUS at the first missing byte (mmap(2)). A handler puts zeros in the place of what is missing,
// and the reader learns that its file has become shorter.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace floodgauge {

/// Watches one mapping. Any number may exist at once, in any threads.
class ShrinkingFile {
 public:
  /// From now on a missing byte of [memory, memory + bytes), a mapping of its own, reads as zero.
  /// Takes over SIGBUS of the process at the first call; a SIGBUS elsewhere acts as before.
  ShrinkingFile(void* memory, std::size_t bytes);
  ~ShrinkingFile();
  ShrinkingFile(const ShrinkingFile&) = delete;
  ShrinkingFile& operator=(const ShrinkingFile&) = delete;

  /// A missing byte was read.
  bool shrunk() const;

  /// One mapping, in a list that only grows and whose entries are used again.
  struct Entry;

 private:
  Entry* entry_;
};

}  // namespace floodgauge
