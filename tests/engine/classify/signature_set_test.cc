#include "engine/classify/signature_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>

#include "tests/engine/classify/guarded.h"
#include "tests/engine/classify/signature_samples.h"

namespace floodgauge {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Signatures : public testing::Test {
 protected:
  // Loaded once for all tests, since it takes a while.
  static void SetUpTestSuite() {
    std::vector<SignatureError> errors;
    set_ = SignatureSet::load("", errors);
    for (const SignatureError& error : errors) ADD_FAILURE() << error.text();
    ASSERT_NE(set_, nullptr);
  }
  static void TearDownTestSuite() { set_.reset(); }

  std::string match(const std::string& payload, std::uint16_t source_port = 0) {
    const auto found = set_->match(guarded_(payload), scratch_, source_port);
    return found ? std::string(found->name) : "nothing";
  }

  static inline std::shared_ptr<const SignatureSet> set_;
  SignatureSet::Scratch scratch_ = set_->make_scratch();
  Guarded guarded_;
};

TEST(SignatureDatabase, ReadsTheDatabaseOfTheBuild) {
  EXPECT_NE(read_database(builtin_database()), nullptr)
      << "otherwise each start would compile the signatures again";
}
TEST(SignatureDatabase, RefusesOtherBytes) {
  const std::vector<std::uint64_t> other(64, 7);
  EXPECT_EQ(read_database(other), nullptr);
}

TEST_F(Signatures, EachKnowsItsPayload) {
  for (const Sample& sample : kPositive) {
    EXPECT_EQ(match(sample.payload, sample.source_port), sample.name);
  }
}

TEST_F(Signatures, NoneIsWithoutASample) {
  std::set<std::string> sampled;
  for (const Sample& sample : kPositive) sampled.insert(sample.name);
  for (const Signature& signature : set_->signatures()) {
    EXPECT_TRUE(sampled.contains(signature.name)) << signature.name;
  }
}

TEST_F(Signatures, EveryReflectionProtocolButTcpHasOneOrAPort) {
  std::set<Vector> covered;
  for (const Signature& signature : set_->signatures()) covered.insert(signature.vector);
  for (unsigned port = 0; port < 65536; ++port) {
    covered.insert(reflection_of_port(static_cast<std::uint16_t>(port)));
  }
  for (const VectorInfo& row : vector_table()) {
    if (row.traffic_class != TrafficClass::reflection) continue;
    const bool nameless =
        row.vector == Vector::reflection_tcp || row.vector == Vector::reflection_port;
    EXPECT_EQ(covered.contains(row.vector), !nameless) << row.name;
  }
}

/// What goes to a service's port is a question, which looks like an answer to QUIC's signature.
TEST_F(Signatures, AnAnswerComesFromItsPort) {
  const std::string handshake =
      hex("e2 00000001 00 08 6c6d6e6f70717273 43e8") + std::string(99, 'q');
  EXPECT_EQ(match(handshake, 443), "quic_answer");
  EXPECT_EQ(match(handshake, 50443), "nothing");
  EXPECT_FALSE(set_->match(guarded_(handshake), scratch_, 50000, 443));
}

TEST_F(Signatures, OrdinaryTrafficMatchesNone) {
  for (const Sample& sample : kBenign) EXPECT_EQ(match(sample.payload), "nothing") << sample.name;
}

TEST_F(Signatures, RandomBytesMatchNone) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    std::string payload(random() % 120, '\0');
    for (char& c : payload) c = static_cast<char>(random());
    ASSERT_EQ(match(payload), "nothing") << i;
  }
}

TEST_F(Signatures, EveryCutOfEveryPayloadIsSafe) {
  for (const Sample& sample : kPositive) {
    for (std::size_t size = 0; size < sample.payload.size(); ++size) {
      match(sample.payload.substr(0, size));
    }
  }
}

std::shared_ptr<const SignatureSet> compile(const std::string& text,
                                            std::vector<SignatureError>& errors) {
  return SignatureSet::compile(parse_signatures(text, "mine.yaml", errors), errors);
}

TEST(SignatureSet, TheFirstOfSeveralWins) {
  std::vector<SignatureError> errors;
  const auto set = compile(
      "signatures:\n"
      "  - {name: particular, vector: reflection_dns, pattern: '^abc'}\n"
      "  - {name: general, vector: udp, pattern: 'b'}\n",
      errors);
  ASSERT_NE(set, nullptr);
  auto scratch = set->make_scratch();
  Guarded guarded;
  EXPECT_EQ(set->match(guarded("abcd"), scratch)->name, "particular");
  EXPECT_EQ(set->match(guarded("abcd"), scratch)->vector, Vector::reflection_dns);
  EXPECT_EQ(set->match(guarded("xbx"), scratch)->name, "general");
  EXPECT_FALSE(set->match(guarded("xxx"), scratch));
  EXPECT_FALSE(set->match(guarded(""), scratch));
}

TEST(SignatureSet, PortsNarrowASignature) {
  std::vector<SignatureError> errors;
  const auto set = compile(
      "signatures:\n"
      "  - {name: ours, vector: udp, pattern: '^a', ports: [4444]}\n"
      "  - {name: any, vector: udp, pattern: '^a'}\n",
      errors);
  ASSERT_NE(set, nullptr);
  auto scratch = set->make_scratch();
  Guarded guarded;
  EXPECT_EQ(set->match(guarded("a"), scratch, 4444, 1)->name, "ours");
  EXPECT_EQ(set->match(guarded("a"), scratch, 1, 4444)->name, "ours");
  EXPECT_EQ(set->match(guarded("a"), scratch, 1, 2)->name, "any");
}

// A result must not be reused for other bytes, other lengths or other ports.
TEST(SignatureSet, RepeatedPayloadsAreToldApart) {
  std::vector<SignatureError> errors;
  const auto set = compile(
      "signatures:\n"
      "  - {name: ours, vector: udp, pattern: '^ab', ports: [4444]}\n"
      "  - {name: exact, vector: udp, pattern: '^a{8}.{30}a{8}$'}\n"
      "  - {name: any, vector: udp, pattern: '^a'}\n",
      errors);
  ASSERT_NE(set, nullptr);
  auto scratch = set->make_scratch();
  Guarded guarded;
  const std::string ends(8, 'a');
  for (unsigned round = 0; round < 3; ++round) {
    EXPECT_EQ(set->match(guarded("ab"), scratch, 1, 2)->name, "any");
    EXPECT_EQ(set->match(guarded("ab"), scratch, 1, 4444)->name, "ours");
    EXPECT_EQ(set->match(guarded(ends + std::string(30, 'x') + ends), scratch)->name, "exact");
    EXPECT_EQ(set->match(guarded(ends + std::string(31, 'x') + ends), scratch)->name, "any");
    EXPECT_FALSE(set->match(guarded("b" + ends), scratch));
    EXPECT_EQ(set->match(guarded("a" + std::string(1023, 'x')), scratch)->name, "any");
  }
}

TEST(SignatureSet, FlagsAreHonoured) {
  std::vector<SignatureError> errors;
  const auto set = compile(
      "signatures:\n"
      "  - {name: caseless, vector: udp, pattern: '^get', flags: [caseless]}\n"
      "  - {name: multiline, vector: udp, pattern: '^host:', flags: [multiline]}\n",
      errors);
  ASSERT_NE(set, nullptr);
  auto scratch = set->make_scratch();
  Guarded guarded;
  EXPECT_EQ(set->match(guarded("GeT"), scratch)->name, "caseless");
  EXPECT_EQ(set->match(guarded("x\nhost:"), scratch)->name, "multiline");
  EXPECT_FALSE(set->match(guarded("x\nHOST:"), scratch));
}

TEST(SignatureSet, SaysWhichPatternsDoNotCompile) {
  std::vector<SignatureError> errors;
  const auto set = compile(
      "signatures:\n"
      "  - {name: bad, vector: udp, pattern: '(a'}\n"
      "  - {name: good, vector: udp, pattern: 'a'}\n"
      "  - {name: empty, vector: udp, pattern: 'a*'}\n"
      "  - {name: back, vector: udp, pattern: '(a)\\1'}\n",
      errors);
  EXPECT_EQ(set, nullptr);
  ASSERT_EQ(errors.size(), 3u);
  EXPECT_THAT(errors[0].text(), StartsWith("mine.yaml:2:39: pattern: bad: "));
  EXPECT_THAT(errors[1].text(), StartsWith("mine.yaml:4:41: pattern: empty: "));
  EXPECT_THAT(errors[2].text(), StartsWith("mine.yaml:5:40: pattern: back: "));
}

TEST(SignatureSet, NoSignaturesMatchNothing) {
  std::vector<SignatureError> errors;
  const auto set = SignatureSet::compile({}, errors);
  ASSERT_NE(set, nullptr);
  auto scratch = set->make_scratch();
  Guarded guarded;
  EXPECT_FALSE(set->match(guarded("a"), scratch));
}

class UserFile : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() /
            ("floodgauge_signatures_" + std::to_string(getpid()) + ".yaml");
  }
  void TearDown() override { std::filesystem::remove(path_); }
  void write(const std::string& text) { std::ofstream(path_) << text; }
  std::filesystem::path path_;
};

TEST_F(UserFile, GoesBeforeTheBuiltInOnes) {
  write("signatures: [{name: mine, vector: reflection_snmp, pattern: '^SIP/2'}]");
  std::vector<SignatureError> errors;
  const auto set = SignatureSet::load(path_, errors);
  ASSERT_NE(set, nullptr);
  auto scratch = set->make_scratch();
  Guarded guarded;
  EXPECT_EQ(set->match(guarded("SIP/2.0 200 OK"), scratch)->name, "mine");
  EXPECT_EQ(set->match(guarded("M-SEARCH * HTTP/1.1"), scratch)->name, "ssdp_search");
}

TEST_F(UserFile, IsRefusedAsAWholeWhenAnythingIsWrong) {
  write("signatures:\n  - {name: mine, vector: udp, pattern: '^S[', ports: []}\n");
  std::vector<SignatureError> errors;
  EXPECT_EQ(SignatureSet::load(path_, errors), nullptr);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_THAT(errors[0].text(), StartsWith(path_.string() + ":2:"));
}

}  // namespace
}  // namespace floodgauge
