#include "engine/app/replay_spreader.h"

#include "engine/parse/parser.h"
#include "engine/port/fast_rss.h"
#include "engine/port/symmetric_rss.h"

namespace floodgauge {
namespace {

std::uint32_t capacity(const Settings& settings) {
  std::size_t count = 2;  // all of IPv4 and all of IPv6, where every address is protected
  for (const ProtectEntry& entry : settings.protect) count += entry.prefixes.size();
  return static_cast<std::uint32_t>(count);
}

}  // namespace

ReplaySpreader::ReplaySpreader(const Settings& settings) : registry_(capacity(settings)) {
  registry_.assign(settings);
  protection_ = std::make_shared<const Protection>(registry_, settings);
}

void ReplaySpreader::operator()(std::span<const CaptureRecord> records,
                                std::span<std::uint32_t> hashes) const {
  for (std::size_t i = 0; i < records.size(); ++i) {
    const FrameView& frame = records[i].frame;
    if (fast_rss(frame, hashes[i])) continue;
    PacketFacts facts;
    parse_outer(frame, facts);
    protection_->choose(frame, facts);
    hashes[i] = symmetric_rss(facts.source, facts.destination);
  }
}

}  // namespace floodgauge
