// Several captures as one, in order of time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/port/capture_reader.h"

namespace floodgauge {

/// Each file is taken as it lies; of the files' next records the earliest comes first, and of
/// equal ones that of the file named first. A time that is earlier than one handed out before is
/// raised to it: what is handed out never goes back.
class CaptureMerge {
 public:
  static constexpr std::size_t kBatch = CaptureReader::kBatch;

  explicit CaptureMerge(std::vector<std::unique_ptr<CaptureReader>> readers);

  /// The next records; empty at the end of all files. Valid until the next call, see
  /// CaptureReader::next. A file that fails ends there; the others go on.
  std::span<const CaptureRecord> next();
  /// Time of the next record; 0 at the end. May read on, as next() does.
  std::int64_t peek();

  const std::vector<std::unique_ptr<CaptureReader>>& readers() const { return readers_; }

 private:
  struct Source {
    CaptureReader* reader = nullptr;
    std::size_t order = 0;
    std::span<const CaptureRecord> rest;

    bool before(const Source& other) const {
      const std::int64_t mine = rest.front().time;
      const std::int64_t others = other.rest.front().time;
      return mine < others || (mine == others && order < other.order);
    }
  };

  void refill();
  std::span<const CaptureRecord> only_run();
  std::size_t take_run(Source& source, const Source* rival, std::size_t count);

  std::vector<std::unique_ptr<CaptureReader>> readers_;
  std::vector<Source> dry_;   ///< to be read from before the next merge
  std::vector<Source> heap_;  ///< with records in hand, the earliest on top
  std::int64_t latest_ = 0;
  std::array<CaptureRecord, kBatch> merged_;
};

}  // namespace floodgauge
