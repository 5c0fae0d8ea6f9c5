// How many HTTP requests a segment holds, alone and after others.
#include "engine/classify/http_requests.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace floodgauge {
namespace {

const std::string kOne = "GET /a HTTP/1.1\r\nHost: w\r\n\r\n";

Payload bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string times(int count) {
  std::string text;
  for (int n = 0; n < count; ++n) text += kOne;
  return text;
}

/// The requests of segments that follow each other.
std::vector<std::uint32_t> count_all(const std::vector<std::string>& segments) {
  std::vector<std::uint32_t> counts;
  std::uint8_t state = 0;
  for (const std::string& segment : segments) {
    const bool begins = is_http_request(bytes_of(segment)) || is_cut_request(bytes_of(segment));
    if (!begins && state == 0) {
      counts.push_back(0);
      continue;
    }
    const HttpRequests found = count_http_requests(bytes_of(segment), begins, state);
    counts.push_back(found.requests);
    state = found.state;
  }
  return counts;
}

TEST(HttpRequests, AreCountedWithinASegment) {
  EXPECT_EQ(count_all({kOne}), (std::vector<std::uint32_t>{1}));
  EXPECT_EQ(count_all({times(48)}), (std::vector<std::uint32_t>{48}));
  EXPECT_EQ(count_all({times(48), times(2)}), (std::vector<std::uint32_t>{48, 2}));
}

TEST(HttpRequests, AreCountedWhereverTheirLinesLie) {
  for (std::size_t padding = 0; padding < 70; ++padding) {
    const std::string path(padding, 'H');
    // Blanks before an H that begin no version, at every place too.
    const std::string text = "GET / Host H" + path + " HTTP/1.1\r\nA: H " + path + " HTT\r\n\r\n" +
                             kOne + "GET /" + path + " HTTP/1.0\r\n\r\n";
    EXPECT_EQ(count_all({text}), (std::vector<std::uint32_t>{3})) << padding;
  }
}

TEST(HttpRequests, AreCountedOnceWhereverTheirSegmentsEnd) {
  const std::string text = times(5);
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    const auto counts = count_all({text.substr(0, cut), text.substr(cut)});
    // A cut within " HTTP/1." hides one request line, unless its request is the first one.
    std::size_t hidden = 0;
    for (std::size_t line = text.find(" HTTP"); line != std::string::npos;
         line = text.find(" HTTP", line + 1)) {
      hidden += cut > line && cut < line + 8 && line > kOne.size() ? 1 : 0;
    }
    EXPECT_EQ(counts[0] + counts[1] + hidden, 5u) << cut;
  }
}

TEST(HttpRequests, OfASegmentThatBeginsWithinARequestAreLookedForAfterAnOpenOne) {
  const std::string cut = kOne + kOne.substr(0, 5);
  EXPECT_EQ(count_all({cut, kOne.substr(5) + times(3)}), (std::vector<std::uint32_t>{1, 4}));
  EXPECT_EQ(count_all({kOne, kOne.substr(10)}), (std::vector<std::uint32_t>{1, 0}))
      << "nothing was open";
}

TEST(HttpRequests, ABodyIsNotLookedInto) {
  const std::string post = "POST /a HTTP/1.1\r\nContent-Length: 99\r\n\r\n";
  EXPECT_EQ(count_http_requests(bytes_of(post + "body"), true, 0).state, 0);
  EXPECT_EQ(count_all({post + "body", "more GET /a HTTP/1.1"}), (std::vector<std::uint32_t>{1, 0}));
  EXPECT_EQ(count_http_requests(bytes_of("POST /a HTTP/1.1\r\nContent-"), true, 0).requests, 1u);
}

TEST(HttpRequests, LinesWithinABodyAreNone) {
  std::string body = "z";
  for (int n = 0; n < 20; ++n) body += "GET /a HTTP/1.1\r\n";
  EXPECT_EQ(count_all({"POST /a HTTP/1.1\r\nContent-Length: 999\r\n\r\n" + body, body}),
            (std::vector<std::uint32_t>{1, 0}));
}

TEST(HttpRequests, ALongHeaderIsOneRequest) {
  EXPECT_EQ(count_all({"GET /a HTTP/1.1\r\nCookie: ", std::string(1400, 'c'), "\r\n\r\n", kOne}),
            (std::vector<std::uint32_t>{1, 0, 0, 1}));
}

TEST(HttpRequests, AFewBytesMayBeginARequestOrAHello) {
  for (const char* text : {"G", "GE", "GET", "GET ", "P", "PO", "POST", "DEL", "CONN"}) {
    EXPECT_TRUE(is_cut_request(bytes_of(text))) << text;
  }
  for (const char* text : {"", "X", "GAT", "ET", "GET /"}) {
    EXPECT_FALSE(is_cut_request(bytes_of(text))) << text;
  }
  EXPECT_TRUE(is_cut_hello(bytes_of("\x16")));
  EXPECT_TRUE(is_cut_hello(bytes_of("\x16\x03\x01")));
  EXPECT_FALSE(is_cut_hello(bytes_of("\x16\x02")));
  EXPECT_FALSE(is_cut_hello(bytes_of("\x17\x03")));
  EXPECT_FALSE(is_cut_hello(bytes_of("")));
  EXPECT_FALSE(is_cut_hello(bytes_of("\x16\x03\x01zzz"))) << "six bytes tell by themselves";
}

}  // namespace
}  // namespace floodgauge
