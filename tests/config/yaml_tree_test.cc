#include "config/yaml_tree.h"

#include <gtest/gtest.h>

#include <random>

namespace floodgauge {
namespace {

std::string fault_of(std::string_view text) {
  const auto result = read_yaml(text);
  const auto* fault = std::get_if<YamlFault>(&result);
  if (!fault) return "none";
  return std::to_string(fault->position.line) + ":" + std::to_string(fault->position.column) +
         ": " + fault->message;
}

TEST(YamlTree, HasThePositionOfEachValue) {
  const auto result = read_yaml("a: 5k\nb:\n  - x\n  - {c: \"d\"}\ne:\nf: g\n");
  const auto* root = std::get_if<YamlNode>(&result);
  ASSERT_TRUE(root);
  ASSERT_EQ(root->kind, YamlNode::Kind::map);
  ASSERT_EQ(root->children.size(), 8u);
  EXPECT_EQ(root->children[1].position, (TextPosition{1, 4}));
  const YamlNode& list = root->children[3];
  ASSERT_EQ(list.children.size(), 2u);
  EXPECT_EQ(list.children[0].position, (TextPosition{3, 5}));
  EXPECT_EQ(list.children[1].children[1].position, (TextPosition{4, 9}));
  EXPECT_EQ(root->children[5].kind, YamlNode::Kind::null);
  EXPECT_EQ(root->children[5].position, (TextPosition{5, 1}))
      << "a missing value has the position of its key";
}

TEST(YamlTree, PutsValuesInPlaceOfAliases) {
  const auto result = read_yaml("a: &x [1, 2]\nb: *x\n");
  const auto* root = std::get_if<YamlNode>(&result);
  ASSERT_TRUE(root);
  ASSERT_EQ(root->children[3].children.size(), 2u);
  EXPECT_EQ(root->children[3].children[1].text, "2");
  EXPECT_EQ(root->children[3].position, (TextPosition{2, 4}));
}

struct FaultCase {
  const char* why;
  std::string_view yaml;
  const char* fault;
};

constexpr FaultCase kFaultCases[] = {
    {"nothing", "", "0:0: is empty; write at least protect: with the prefixes to watch"},
    {"a comment alone", "# nothing yet\n",
     "0:0: is empty; write at least protect: with the prefixes to watch"},
    {"a list left open", "a: b\nc: [d,\ne: f\n",
     "2:4: the list that begins here is not closed; write ]"},
    {"a map left open", "a: {b: c\n", "1:4: the map that begins here is not closed; write }"},
    {"a quotation left open", "a: \"b", "1:6: a quoted text is not closed; write the second quote"},
    {"a quotation left open after a doubled quote", "a: 'b''\n",
     "1:4: a quoted text is not closed; write the second quote"},
    {"a quotation left open before the last line", "a: \"b\nc: d\n",
     "1:4: a quoted text is not closed; write the second quote"},
    {"a tab for an indent", "a:\n\tb: c\n", "2:3: a tab indents; write blanks"},
    {"two keys in a line", "a: b: c\n",
     "1:5: a colon where no key can be; indent keys of one map alike, and quote a text with a "
     "colon"},
    {"two documents", "a: b\n---\nc: d\n", "2:1: a second document begins here; a file holds one"},
    {"text after the end", "[],[],[]", "1:3: a second document begins here; a file holds one"},
    {"an alias of nothing", "a: *b\n",
     "1:4: the alias stands for nothing; name its value with & before"},
    {"an alias inside its own value", "a: &b [*b]\n",
     "1:8: the alias stands for a value that it is part of; write the value out"},
    {"a tag", "a: !!binary aGk=\n", "1:4: a YAML tag is not read; write the value without it"},
    {"a byte that is no UTF-8", "a: b\nc: \xff\n",
     "2:4: byte 0xff is not text; a configuration is UTF-8"},
    {"a zero byte", std::string_view("a\0b", 3),
     "1:2: byte 0x00 is not text; a configuration is UTF-8"},
};

TEST(YamlTree, AcceptsClosedQuotations) {
  for (const char* text : {"a: \"b\"\n", "a: 'b'''\n", "a: '''b'", "a: \"\\\"\" # \"\n", "a: ''\n",
                           "\xef\xbb\xbf'é': 'b'\n", "é: &x \"b\"\n"}) {
    EXPECT_EQ(fault_of(text), "none") << text;
  }
}

TEST(YamlTree, SaysWhatIsWrongAndWhere) {
  for (const auto& c : kFaultCases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(fault_of(c.yaml), c.fault);
  }
}

TEST(YamlTree, StopsAtTheLimits) {
  EXPECT_EQ(fault_of(std::string(33, '[') + std::string(33, ']')),
            "1:33: lists and maps are nested deeper than 32 levels; no setting lies that deep");
  EXPECT_EQ(fault_of(std::string(32, '[') + std::string(32, ']')), "none");
  EXPECT_EQ(fault_of(std::string((std::size_t{16} << 20) + 1, ' ')),
            "0:0: is larger than 16 MiB; a configuration is not, is it another file?");
  const YamlLimits four_nodes{.nodes = 4};
  EXPECT_TRUE(std::holds_alternative<YamlNode>(read_yaml("[a, b, c]", four_nodes)));
  EXPECT_TRUE(std::holds_alternative<YamlFault>(read_yaml("[a, b, c, d]", four_nodes)));
}

TEST(YamlTree, CountsValuesInBracketsBeforeTheyAreInMemory) {
  for (const char* part : {"[", "{", "a,", "a: b,", "''", "? ", ": ", "{},", "*a "}) {
    std::string yaml = "[";
    while (yaml.size() < std::size_t{10} << 20) yaml += part;
    EXPECT_EQ(fault_of(yaml).substr(0, 45), "0:0: the file holds more than 1000000 values ")
        << part;
  }
}

TEST(YamlTree, DoesNotUnfoldAnAliasBomb) {
  std::string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    const std::string name = "a" + std::to_string(i);
    yaml += name + ": &" + name + " [" + last;
    for (int j = 1; j < 10; ++j) yaml += ", " + last;
    yaml += "]\n";
  }
  EXPECT_NE(fault_of(yaml).find("the file holds more than 1000000 values"), std::string::npos);
}

TEST(YamlTree, DoesNotCopyALongTextEndlessly) {
  std::string yaml = "- &a " + std::string(1 << 20, 'x') + "\n";
  for (int i = 0; i < 100; ++i) yaml += "- *a\n";
  EXPECT_NE(fault_of(yaml).find("64 MiB of text"), std::string::npos);
}

TEST(YamlTree, BoundsTheDepthThatAliasesMake) {
  std::string yaml = "a0: &a0 [x]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string name = "a" + std::to_string(i);
    yaml += name + ": &" + name + " [*a" + std::to_string(i - 1) + "]\n";
  }
  EXPECT_NE(fault_of(yaml).find("nested deeper"), std::string::npos);
}

TEST(YamlTree, SurvivesAnyBytes) {
  std::mt19937 random(1);
  constexpr std::string_view kMarks = "[]{}:,-?&*!|>'\"%@` \n\ta1#~<\\";
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::size_t n = random() % 40; n > 0; --n) text += kMarks[random() % kMarks.size()];
    const auto result = read_yaml(text);
    if (const auto* fault = std::get_if<YamlFault>(&result)) {
      EXPECT_FALSE(fault->message.empty()) << text;
    }
  }
}

}  // namespace
}  // namespace floodgauge
