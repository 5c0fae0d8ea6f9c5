// Merges several captures into one sequence of records, in order of time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/port/capture_reader.h"

namespace floodgauge {

/// Records of one file keep their order. Of all files' next records the earliest is returned first;
/// with equal times, the record of the file that was named first. A time that is earlier than one
/// returned before is raised to it, so that returned times never go back.
class CaptureMerge {
 public:
  static constexpr std::size_t kBatch = CaptureReader::kBatch;

  explicit CaptureMerge(std::vector<std::unique_ptr<CaptureReader>> readers);

  /// The next records; empty at the end of all files. They are valid until the next call, see
  /// CaptureReader::next. A file that fails ends there, and the others go on.
  std::span<const CaptureRecord> next();
  /// Time of the next record in nanoseconds since 1970; 0 at the end. May read from the files, as
  /// next() does.
  std::int64_t peek();

  const std::vector<std::unique_ptr<CaptureReader>>& readers() const { return readers_; }

 private:
  struct Source {
    CaptureReader* reader = nullptr;
    std::size_t order = 0;                    ///< position on the command line
    std::span<const CaptureRecord> unmerged;  ///< of the reader's last batch

    bool before(const Source& other) const {
      const std::int64_t own_time = unmerged.front().time;
      const std::int64_t other_time = other.unmerged.front().time;
      return own_time < other_time || (own_time == other_time && order < other.order);
    }
  };

  void refill();
  std::span<const CaptureRecord> sorted_single_source();
  std::size_t take_run(Source& source, const Source* rival, std::size_t count);

  std::vector<std::unique_ptr<CaptureReader>> readers_;
  std::vector<Source> exhausted_;  ///< sources without records; read from before the next merge
  std::vector<Source> heap_;       ///< sources with records, the earliest on top
  std::int64_t latest_ = 0;        ///< latest time that was returned
  std::array<CaptureRecord, kBatch> merged_;
};

}  // namespace floodgauge
