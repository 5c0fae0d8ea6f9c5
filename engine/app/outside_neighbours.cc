#include "engine/app/outside_neighbours.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>

#include "engine/count/frame_print.h"
#include "engine/port/capture_reader.h"
#include "engine/protect/protection.h"

namespace floodgauge {
namespace {

/// Frames that are looked at, of all files together: some milliseconds.
constexpr std::size_t kFrames = 131072;
/// Inbound packets from which a neighbour lies outside.
constexpr std::uint64_t kInbound = 32;
/// Neighbours that are followed. A switch's mirror has some hundreds; the others are let go.
constexpr std::size_t kMostNeighbours = 1024;

/// MAC addresses tell no sides when one frame in so many is a copy from another sender.
constexpr std::uint64_t kCopiesOneIn = 20;
constexpr std::size_t kSourceMacAt = 6;
constexpr std::size_t kMacsEnd = 12;

/// Packets between a protected address and one that is not.
struct Crossings {
  std::uint64_t in = 0;
  std::uint64_t out = 0;

  void add(const PacketTarget& target) {
    in += target.in != kNoPrefix && target.out == kNoPrefix;
    out += target.in == kNoPrefix && target.out != kNoPrefix;
  }
  bool outside() const { return in >= kInbound && out == 0; }
};

class Learner {
 public:
  explicit Learner(const Settings& settings) : registry_(capacity(settings)) {
    registry_.assign(settings);
    protection_ = std::make_unique<const Protection>(registry_, settings);
  }

  void look(const std::string& file, std::size_t most) {
    CaptureReader reader(file);
    for (std::size_t seen = 0; seen < most;) {
      const std::span<CaptureRecord> records = reader.next();
      if (records.empty()) return;
      for (const CaptureRecord& record : records) look(record.frame);
      seen += records.size();
    }
  }

  OutsideNeighbours result() const {
    OutsideNeighbours result;
    // A mirror of both sides of a router delivers each packet from it and to it.
    if (copies_ * kCopiesOneIn >= compared_) return result;
    result.received = received_.outside() && sent_.in == 0;
    result.sent = sent_.outside() && received_.in == 0;
    for (const auto& [mac, crossings] : by_mac_) {
      if (crossings.outside()) result.macs.push_back(mac);
    }
    // More routers than this are no border: a frame's sender would be looked up for too long.
    if (result.macs.size() > OutsideNeighbours::kMost) result.macs.clear();
    return result;
  }

 private:
  static std::uint32_t capacity(const Settings& settings) {
    std::size_t count = 2;
    for (const ProtectEntry& entry : settings.protect) count += entry.prefixes.size();
    return static_cast<std::uint32_t>(count);
  }

  /// Whether the frame came a moment ago from another sender.
  void compare(const FrameView& frame, const PacketFacts& facts, const MacAddress& sender) {
    const std::uint64_t print = frame_print(frame, facts, false, 0);
    if (print == 0) return;
    Recent& recent = recent_[print % recent_.size()];
    ++compared_;
    copies_ += recent.print == print && recent.sender != sender;
    recent = {print, sender};
  }

  void look(const FrameView& frame) {
    PacketFacts facts;
    parse_outer(frame, facts);
    const PacketTarget target = protection_->choose(frame, facts);
    if (frame.origin == FrameOrigin::received) received_.add(target);
    if (frame.origin == FrameOrigin::sent) sent_.add(target);
    if (frame.link != LinkType::ethernet || frame.captured < kMacsEnd) return;
    MacAddress mac;
    std::memcpy(mac.data(), frame.data + kSourceMacAt, mac.size());
    // A frame between zeros is of a loopback interface, or was made without addresses.
    if (mac == MacAddress{}) return;
    compare(frame, facts, mac);
    const auto known = by_mac_.find(mac);
    if (known != by_mac_.end()) {
      known->second.add(target);
    } else if (by_mac_.size() < kMostNeighbours) {
      by_mac_[mac].add(target);
    }
  }

  struct Recent {
    std::uint64_t print = 0;
    MacAddress sender{};
  };

  PrefixRegistry registry_;
  std::unique_ptr<const Protection> protection_;
  Crossings received_;
  Crossings sent_;
  std::map<MacAddress, Crossings> by_mac_;
  std::array<Recent, 1024> recent_;
  std::uint64_t compared_ = 1;
  std::uint64_t copies_ = 0;
};

}  // namespace

OutsideNeighbours learn_outside(const std::vector<std::string>& files, const Settings& settings) {
  if (settings.protects_everything()) return {};
  std::vector<std::string> regular;
  std::error_code ignored;
  for (const std::string& file : files) {
    if (std::filesystem::is_regular_file(file, ignored)) regular.push_back(file);
  }
  Learner learner(settings);
  for (const std::string& file : regular) learner.look(file, kFrames / regular.size() + 1);
  return learner.result();
}

}  // namespace floodgauge
