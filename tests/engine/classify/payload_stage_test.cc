// The payload stage on packets whose headers do not decide everything.
#include "engine/classify/payload_stage.h"
#include "engine/worker/burst.h"

#include <gtest/gtest.h>
#include <set>
#include <string>
#include <string_view>

#include "engine/classify/classify.h"
#include "tests/support/packet_builder.h"

namespace floodgauge {
namespace {

using namespace std::string_view_literals;
using testing::Bytes;
using testing::PacketBuilder;

constexpr std::string_view kMemcachedAnswer = "\0\1\0\0\0\1\0\0STAT pid 4711\r\n"sv;

Bytes query(std::string_view first_label) {
  std::string text("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"sv);
  text += static_cast<char>(first_label.size());
  text += first_label;
  text += "\7example\0\0\1\0\1"sv;
  return PacketBuilder().ethernet().ipv4().udp({.destination_port = 53}).payload(text).build();
}

Bytes datagram(std::uint16_t source_port, std::string_view payload) {
  return PacketBuilder()
      .ethernet()
      .ipv4()
      .udp({.source_port = source_port, .destination_port = 4444})
      .payload(payload)
      .build();
}

class PayloadStageTest : public ::testing::Test {
 protected:
  PayloadStageTest() {
    std::vector<SignatureError> errors;
    signatures_ = SignatureSet::load("", errors);
    stage_ = std::make_unique<PayloadStage>(signatures_, key_from_seed(1), 1);
  }

  /// Runs the packets as one burst. Each belongs to a flow of its own, as its packet number
  /// `packets`.
  void look(const std::vector<Bytes>& frames, std::uint32_t packets = 1) {
    burst_.size = static_cast<std::uint16_t>(frames.size());
    burst_.remaining = burst_.all();
    for (std::uint16_t i = 0; i < burst_.size; ++i) {
      const auto bytes = static_cast<std::uint32_t>(frames[i].size());
      burst_.frames[i] = {frames[i].data(), bytes, bytes, LinkType::ethernet};
      parse_outer(burst_.frames[i], burst_.facts[i]);
      burst_.targets[i] = {.in = 0, .out = kNoPrefix};
      burst_.flow_hashes[i] = 0;
      burst_.lookups[i] = {.packets = packets, .new_flow = packets == 1};
    }
    classify_burst(burst_);
    stage_->look(burst_, 0);
  }

  std::string signature(std::uint16_t i) const {
    if (burst_.tags[i] == 0) return "";
    return signatures_->signatures()[signature_of_tag(burst_.tags[i])].name;
  }

  std::shared_ptr<const SignatureSet> signatures_;
  std::unique_ptr<PayloadStage> stage_;
  Burst burst_;
};

TEST_F(PayloadStageTest, AnAnswerFromAnUnknownPortIsNamedByItsPayload) {
  look({datagram(33333, kMemcachedAnswer)});
  EXPECT_EQ(burst_.vectors[0], Vector::reflection_memcached);
  EXPECT_EQ(signature(0), "memcached_answer");
}

TEST_F(PayloadStageTest, ADatagramThatMatchesNothingKeepsItsVector) {
  look({datagram(33333, "hello, this is a game of ours"), datagram(33333, "")});
  EXPECT_EQ(burst_.vectors[0], Vector::udp);
  EXPECT_EQ(burst_.vectors[1], Vector::udp);
  EXPECT_EQ(burst_.tags[1], 0u);
}

TEST_F(PayloadStageTest, OnePacketInSixteenFromKnownPortsIsSearched) {
  unsigned searched = 0;
  for (std::uint32_t packet = 1; packet <= 160; ++packet) {
    look({datagram(11211, kMemcachedAnswer)}, packet);
    EXPECT_EQ(burst_.vectors[0], Vector::reflection_memcached);
    searched += burst_.tags[0] != 0;
  }
  EXPECT_EQ(searched, 10u);
}

TEST_F(PayloadStageTest, AQueryIsTaggedByItsNameWithoutCase) {
  look({query("www"), query("WWW"), query("mail")});
  EXPECT_EQ(burst_.vectors[0], Vector::dns_query);
  EXPECT_NE(burst_.tags[0], 0u);
  EXPECT_EQ(burst_.tags[0], burst_.tags[1]);
  EXPECT_NE(burst_.tags[0], burst_.tags[2]);
}

TEST_F(PayloadStageTest, AQueryThatIsCutOffHasNoTag) {
  Bytes cut = query("www");
  cut.resize(cut.size() - 6);
  look({cut});
  EXPECT_EQ(burst_.tags[0], 0u);
}

TEST_F(PayloadStageTest, PacketsToUnprotectedAddressesAreNotSearched) {
  const std::vector<Bytes> frames = {datagram(33333, kMemcachedAnswer)};
  look(frames);
  ASSERT_NE(burst_.tags[0], 0u);
  burst_.targets[0].in = kNoPrefix;
  classify_burst(burst_);
  stage_->look(burst_, 0);
  EXPECT_EQ(burst_.tags[0], 0u);
  EXPECT_EQ(burst_.vectors[0], Vector::udp);
}

}  // namespace
}  // namespace floodgauge
