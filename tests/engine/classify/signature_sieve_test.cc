// No signature matches a payload that the sieve rejects, and the sieve rejects most payloads.
#include "engine/classify/signature_sieve.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/classify/pattern_prefix.h"
#include "engine/classify/signature_set.h"

namespace floodgauge {
namespace {

using namespace std::string_literals;

PatternPrefix prefix(std::string_view pattern, bool caseless = false) {
  const auto found = prefix_of_pattern(pattern, caseless);
  EXPECT_TRUE(found) << pattern;
  return found.value_or(PatternPrefix{});
}

/// The bytes that may stand at an offset, as text; "*" for all bytes.
std::string bytes_at(const PatternPrefix& prefix, std::size_t place) {
  if (prefix.bytes[place].all()) return "*";
  std::string bytes;
  for (unsigned byte = 0; byte < 256; ++byte) {
    if (prefix.bytes[place][byte]) bytes += static_cast<char>(byte);
  }
  return bytes;
}

/// The bytes at the first offsets.
std::vector<std::string> bytes_of(std::string_view pattern, std::size_t places,
                                  bool caseless = false) {
  const PatternPrefix found = prefix(pattern, caseless);
  std::vector<std::string> all;
  for (std::size_t place = 0; place < places; ++place) all.push_back(bytes_at(found, place));
  return all;
}

using Texts = std::vector<std::string>;

TEST(PatternPrefix, KnowsLiteralsClassesAndEscapes) {
  EXPECT_EQ(bytes_of("^ab", 3), (Texts{"a", "b", "*"})) << "anything may follow";
  EXPECT_EQ(bytes_of("^.[ac-e]\\x41", 3), (Texts{"*", "acde", "A"}));
  EXPECT_EQ(bytes_of("^[\\x00-\\x02][]-]\\.", 3), (Texts{"\0\1\2"s, "-]", "."}));
  EXPECT_EQ(bytes_of("^\\d\\r\\n\\*", 4), (Texts{"0123456789", "\r", "\n", "*"}));
  EXPECT_EQ(prefix("^[^\\x00]").bytes[0].count(), 255u);
  EXPECT_EQ(bytes_of("^aB[cd]", 3, true), (Texts{"Aa", "Bb", "CDcd"}));
}

TEST(PatternPrefix, FollowsRepetitionAndAlternatives) {
  EXPECT_EQ(bytes_of("^a?bc", 3), (Texts{"ab", "bc", "*"}));
  EXPECT_EQ(bytes_of("^a*b", 2), (Texts{"ab", "*"}));
  EXPECT_EQ(bytes_of("^a{2}b{1,2}c", 5), (Texts{"a", "a", "b", "bc", "*"}));
  EXPECT_EQ(bytes_of("^a{2,}b", 4), (Texts{"a", "a", "ab", "*"}));
  EXPECT_EQ(bytes_of("^(?:ab|c)(d|ef)g", 4), (Texts{"ac", "bde", "defg", "*"}));
  EXPECT_EQ(bytes_of("^(?:ab)+c", 5), (Texts{"a", "b", "ac", "*", "*"}));
  EXPECT_EQ(bytes_of("^a.{1000}b", 3), (Texts{"a", "*", "*"}));
  EXPECT_EQ(bytes_of("^(?:|a)*b", 1), (Texts{"ab"}));
}

TEST(PatternPrefix, ReadsNestedRepetitionsInBoundedTime) {
  std::string pattern = "a?";
  for (int depth = 0; depth < 5; ++depth) pattern = "(?:" + pattern + "b?){0,1000}";
  EXPECT_EQ(bytes_of("^" + pattern + "c", 2), (Texts{"abc", "*"}));
  for (int depth = 0; depth < 25; ++depth) pattern = "(?:" + pattern + "b?){0,1000}";
  EXPECT_FALSE(prefix_of_pattern("^" + pattern + "c", false));
}

TEST(PatternPrefix, KnowsHowShortAMatchMayBe) {
  const PatternPrefix found = prefix("^ab?c?$");
  EXPECT_FALSE(found.may_end_before(0));
  EXPECT_TRUE(found.may_end_before(1));
  EXPECT_FALSE(prefix("^.{30}").may_end_before(PatternPrefix::kBytes - 1));
}

TEST(PatternPrefix, RefusesPatternsThatItDoesNotUnderstand) {
  for (const char* pattern :
       {"ab",
        "",
        "a|^b",
        "^a|b",
        "^(?i)a",
        "^(?=a)",
        "^a\\b",
        "^\\1",
        "^[[:alpha:]]",
        "^\\x{41}",
        "^(a",
        "^a)",
        "^a{",
        "^a{2,1}",
        "^[a",
        "^a++",
        "^\\",
        "^(?:^a)",
        "^[a-\\d]",
        "^*",
        "^[b-a]",
        "^\\Aa",
        "^a**",
        "^(((((((((((((((((((((((((((((((((((((((((a)))))))))))))))))))))))))))))))))))"
        "))))))"}) {
    EXPECT_FALSE(prefix_of_pattern(pattern, false)) << pattern;
  }
}

/// The same signatures and one without a leading ^, so that the sieve rejects nothing.
std::vector<Signature> and_one_anywhere(std::vector<Signature> signatures) {
  Signature anywhere;
  anywhere.name = "anywhere";
  anywhere.pattern = "never seen \\x01\\x02\\x03";
  signatures.push_back(anywhere);
  return signatures;
}

class Sieved : public ::testing::Test {
 protected:
  void compile(const std::vector<Signature>& signatures) {
    std::vector<SignatureError> errors;
    signatures_ = signatures;
    sieved_ = SignatureSet::compile(signatures, errors);
    searched_ = SignatureSet::compile(and_one_anywhere(signatures), errors);
    ASSERT_TRUE(errors.empty()) << errors.front().text();
    sieve_ = std::make_unique<SignatureSieve>(signatures);
    of_sieved_ = sieved_->make_scratch();
    of_searched_ = searched_->make_scratch();
  }
  /// Whether a signature matches.
  bool same(const std::vector<std::uint8_t>& payload) {
    const auto one = sieved_->match(payload, of_sieved_);
    const auto other = searched_->match(payload, of_searched_);
    EXPECT_EQ(one.has_value(), other.has_value()) << payload.size() << " bytes";
    if (one && other) {
      EXPECT_EQ(one->index, other->index);
    }
    passed_ += sieve_->may_match(payload) ? 1 : 0;
    return other.has_value();
  }
  static std::vector<Signature> built_in() {
    std::vector<SignatureError> errors;
    return parse_signatures(builtin_signatures(), "built in", errors);
  }
  /// Random bytes that the signatures allow at their offsets, most of them from one signature.
  std::vector<std::uint8_t> likely(std::mt19937& random) const {
    std::vector<std::uint8_t> payload(random() % 60);
    const Signature& of = signatures_[random() % signatures_.size()];
    const auto wanted = prefix_of_pattern(of.pattern, of.caseless);
    for (std::size_t place = 0; place < payload.size(); ++place) {
      payload[place] = static_cast<std::uint8_t>(random());
      if (!wanted || place >= PatternPrefix::kBytes || random() % 64 == 0) continue;
      while (!wanted->bytes[place][payload[place]]) ++payload[place];
    }
    return payload;
  }

  std::vector<Signature> signatures_;
  std::shared_ptr<const SignatureSet> sieved_;
  std::shared_ptr<const SignatureSet> searched_;
  std::unique_ptr<SignatureSieve> sieve_;
  SignatureSet::Scratch of_sieved_;
  SignatureSet::Scratch of_searched_;
  unsigned passed_ = 0;
};

TEST_F(Sieved, PassesWhatTheBuiltInSignaturesMatch) {
  compile(built_in());
  std::mt19937 random(3);
  unsigned matched = 0;
  for (unsigned n = 0; n < 200'000; ++n) matched += same(likely(random)) ? 1 : 0;
  EXPECT_GT(matched, 10'000u);
}

TEST_F(Sieved, UnderstandsEveryBuiltInSignature) {
  for (const Signature& signature : built_in()) {
    EXPECT_TRUE(prefix_of_pattern(signature.pattern, signature.caseless)) << signature.name;
  }
}

TEST_F(Sieved, FewPayloadsOfRandomBytesAreSearched) {
  compile(built_in());
  std::mt19937 random(5);
  constexpr unsigned kPayloads = 20'000;
  for (unsigned n = 0; n < kPayloads; ++n) {
    std::vector<std::uint8_t> payload(40);
    for (std::uint8_t& byte : payload) byte = static_cast<std::uint8_t>(random());
    same(payload);
  }
  EXPECT_LT(passed_, kPayloads / 10);
}

// More signatures than bits.
TEST_F(Sieved, HundredsOfSignaturesShareTheBits) {
  std::vector<Signature> many;
  for (unsigned s = 0; s < 300; ++s) {
    Signature& one = many.emplace_back();
    one.name = "s" + std::to_string(s);
    one.pattern = "^" + std::string(s % 3, '.') + "x" + std::to_string(s);
    one.caseless = s % 2 == 0;
    one.multiline = s == 299;
  }
  compile(many);
  std::mt19937 random(9);
  unsigned matched = 0;
  for (unsigned n = 0; n < 20'000; ++n) {
    const std::string text = std::string(random() % 4, 'x') + (random() % 2 != 0 ? "x" : "X") +
                             std::to_string(random() % 400);
    matched += same({text.begin(), text.end()}) ? 1 : 0;
  }
  EXPECT_GT(matched, 1'000u);
  EXPECT_LT(matched, 19'000u);
}

}  // namespace
}  // namespace floodgauge
