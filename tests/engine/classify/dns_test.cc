#include "engine/classify/dns.h"

#include <gtest/gtest.h>
#include <string>

#include "tests/engine/classify/guarded.h"

namespace floodgauge {
namespace {

using namespace std::string_literals;

const HashKey kKey = key_from_seed(1);

std::string header(std::string_view flags, int questions = 1) {
  return "\x12\x34"s + std::string(flags) + "\0"s + static_cast<char>(questions) + "\0\0\0\0\0\0"s;
}
std::string name(std::initializer_list<std::string> labels) {
  std::string wire;
  for (const std::string& label : labels) wire += static_cast<char>(label.size()) + label;
  return wire + '\0';
}
const std::string kTypeA = "\0\1\0\1"s;
const std::string kQuery = header("\1\0"s);

std::optional<DnsMessage> parse(const std::string& bytes) {
  Guarded guarded;
  return parse_dns(guarded(bytes), kKey);
}

TEST(Dns, ReadsAQuery) {
  const auto message = parse(kQuery + name({"www", "example", "net"}) + "\0\xff\0\1"s);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->id, 0x1234);
  EXPECT_FALSE(message->answer);
  EXPECT_TRUE(message->recursion_desired);
  EXPECT_EQ(message->question, DnsQuestion::complete);
  EXPECT_EQ(message->type, 255);
  EXPECT_EQ(message->labels, 3);
  EXPECT_EQ(message->first_label_bytes, 3);
  EXPECT_EQ(message->name_bytes, 17);
}

TEST(Dns, ReadsAnAnswersCode) {
  const auto message = parse(header("\x83\x83"s) + name({"nx", "example"}) + kTypeA);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->answer);
  EXPECT_TRUE(message->truncated);
  EXPECT_EQ(message->rcode, 3);
}

TEST(Dns, NamesDifferByLettersAndNotByCase) {
  const auto hash = [](const std::string& wire) {
    return parse(kQuery + wire + kTypeA)->name_hash;
  };
  EXPECT_EQ(hash(name({"ExAmple", "NET"})), hash(name({"example", "net"})));
  EXPECT_NE(hash(name({"example", "net"})), hash(name({"examplf", "net"})));
  EXPECT_NE(hash(name({"ab", "c"})), hash(name({"a", "bc"}))) << "where labels end counts";
}

TEST(Dns, RandomSubdomainsDiffer) {
  const auto a = parse(kQuery + name({"x7fq", "example", "net"}) + kTypeA);
  const auto b = parse(kQuery + name({"zzzzzzz", "EXAMPLE", "net"}) + kTypeA);
  EXPECT_NE(a->name_hash, b->name_hash);
}

TEST(Dns, OnlyLettersHaveACase) {
  // The characters before and after the upper- and lower-case letters, and bytes beyond ASCII.
  for (int c = 0; c < 256; ++c) {
    const auto hash = [](int byte) {
      // Longer than a block of 16 bytes, with the byte in the second block.
      const std::string label = "0123456789abcdefg" + std::string(1, static_cast<char>(byte)) + "z";
      return parse(kQuery + name({label, "Net"}) + kTypeA)->name_hash;
    };
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    EXPECT_EQ(hash(c) == hash(c ^ 0x20), letter) << c;
  }
}

TEST(Dns, TheLongestNameIsRead) {
  const std::string label63(63, 'A');
  const std::string label61(61, 'a');
  const auto message = parse(kQuery + name({label63, label63, label63, label61}) + kTypeA);
  ASSERT_EQ(message->question, DnsQuestion::complete);
  EXPECT_EQ(message->name_bytes, 255);
  const std::string small63(63, 'a');
  EXPECT_EQ(message->name_hash,
            parse(kQuery + name({small63, small63, small63, label61}) + kTypeA)->name_hash);
}

TEST(Dns, TheRootIsAName) {
  const auto message = parse(kQuery + name({}) + kTypeA);
  EXPECT_EQ(message->question, DnsQuestion::complete);
  EXPECT_EQ(message->labels, 0);
  EXPECT_EQ(message->name_bytes, 1);
  EXPECT_NE(message->name_hash, parse(kQuery + name({"a"}) + kTypeA)->name_hash);
}

TEST(Dns, TellsWhatIsWrongWithTheQuestion) {
  const std::string label63(63, 'a');
  struct Case {
    std::string bytes;
    DnsQuestion want;
    const char* what;
  };
  const Case cases[] = {
      {header("\1\0"s, 0), DnsQuestion::none, "no question"},
      {kQuery, DnsQuestion::cut, "nothing after the header"},
      {kQuery + "\3ww"s, DnsQuestion::cut, "cut within a label"},
      {kQuery + "\3www"s, DnsQuestion::cut, "cut between labels"},
      {kQuery + name({"a"}) + "\0\1\0"s, DnsQuestion::cut, "cut within the class"},
      {kQuery + "\xc0\x0c"s + kTypeA, DnsQuestion::malformed, "a pointer to itself"},
      {kQuery + "\x40"s + std::string(64, 'a'), DnsQuestion::malformed, "a label of 64"},
      {kQuery + name({label63, label63, label63, label63.substr(0, 61)}) + kTypeA,
       DnsQuestion::complete, "a name of 255"},
      {kQuery + name({label63, label63, label63, label63.substr(0, 62)}) + kTypeA,
       DnsQuestion::malformed, "a name of 256"},
  };
  for (const Case& c : cases) {
    const auto message = parse(c.bytes);
    ASSERT_TRUE(message) << c.what;
    EXPECT_EQ(message->question, c.want) << c.what;
    EXPECT_EQ(message->name_hash != 0, c.want == DnsQuestion::complete) << c.what;
  }
}

TEST(Dns, RefusesWhatIsNotDns) {
  EXPECT_FALSE(parse(""));
  EXPECT_FALSE(parse(kQuery.substr(0, 11))) << "11 bytes of header";
  EXPECT_FALSE(parse(header("\x18\0"s))) << "opcode 3";
  EXPECT_FALSE(parse(header("\x78\0"s))) << "opcode 15";
  EXPECT_FALSE(parse(header("\1\x40"s))) << "Z bit";
}

TEST(Dns, EveryCutIsSafe) {
  Guarded guarded;
  const std::string whole = kQuery + name({"www", "example", "net"}) + kTypeA;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const auto message = parse_dns(guarded(whole.substr(0, size)), kKey);
    EXPECT_EQ(message.has_value(), size >= 12);
    EXPECT_EQ(message && message->question == DnsQuestion::complete, size == whole.size());
  }
}

}  // namespace
}  // namespace floodgauge
