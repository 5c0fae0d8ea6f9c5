// The built-in signatures against recorded traffic.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "engine/classify/signature_set.h"
#include "engine/parse/parser.h"
#include "engine/port/capture_reader.h"
#include "tests/support/real_captures.h"

namespace floodgauge {
namespace {

// Counts of UDP payloads in captures, and of those from ports that no known amplifier uses.
struct Seen {
  std::uint64_t payloads = 0;
  std::uint64_t from_unknown_ports = 0;
  std::uint64_t reflections_of_unknown_ports = 0;
  std::map<Vector, std::uint64_t> vectors;
};

class RealSignatures : public ::testing::Test {
 protected:
  void SetUp() override {
    captures_ = testing::real_captures(FLOODGAUGE_SOURCE_ROOT);
    if (captures_.empty()) GTEST_SKIP() << "no real captures: set FLOODGAUGE_PCAPS";
    std::vector<SignatureError> errors;
    set_ = SignatureSet::load("", errors);
    ASSERT_NE(set_, nullptr);
    scratch_ = set_->make_scratch();
  }
  void look_at(const std::filesystem::path& file, Seen& seen) {
    CaptureReader reader(file);
    for (auto batch = reader.next(); !batch.empty(); batch = reader.next()) {
      for (const CaptureRecord& record : batch) {
        PacketFacts facts;
        parse_outer(record.frame, facts);
        const bool ports = (facts.flags & kFactTransport) != 0;
        if (facts.protocol != 17 || !ports || facts.payload_captured == 0) continue;
        const bool unknown = reflection_of_port(facts.source_port) == Vector::udp;
        const auto match =
            set_->match({record.frame.data + facts.payload_offset, facts.payload_captured},
                        scratch_, facts.source_port, facts.destination_port);
        ++seen.payloads;
        seen.from_unknown_ports += unknown;
        if (!match) continue;
        ++seen.vectors[match->vector];
        const bool reflection = info(match->vector).traffic_class == TrafficClass::reflection;
        seen.reflections_of_unknown_ports += unknown && reflection;
      }
    }
  }
  std::filesystem::path captures_;
  std::shared_ptr<const SignatureSet> set_;
  SignatureSet::Scratch scratch_;
};

TEST_F(RealSignatures, KnowRecordedReflectionByItsPayloadAlone) {
  struct Case {
    const char* file;
    Vector vector;
  };
  const Case cases[] = {
      {"amp.UDP.isakmp.pcap", Vector::reflection_isakmp},
      {"amp.UDP.snmp.src161.pcapng", Vector::reflection_snmp},
  };
  for (const Case& c : cases) {
    Seen seen;
    look_at(captures_ / "attack" / c.file, seen);
    EXPECT_GT(seen.vectors[c.vector] * 100, seen.payloads * 95) << c.file << " " << seen.payloads;
  }
}

TEST_F(RealSignatures, SeldomTakeOrdinaryTrafficForReflection) {
  Seen seen;
  for (const auto& file : std::filesystem::directory_iterator(captures_ / "benign")) {
    look_at(file.path(), seen);
  }
  ASSERT_GT(seen.from_unknown_ports, 10'000u);
  // The remaining matches are answers of these protocols that were requested: STUN of calls, DNS on
  // other ports.
  EXPECT_LT(seen.reflections_of_unknown_ports * 100, seen.from_unknown_ports * 2)
      << seen.reflections_of_unknown_ports << " of " << seen.from_unknown_ports;
}

}  // namespace
}  // namespace floodgauge
