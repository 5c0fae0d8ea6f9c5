// Parses any bytes as a frame of any link type. Nothing may be read past its end, the facts must be
// consistent, and the fast path must give the same facts as the general parser. Input: link type,
// the number of bytes on the wire that were not captured, the frame.
#include <cstdint>

#include "engine/parse/parser.h"
#include "tests/fuzz/link_types.h"
#include "tests/fuzz/require.h"

namespace {

using floodgauge::require;

void check(const floodgauge::FrameView& frame, const floodgauge::PacketFacts& facts) {
  require(facts.depth <= floodgauge::kMaxNesting);
  require(facts.fault < floodgauge::Fault::count_);
  require(facts.payload_captured == 0 ||
          facts.payload_offset + std::uint32_t{facts.payload_captured} <= frame.captured);
  if (facts.inner_kind != floodgauge::InnerKind::none) require(facts.inner_offset < frame.captured);
  const bool v4 = (facts.flags & floodgauge::kFactIpv4) != 0;
  const bool v6 = (facts.flags & floodgauge::kFactIpv6) != 0;
  require(!(v4 && v6));
  require((v4 || v6) == (facts.depth > 0));
  if (v4) require(facts.source.is_v4() && facts.destination.is_v4());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using floodgauge::FrameView;
  using floodgauge::kFuzzedLinkTypes;
  using floodgauge::PacketFacts;
  if (size < 2) return 0;
  const auto captured = static_cast<std::uint32_t>(size - 2);
  const FrameView frame{data + 2, captured, captured + data[1],
                        kFuzzedLinkTypes[data[0] % kFuzzedLinkTypes.size()]};
  PacketFacts facts;
  parse_outer(frame, facts);
  check(frame, facts);
  PacketFacts general;
  parse_outer_general(frame, general);
  require(facts == general);
  for (int opened = 0; parse_inner(frame, facts); ++opened) {
    require(opened < floodgauge::kMaxNesting);
    check(frame, facts);
  }
  return 0;
}
