// One packet of a capture, where its bytes lie, and how a capture came to its end.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/parse/parser.h"

namespace floodgauge {

/// A block of capture bytes that was read or inflated (a mapped file needs none). Counted: the
/// reader holds it while it reads on in it, and whoever keeps a record of it beyond the reader's
/// next batch holds it too. Freed with the last release, by whichever thread that is.
class CaptureChunk {
 public:
  /// Held once by the caller. Throws std::bad_alloc.
  static CaptureChunk* make(std::size_t capacity);

  CaptureChunk(const CaptureChunk&) = delete;
  CaptureChunk& operator=(const CaptureChunk&) = delete;

  void hold(std::uint32_t times = 1) { holders_.fetch_add(times, std::memory_order_relaxed); }
  void release() {
    if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) free_chunk(this);
  }

  std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(this + 1); }
  std::size_t capacity() const { return capacity_; }
  /// Chunks alive in the process: a test's way to see that none is leaked.
  static std::size_t alive();

 private:
  explicit CaptureChunk(std::size_t capacity) : capacity_(capacity) {}
  static void free_chunk(CaptureChunk* chunk);

  std::atomic<std::uint32_t> holders_{1};
  std::size_t capacity_;
};

/// Times are held within [0, kLatestCaptureTime], which is in the year 2116: what lies outside is
/// moved to the nearer end, so that no arithmetic on them can overflow.
inline constexpr std::int64_t kLatestCaptureTime = std::int64_t{1} << 62;

struct CaptureRecord {
  std::int64_t time = 0;          ///< nanoseconds since 1970, as the capture has it
  FrameView frame;                ///< without FCS
  CaptureChunk* chunk = nullptr;  ///< what holds the frame; null in a mapped file
};
static_assert(sizeof(CaptureRecord) == 40);

enum class CaptureEnd : std::uint8_t {
  reading,        ///< not there yet
  stopped,        ///< was told to stop
  complete,       ///< read to its end
  open_failed,    ///< missing, a directory, no permission
  not_a_capture,  ///< empty, or of a format that is not read
  truncated,      ///< breaks off in the middle of a record
  corrupt,        ///< a record that cannot be: its length, its interface, its checksum
  read_failed,    ///< the system could not read on
};

/// How a capture ended. Whatever was read before it stands.
struct CaptureOutcome {
  CaptureEnd end = CaptureEnd::reading;
  /// Where the record begins that could not be read; of the uncompressed bytes.
  std::uint64_t offset = 0;
  std::string message;  ///< one line that names the file; empty while all is well

  bool failed() const { return end > CaptureEnd::complete; }
};

}  // namespace floodgauge
