#include "config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "config/pasted_text.h"
#include "config/plain_text.h"

namespace floodgauge {
namespace {

/// Thrown through yaml-cpp by the handler below, caught in read_yaml.
struct Refused {
  YamlFault fault;
};

TextPosition position_of(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {mark.line + 1, mark.column + 1};
}

std::string beyond_limits(const YamlLimits& limits) {
  return "the file holds more than " + std::to_string(limits.nodes) + " values or " +
         std::to_string(limits.text_bytes >> 20) +
         " MiB of text, what its aliases stand for included; write less";
}

/// Builds a tree from yaml-cpp's events, and stops at the first event beyond the limits.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const YamlLimits& limits) : limits_(limits) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add_leaf(mark, anchor, YamlNode::Kind::null, "");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_tag(mark, tag);
    if (tag == "!") last_quoted_ = position_of(mark);
    add_leaf(mark, anchor, YamlNode::Kind::scalar, value);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    refuse_tag(mark, tag);
    open(mark, anchor, YamlNode::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    refuse_tag(mark, tag);
    open(mark, anchor, YamlNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

  std::optional<YamlNode>& root() { return root_; }
  std::optional<TextPosition> last_quoted() const { return last_quoted_; }
  /// The position at which the innermost open list or map begins.
  std::optional<TextPosition> innermost_open() const {
    if (open_.empty()) return std::nullopt;
    return open_.back().node.position;
  }

 private:
  struct OpenNode {
    YamlNode node;
    YAML::anchor_t anchor;
  };

  [[noreturn]] static void refuse(TextPosition position, std::string message) {
    throw Refused{{position, std::move(message)}};
  }
  /// yaml-cpp gives plain scalars and collections the tag "?", quoted scalars "!".
  static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    refuse(position_of(mark), "a YAML tag is not read; write the value without it");
  }
  void charge(TextPosition position, std::size_t nodes, std::size_t text_bytes);
  void add_leaf(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind,
                const std::string& text);
  void open(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind);
  void close();
  void add(YamlNode node, YAML::anchor_t anchor);
  void check_depth(TextPosition position, std::size_t depth) const;
  void charge_copy(const YamlNode& node, std::size_t depth);

  const YamlLimits limits_;
  std::size_t nodes_ = 0;
  std::size_t text_bytes_ = 0;
  std::optional<YamlNode> root_;
  std::optional<TextPosition> last_quoted_;
  std::vector<OpenNode> open_;
  std::unordered_map<YAML::anchor_t, YamlNode> anchored_;
};

void TreeBuilder::charge(TextPosition position, std::size_t nodes, std::size_t text_bytes) {
  nodes_ += nodes;
  text_bytes_ += text_bytes;
  if (nodes_ > limits_.nodes || text_bytes_ > limits_.text_bytes) {
    refuse(position, beyond_limits(limits_));
  }
}

/// Checks the limits for a copy of `node` within `depth` nested lists and maps.
void TreeBuilder::charge_copy(const YamlNode& node, std::size_t depth) {
  charge(node.position, 1, node.text.size());
  check_depth(node.position, depth);
  for (const auto& child : node.children) charge_copy(child, depth + 1);
}

void TreeBuilder::check_depth(TextPosition position, std::size_t depth) const {
  if (depth <= limits_.depth) return;
  refuse(position, "lists and maps are nested deeper than " + std::to_string(limits_.depth) +
                       " levels; no setting lies that deep");
}

void TreeBuilder::add_leaf(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind,
                           const std::string& text) {
  const TextPosition position = position_of(mark);
  charge(position, 1, text.size());
  add({kind, position, text, {}}, anchor);
}

void TreeBuilder::open(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind) {
  const TextPosition position = position_of(mark);
  charge(position, 1, 0);
  check_depth(position, open_.size() + 1);
  open_.push_back({{kind, position, "", {}}, anchor});
}

void TreeBuilder::close() {
  OpenNode done = std::move(open_.back());
  open_.pop_back();
  add(std::move(done.node), done.anchor);
}

void TreeBuilder::add(YamlNode node, YAML::anchor_t anchor) {
  if (anchor != YAML::NullAnchor) {
    charge_copy(node, open_.size());
    anchored_[anchor] = node;
  }
  if (open_.empty()) {
    root_ = std::move(node);
    return;
  }
  YamlNode& parent = open_.back().node;
  // yaml-cpp gives a missing value the position of the next token.
  const bool value_of_map = parent.kind == YamlNode::Kind::map && parent.children.size() % 2 == 1;
  if (value_of_map && node.kind == YamlNode::Kind::null) {
    node.position = parent.children.back().position;
  }
  parent.children.push_back(std::move(node));
}

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const TextPosition position = position_of(mark);
  const auto found = anchored_.find(anchor);
  if (found == anchored_.end()) {
    refuse(position, "the alias stands for a value that it is part of; write the value out");
  }
  charge_copy(found->second, open_.size());
  YamlNode copy = found->second;
  copy.position = position;
  add(std::move(copy), YAML::NullAnchor);
}

/// Refuses a second document, since nothing of it would be used. (yaml-cpp also treats what follows
/// a closed list or map as a second document, and then never reaches its end.)
class NothingMore : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override { refuse(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string&) override {
    refuse(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    refuse(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    refuse(mark);
  }
  void OnMapEnd() override {}

 private:
  [[noreturn]] static void refuse(const YAML::Mark& mark) {
    throw Refused{{position_of(mark), "a second document begins here; a file holds one"}};
  }
};

struct SyntaxAdvice {
  std::string_view problem;  ///< yaml-cpp's message begins with it
  std::string_view message;
};

const SyntaxAdvice kSyntaxAdvice[] = {
    {YAML::ErrorMsg::END_OF_SEQ_FLOW, "the list that begins here is not closed; write ]"},
    {YAML::ErrorMsg::END_OF_MAP_FLOW, "the map that begins here is not closed; write }"},
    {YAML::ErrorMsg::EOF_IN_SCALAR, "a quoted text is not closed; write the second quote"},
    {YAML::ErrorMsg::MAP_VALUE,
     "a colon where no key can be; indent keys of one map alike, and quote a text with a colon"},
    {YAML::ErrorMsg::MAP_KEY, "a key where none can be; indent keys of one map alike"},
    {YAML::ErrorMsg::BLOCK_ENTRY, "a list item where none can be; indent items of one list alike"},
    {YAML::ErrorMsg::END_OF_MAP, "the map ends unexpectedly; indent keys of one map alike"},
    {YAML::ErrorMsg::END_OF_SEQ, "the list ends unexpectedly; indent items of one list alike"},
    {YAML::ErrorMsg::FLOW_END, "a bracket closes what is not open; remove it"},
    {YAML::ErrorMsg::TAB_IN_INDENTATION, "a tab indents; write blanks"},
    {YAML::ErrorMsg::UNKNOWN_ANCHOR, "the alias stands for nothing; name its value with & before"},
    {YAML::ErrorMsg::UNKNOWN_TOKEN, "a character that cannot begin a value; put quotes around it"},
};

/// `text` from the beginning of a line on; empty when there are fewer lines.
std::string_view from_line(std::string_view text, int line) {
  for (; line > 1; --line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text;
}

bool tab_indents(std::string_view text, TextPosition position) {
  const std::string_view line = from_line(text, position.line);
  const std::size_t first = line.find_first_not_of(' ');
  return first != std::string_view::npos && line[first] == '\t';
}

/// Whether the last quotation, which begins at `begin`, has no closing quote. yaml-cpp accepts that
/// when the file ends in a line feed.
bool is_left_open(std::string_view text, TextPosition begin) {
  text = from_line(text, begin.line);
  text.remove_prefix(std::min(static_cast<std::size_t>(begin.column - 1), text.size()));
  const std::size_t open = text.find_first_of("\"'");
  if (open == std::string_view::npos) return false;
  const char quote = text[open];
  for (std::size_t at = open + 1; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      if (quote == '"' || at + 1 == text.size() || text[at + 1] != quote) return false;
      ++at;
    }
  }
  return true;
}

YamlFault syntax_fault(const YAML::Exception& exception, std::string_view text,
                       std::optional<TextPosition> innermost_open) {
  const TextPosition position = position_of(exception.mark);
  if (tab_indents(text, position)) return {position, "a tab indents; write blanks"};
  const std::string_view problem = exception.msg;
  for (const auto& [known, message] : kSyntaxAdvice) {
    if (!problem.starts_with(known)) continue;
    const bool unclosed =
        known == YAML::ErrorMsg::END_OF_SEQ_FLOW || known == YAML::ErrorMsg::END_OF_MAP_FLOW;
    return {unclosed ? innermost_open.value_or(position) : position, std::string(message)};
  }
  return {position, "is not YAML: " + printable(problem) + "; look at indentation and quotes here"};
}

/// yaml-cpp would replace bytes that are not UTF-8, and would accept zero bytes.
std::optional<YamlFault> encoding_fault(std::string_view text) {
  const auto bad = find_non_text(text);
  if (!bad) return std::nullopt;
  const std::string_view before = text.substr(0, *bad);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  return YamlFault{{static_cast<int>(lines) + 1, static_cast<int>(*bad - line_begin) + 1},
                   "byte " + hex_byte(text[*bad]) + " is not text; a configuration is UTF-8"};
}

/// yaml-cpp holds all tokens of a list or map in brackets in memory, to see whether it is a key,
/// and reports the values only then. So the marks that separate values are counted beforehand: a
/// text with n values has at most 2 n marks, a pair of quotes counted as one.
bool has_too_many_marks(std::string_view text, const YamlLimits& limits) {
  constexpr std::string_view kMarks = "[]{},&*!|>";
  constexpr std::string_view kMarksBeforeBlank = "-?:";
  constexpr std::string_view kBlanks = " \t\r\n,[]{}\"'";
  std::size_t halves = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool ends_here =
        i + 1 == text.size() || kBlanks.find(text[i + 1]) != std::string_view::npos;
    if (kMarks.find(text[i]) != std::string_view::npos ||
        (ends_here && kMarksBeforeBlank.find(text[i]) != std::string_view::npos)) {
      halves += 2;
    } else if (text[i] == '"' || text[i] == '\'') {
      halves += 1;
    }
  }
  constexpr std::size_t kSpare = 1000;  // for small limits, and marks in comments
  return halves / 2 > 2 * limits.nodes + kSpare;
}

}  // namespace

std::variant<YamlNode, YamlFault> read_yaml(std::string_view text, const YamlLimits& limits) {
  if (text.size() > limits.file_bytes) {
    return YamlFault{{},
                     "is larger than " + std::to_string(limits.file_bytes >> 20) +
                         " MiB; a configuration is not, is it another file?"};
  }
  if (auto fault = encoding_fault(text)) return *std::move(fault);
  if (auto fault = find_hidden_blank(text)) return *std::move(fault);
  const std::string quoted = quote_listen_addresses(text);
  text = quoted;
  if (has_too_many_marks(text, limits)) return YamlFault{{}, beyond_limits(limits)};
  TreeBuilder builder(limits);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    if (builder.root()) {
      NothingMore nothing_more;
      parser.HandleNextDocument(nothing_more);
    }
  } catch (const Refused& refused) {
    return refused.fault;
  } catch (const YAML::Exception& exception) {
    return syntax_fault(exception, text, builder.innermost_open());
  }
  if (builder.last_quoted() && is_left_open(text, *builder.last_quoted())) {
    return YamlFault{*builder.last_quoted(), "a quoted text is not closed; write the second quote"};
  }
  if (!builder.root() || builder.root()->kind == YamlNode::Kind::null) {
    return YamlFault{{}, "is empty; write at least protect: with the prefixes to watch"};
  }
  return *std::move(builder.root());
}

}  // namespace floodgauge
