#include "engine/base/base64.h"

#include <gtest/gtest.h>

namespace floodgauge {
namespace {

struct Case {
  const char* bytes;
  const char* text;
};

// RFC 4648, section 10, and the two digits that are not letters.
constexpr Case kCases[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xfb\xef\xbe", "++++"},
    {"\xff\xff\xff", "////"},
};

TEST(Base64, EncodesAndDecodes) {
  for (const Case& c : kCases) {
    EXPECT_EQ(base64_encode(c.bytes), c.text);
    std::string decoded;
    EXPECT_TRUE(base64_decode(c.text, decoded)) << c.text;
    EXPECT_EQ(decoded, c.bytes);
  }
}

TEST(Base64, RefusesOtherText) {
  std::string decoded;
  for (const char* text : {"Zg", "Zg=", "Zg===", "Z===", "Zg==Zg==", "Zm9v\n", "Zm9-", "Zm9\xe4"}) {
    EXPECT_FALSE(base64_decode(text, decoded)) << text;
  }
}

}  // namespace
}  // namespace floodgauge
