// Evidence of a daemon: takes the packets of which workers have kept bytes, window by window, and
// the transitions of incidents, and writes the folder, all in a thread of its own. It holds the
// packets of the last seconds for what comes before an incident, and a sample for each incident
// that is open.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/units.h"
#include "engine/export/events/background_queue.h"
#include "engine/export/evidence/evidence_folder.h"
#include "engine/export/evidence/evidence_ring.h"
#include "engine/export/evidence/live_sample.h"

namespace floodgauge {

/// What became of the capture of an incident (the first three), or of a window of packets.
enum class EvidenceResult : std::uint8_t {
  written,
  failed,         ///< the folder could not be written to
  left_out,       ///< of an incident: too many graver ones were open
  window_lost,    ///< a window of packets came while too many were waiting
  window_leaves,  ///< a window had to leave the ring before its time, for lack of room
};
inline constexpr std::array<const char*, 5> kEvidenceResultNames = {"written", "failed", "left_out",
                                                                    "window_lost", "window_leaves"};

class LiveEvidence {
 public:
  struct Options {
    EvidenceLimits limits = {};
    double sampling = 1;  ///< one packet in so many arrives
    std::function<void(const std::string&)> report = {};
    std::function<void(EvidenceResult)> count = {};
  };
  using Incidents = std::vector<std::shared_ptr<const Incident>>;

  LiveEvidence(std::unique_ptr<EvidenceFolder> folder, Options options);

  // For the thread that merges; they never wait.
  void window(EvidenceWindow window);
  void incident(Transition transition, std::shared_ptr<const Incident> incident);
  /// The incidents whose captures were written since the last call, with their evidence_file.
  Incidents take_written();
  /// Writes what is open, at the end. Waits no longer than `patience`; false when some is left.
  bool finish_for(std::chrono::milliseconds patience);

  /// Waits until all that it was given is done.
  void settle() { queue_.drain(); }

  /// Incidents with a capture at the same time: with fewer packets each, more.
  static constexpr std::size_t kMostIncidents = 100;
  static constexpr std::size_t kMostPackets = 200'000;
  static constexpr std::size_t kRingBytes = std::size_t{64} << 20;
  /// Windows that may wait for the thread; each has at most 2 * PacketSnaps::kEach packets.
  static constexpr unsigned kMostWindows = 64;
  static constexpr std::size_t kMostWaiting = 8192;
  /// The ring reaches so much further back than `before`: detection takes time.
  static constexpr Nanoseconds kDetection = whole_seconds(15);
  /// The capture of an open incident is written after this time, and again each time that the
  /// incident has lasted four times as long.
  static constexpr Nanoseconds kFirstWrite = whole_seconds(1);
  /// An open incident is told of every ten seconds: one of which nothing is heard is over.
  static constexpr Nanoseconds kSilence = whole_seconds(120);

 private:
  struct Told {
    std::shared_ptr<const Incident> incident{};
    bool begins = false;  ///< a capture of it may begin
  };
  struct End {};
  using Item = std::variant<EvidenceWindow, Told, End>;
  struct Followed {
    LiveSample sample;
    Nanoseconds opened{};  ///< when it was first heard of, by the windows
    Nanoseconds heard{};   ///< when it was last heard of
    Nanoseconds write_at{};
  };

  void take(Item& item);
  void take_window(const EvidenceWindow& window);
  void take_incident(Told told);
  bool make_room(const Incident& incident);
  void write(const Followed& followed);
  void write_all();
  void note_written(Incident incident);
  void count(EvidenceResult result) const {
    if (options_.count) options_.count(result);
  }
  void say(const std::string& what) const {
    if (options_.report) options_.report(what);
  }

  const std::unique_ptr<EvidenceFolder> folder_;
  const Options options_;
  const std::size_t most_incidents_;
  // Of the queue's thread alone.
  EvidenceRing ring_;
  Nanoseconds now_;  ///< the end of the last window
  std::map<std::string, Followed> followed_;
  bool failing_ = false;
  bool said_short_ = false;
  bool said_left_out_ = false;
  // Shared.
  std::atomic<unsigned> windows_waiting_{0};
  std::atomic<bool> said_lost_{false};
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Incident>> written_;
  BackgroundQueue<Item> queue_;  // last: its thread uses the members above
};

}  // namespace floodgauge
