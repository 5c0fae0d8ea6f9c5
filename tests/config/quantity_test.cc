#include "config/quantity.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "config/nearest.h"
#include "config/plain_text.h"

namespace floodgauge {
namespace {

struct RateCase {
  const char* why;
  const char* text;
  RateKind kind;
  double value;
  const char* printed;
};

constexpr RateCase kRateCases[] = {
    {"the smallest unit", "7pps", RateKind::packets, 7, "7pps"},
    {"thousands", "50kpps", RateKind::packets, 50e3, "50kpps"},
    {"millions", "1.25Mpps", RateKind::packets, 1.25e6, "1.25Mpps"},
    {"a larger unit is printed", "2000kpps", RateKind::packets, 2e6, "2Mpps"},
    {"below one", "0.5pps", RateKind::packets, 0.5, "0.5pps"},
    {"a blank before the unit", "50 kpps", RateKind::packets, 50e3, "50kpps"},
    {"leading zeros", "007pps", RateKind::packets, 7, "7pps"},
    {"flows", "10kps", RateKind::events, 10e3, "10kps"},
    {"flows in packets' units", "10kpps", RateKind::events, 10e3, "10kps"},
    {"bits", "64bps", RateKind::bits, 64, "64bps"},
    {"gigabits", "2.5Gbps", RateKind::bits, 2.5e9, "2.5Gbps"},
    {"terabits", "1.6Tbps", RateKind::bits, 1.6e12, "1.6Tbps"},
    {"nothing", "0bps", RateKind::bits, 0, "0bps"},
};

TEST(Rate, ReadsAndPrints) {
  for (const auto& c : kRateCases) {
    SCOPED_TRACE(c.why);
    const auto parsed = parse_rate(c.text, c.kind);
    ASSERT_TRUE(parsed.value) << parsed.problem;
    EXPECT_EQ(*parsed.value, c.value);
    EXPECT_EQ(rate_text(*parsed.value, c.kind), c.printed);
  }
}

TEST(Rate, RefusesOtherText) {
  for (const char* text :
       {"", "pps", "5", "5k", "5.pps", ".5pps", "5e3pps", "+5pps", "-5pps", "5 ", " 5pps", "5pps ",
        "5,000pps", "nan", "infpps", "0x5pps", "5KPPS", "5bps"}) {
    const auto parsed = parse_rate(text, RateKind::packets);
    EXPECT_FALSE(parsed.value) << text;
    EXPECT_NE(parsed.problem.find("; write"), std::string::npos) << text;
  }
  EXPECT_FALSE(parse_rate(std::string(400, '9') + "pps", RateKind::packets).value) << "infinite";
}

TEST(Rate, PrintsEveryValueSoThatItReadsBack) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const double exponent = -12 + 28 * static_cast<double>(random() >> 11) * 0x1p-53;
    const double value = std::pow(10, exponent);
    for (const auto kind : {RateKind::packets, RateKind::events, RateKind::bits}) {
      const std::string text = rate_text(value, kind);
      ASSERT_EQ(parse_rate(text, kind).value, value) << text;
    }
  }
}

struct DurationCase {
  const char* text;
  std::int64_t nanoseconds;
  const char* printed;
};

constexpr DurationCase kDurationCases[] = {
    {"1ns", 1, "1ns"},
    {"1.5us", 1500, "1500ns"},
    {"100ms", 100'000'000, "100ms"},
    {"0.1s", 100'000'000, "100ms"},
    {"90s", 90'000'000'000, "90s"},
    {"1.5h", 5'400'000'000'000, "90m"},
    {"7d", 604'800'000'000'000, "7d"},
    {"0ms", 0, "0s"},
    {"0.1000000000000000000000s", 100'000'000, "100ms"},
};

TEST(Duration, ReadsAndPrints) {
  for (const auto& c : kDurationCases) {
    SCOPED_TRACE(c.text);
    const auto parsed = parse_duration(c.text, "s");
    ASSERT_TRUE(parsed.value) << parsed.problem;
    EXPECT_EQ(parsed.value->count, c.nanoseconds);
    EXPECT_EQ(duration_text(*parsed.value), c.printed);
  }
}

TEST(Duration, RefusesOtherText) {
  for (const char* text : {"", "s", "5", "5sec", "5S", "-5s", "1.5ns", "0.0000000001s", "200000d",
                           "99999999999999999999s", "0.0000000000000000000001s"}) {
    const auto parsed = parse_duration(text, "s");
    EXPECT_FALSE(parsed.value) << text;
    EXPECT_NE(parsed.problem.find("; write"), std::string::npos) << text;
  }
}

TEST(Size, ReadsAndPrints) {
  EXPECT_EQ(parse_size("1500B").value, 1500u);
  EXPECT_EQ(parse_size("64KiB").value, 65536u);
  EXPECT_EQ(parse_size("1.5MiB").value, 1572864u);
  EXPECT_EQ(parse_size("2GiB").value, std::uint64_t{2} << 30);
  EXPECT_FALSE(parse_size("64KB").value);
  EXPECT_EQ(parse_size("64").problem, "64 has no unit; write 64B");
  EXPECT_EQ(size_text(65536), "64KiB");
  EXPECT_EQ(size_text(1500), "1500B");
}

TEST(Nearest, FindsTheWordThatWasMeant) {
  constexpr std::string_view kWords[] = {"protect", "exclude", "ports", "syn", "synack", "link"};
  EXPECT_EQ(nearest("protct", kWords), "protect");
  EXPECT_EQ(nearest("prots", kWords), "ports");
  EXPECT_EQ(nearest("sny", kWords), "syn") << "a swap is one edit";
  EXPECT_EQ(nearest("syn_ack", kWords), "synack");
  EXPECT_EQ(nearest("", kWords), "");
  EXPECT_EQ(nearest("something", kWords), "");
  EXPECT_EQ(nearest(std::string(1 << 20, 'p'), kWords), "");
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(PlainText, FindsBytesThatAreNotText) {
  EXPECT_EQ(find_non_text("a\tb\r\nc é € 😀"), std::nullopt);
  EXPECT_EQ(find_non_text("ab\x1b"), 2u);
  EXPECT_EQ(find_non_text("a\xc0\xaf"), 1u) << "overlong";
  EXPECT_EQ(find_non_text("a\xe0\x80\xaf"), 1u) << "overlong";
  EXPECT_EQ(find_non_text("\xed\xa0\x80"), 0u) << "a surrogate";
  EXPECT_EQ(find_non_text("\xf4\x90\x80\x80"), 0u) << "beyond U+10FFFF";
  EXPECT_EQ(find_non_text("\xe2\x82"), 0u) << "cut off";
  EXPECT_FALSE(is_plain_line("a\nb"));
  EXPECT_FALSE(is_plain_line("a\u009b31m")) << "a C1 control character";
  EXPECT_EQ(printable("a\x1b[1m\xff"), "a\\x1b[1m\\xff");
  EXPECT_EQ(printable(std::string(100, 'a')), std::string(60, 'a') + "...");
}

}  // namespace
}  // namespace floodgauge
