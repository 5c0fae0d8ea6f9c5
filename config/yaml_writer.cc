#include "config/yaml_writer.h"

#include <algorithm>
#include <cctype>

#include "config/plain_text.h"

namespace floodgauge {
namespace {

constexpr std::size_t kLineWidth = 80;

/// Letters, digits and a few marks that have no meaning in YAML at any position.
bool is_safe_plain(std::string_view text) {
  if (text.empty() || std::isalnum(static_cast<unsigned char>(text.front())) == 0) return false;
  const auto safe = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == '/';
  };
  if (!std::all_of(text.begin(), text.end(), safe)) return false;
  return text != "null" && text != "Null" && text != "NULL";
}

}  // namespace

std::string yaml_quoted(std::string_view text) {
  if (is_safe_plain(text)) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\x" + hex_byte(c).substr(2);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

void YamlWriter::begin_line() {
  out_.append(indent_ - (item_pending_ ? 2 : 0), ' ');
  if (item_pending_) out_ += "- ";
  item_pending_ = false;
}

void YamlWriter::scalar(std::string_view key, std::string_view text) {
  begin_line();
  out_ += yaml_quoted(key) + ": " + yaml_quoted(text) + "\n";
}

void YamlWriter::list(std::string_view key, const std::vector<std::string>& items) {
  begin_line();
  out_ += yaml_quoted(key) + ":";
  std::size_t width = indent_ + key.size() + 4;
  for (const auto& item : items) width += item.size() + 4;
  if (width > kLineWidth) {
    out_ += "\n";
    for (const auto& item : items) {
      out_.append(indent_ + 2, ' ');
      out_ += "- " + yaml_quoted(item) + "\n";
    }
    return;
  }
  out_ += " [";
  for (std::size_t i = 0; i < items.size(); ++i)
    out_ += (i > 0 ? ", " : "") + yaml_quoted(items[i]);
  out_ += "]\n";
}

void YamlWriter::open(std::string_view key) {
  begin_line();
  out_ += yaml_quoted(key) + ":\n";
  indent_ += 2;
}

void YamlWriter::close() {
  indent_ -= 2;
}

void YamlWriter::begin_item() {
  indent_ += 2;
  item_pending_ = true;
}

void YamlWriter::end_item() {
  indent_ -= 2;
}

}  // namespace floodgauge
