#include "engine/classify/signature_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "engine/classify/signature_set.h"

namespace floodgauge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> errors_of(const std::string& text) {
  std::vector<SignatureError> errors;
  parse_signatures(text, "mine.yaml", errors);
  std::vector<std::string> texts;
  for (const SignatureError& error : errors) texts.push_back(error.text());
  return texts;
}

TEST(SignatureFile, ReadsEveryKey) {
  std::vector<SignatureError> errors;
  const auto signatures = parse_signatures(
      "signatures:\n"
      "  - name: mine-1\n"
      "    vector: reflection_dns\n"
      "    pattern: '^\\x01a'\n"
      "    flags: [caseless, multiline]\n"
      "    ports: [53, 65535]\n",
      "mine.yaml", errors);
  ASSERT_TRUE(errors.empty()) << errors[0].text();
  ASSERT_EQ(signatures.size(), 1u);
  EXPECT_EQ(signatures[0].name, "mine-1");
  EXPECT_EQ(signatures[0].vector, Vector::reflection_dns);
  EXPECT_EQ(signatures[0].pattern, "^\\x01a");
  EXPECT_TRUE(signatures[0].caseless);
  EXPECT_TRUE(signatures[0].multiline);
  EXPECT_THAT(signatures[0].ports, ElementsAre(53, 65535));
  EXPECT_EQ(signatures[0].position.line, 4);
  EXPECT_EQ(signatures[0].position.column, 14);
}

TEST(SignatureFile, EveryErrorHasAPositionAndSaysWhatToWrite) {
  const std::string good = "signatures:\n  - name: a\n    vector: udp\n    pattern: 'x'\n";
  struct Case {
    std::string text;
    const char* want;
  };
  const Case cases[] = {
      {"", "mine.yaml:1:1: must be a list under the key signatures:"},
      {"- a", "mine.yaml:1:1: must be a list under the key signatures:"},
      {"signatures: 5", "mine.yaml:1:13: signatures: must be a list"},
      {"signature: []", "mine.yaml:1:1: unknown key; the only one is signatures"},
      {"signatures:\n  - 5", "mine.yaml:2:5: a signature must have the keys"},
      {"signatures: [}", "mine.yaml:1:14: not YAML"},
      {"signatures:\n  - {name: a, vector: udp}", "mine.yaml:2:5: pattern: missing"},
      {"signatures:\n  - {name: A, vector: udp, pattern: x}", "mine.yaml:2:12: name: must be"},
      {"signatures:\n  - {name: a, vector: upd, pattern: x}",
       "mine.yaml:2:23: vector: \"upd\" is not an attack vector"},
      {"signatures:\n  - {name: a, vector: tcp_established, pattern: x}",
       "mine.yaml:2:23: vector: \"tcp_established\" is not an attack vector"},
      {"signatures:\n  - {name: a, vector: reflection_port, pattern: x}",
       "mine.yaml:2:23: vector: \"reflection_port\" is not"},
      {"signatures:\n  - {name: a, vector: udp, pattern: ''}", "mine.yaml:2:37: pattern: must be"},
      {"signatures:\n  - {name: a, vector: udp, pattern: \"a\\0\"}",
       "mine.yaml:2:37: pattern: holds a zero byte"},
      {good + "    flags: caseless\n", "mine.yaml:5:12: flags: must be a list"},
      {good + "    flags: [icase]\n", "mine.yaml:5:13: flags: \"icase\" is unknown"},
      {good + "    ports: 53\n", "mine.yaml:5:12: ports: must be a list"},
      {good + "    ports: [0]\n", "mine.yaml:5:13: ports: must be numbers"},
      {good + "    ports: [65536]\n", "mine.yaml:5:13: ports: must be numbers"},
      {good + "    ports: [99999999999999999999]\n", "mine.yaml:5:13: ports: must be numbers"},
      {good + "    port: [53]\n", "mine.yaml:5:5: port: unknown key"},
      {good + "    name: b\n", "mine.yaml:5:5: name: written twice"},
      {good + "  - {name: a, vector: udp, pattern: y}\n",
       "mine.yaml:5:12: name: a is used twice in this file"},
  };
  for (const Case& c : cases) {
    const auto texts = errors_of(c.text);
    ASSERT_FALSE(texts.empty()) << c.want;
    EXPECT_THAT(texts[0], StartsWith(c.want)) << c.text;
  }
}

TEST(SignatureFile, ReportsAllErrorsAtOnce) {
  const auto texts = errors_of(
      "signatures:\n"
      "  - {name: A, vector: upd, pattern: ''}\n"
      "  - {name: b, vector: udp, pattern: x, prots: [5]}\n");
  EXPECT_EQ(texts.size(), 4u);
}

TEST(SignatureFile, AMissingFileIsAnError) {
  std::vector<SignatureError> errors;
  EXPECT_TRUE(read_signature_file("/nonexistent/mine.yaml", errors).empty());
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_THAT(errors[0].text(), StartsWith("/nonexistent/mine.yaml:1:1: cannot be read: No such"));
  errors.clear();
  EXPECT_TRUE(read_signature_file("/", errors).empty());
  EXPECT_EQ(errors.size(), 1u) << "a directory";
}

TEST(SignatureFile, HugeFilesAreRefused) {
  EXPECT_THAT(errors_of(std::string(kMaxSignatureFileBytes + 1, ' ')),
              ElementsAre(HasSubstr("larger than")));
}

TEST(SignatureFile, TheBuiltInOneHasNoError) {
  std::vector<SignatureError> errors;
  const auto signatures = parse_signatures(builtin_signatures(), "built in", errors);
  for (const SignatureError& error : errors) ADD_FAILURE() << error.text();
  EXPECT_GT(signatures.size(), 50u);
}

}  // namespace
}  // namespace floodgauge
