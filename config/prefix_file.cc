#include "config/prefix_file.h"

#include <string_view>
#include <utility>

#include "config/file_text.h"
#include "config/plain_text.h"

namespace floodgauge {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxPrefixes = 1'000'000;
constexpr std::size_t kMaxErrors = 1000;
constexpr std::string_view kBlanks = " \t\r";

std::string prefix_problem(const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(std::string_view(text).substr(0, slash));
  if (address && slash != std::string::npos) {
    return printable(text) + " has a wrong length; write 0 to " +
           (text.find(':') == std::string::npos ? "32" : "128") + " after the /";
  }
  return printable(text) + " is not a prefix; write one like 192.0.2.0/24 or \"2001:db8::/32\"";
}

class LineReader {
 public:
  LineReader(const std::string& path, const std::string& key) : path_(path), key_(key) {}

  PrefixFile read(std::string_view text) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    for (int line = 1; !text.empty() && !full(); ++line) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      read_line(line, text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (out_.prefixes.empty() && out_.errors.empty()) {
      error({}, "has no prefix; write one or more, one a line");
    }
    return std::move(out_);
  }

  void error(TextPosition position, std::string message) {
    out_.errors.push_back({path_, position.line, position.column, key_, std::move(message)});
  }
  PrefixFile take() { return std::move(out_); }

 private:
  bool full() const { return out_.errors.size() >= kMaxErrors; }

  void read_line(int line, std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos || text[first] == '#') return;
    const TextPosition position{line, static_cast<int>(first) + 1};
    std::string_view word = text.substr(first, text.find('#') - first);
    word = word.substr(0, word.find_last_not_of(kBlanks) + 1);
    if (out_.prefixes.size() == kMaxPrefixes) {
      error(position, "holds more than " + std::to_string(kMaxPrefixes) + " prefixes; write less");
      return;
    }
    std::string problem;
    if (const auto prefix = parse_prefix(std::string(word), problem)) {
      out_.prefixes.push_back({*prefix, position});
    } else {
      error(position, std::move(problem));
    }
  }

  const std::string& path_;
  const std::string& key_;
  PrefixFile out_;
};

}  // namespace

std::optional<IpPrefix> parse_prefix(const std::string& text, std::string& problem) {
  const auto prefix = IpPrefix::parse(text);
  if (!prefix) {
    problem = prefix_problem(text);
  } else if (IpPrefix::text_has_host_bits(text)) {
    problem = printable(text) + " has host bits set; did you mean " + prefix->text() + "?";
    return std::nullopt;
  }
  return prefix;
}

PrefixFile read_prefix_file(const std::string& path, const std::string& key) {
  LineReader reader(path, key);
  std::string text;
  const std::string wrong = read_file_text(path, kMaxBytes, text);
  if (!wrong.empty() || text.size() > kMaxBytes) {
    reader.error({}, !wrong.empty() ? wrong : "is larger than 64 MiB; is it another file?");
    return reader.take();
  }
  return reader.read(text);
}

}  // namespace floodgauge
