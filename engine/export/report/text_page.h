// The lines of a report for people: paragraphs and rows that are wrapped to the style's width.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "engine/export/report/text_style.h"

namespace floodgauge {

/// Collects lines, each within the style's width.
class TextPage {
 public:
  explicit TextPage(const TextStyle& style) : style_(style) {}

  void blank() { text_ += '\n'; }

  /// Wraps `text`; every line except the first is indented by `hanging`.
  void paragraph(const std::string& text, std::size_t hanging = 0) {
    bool first = true;
    for (const std::string& line : wrapped(text, style_.width - static_cast<int>(hanging))) {
      if (!first) text_ += std::string(hanging, ' ');
      text_ += line + '\n';
      first = false;
    }
  }

  /// A dim label in the first column with its text beside it. Nothing when the text is empty.
  void row(std::size_t indent, std::string label, const std::string& text) {
    if (text.empty()) return;
    label.resize(std::max(label.size(), kLabelWidth), ' ');
    text_ += std::string(indent, ' ') + inked(label, Ink::dim, style_) + " ";
    paragraph(text, indent + label.size() + 1);
  }

  void raw(const std::string& text) { text_ += text; }
  std::string take() { return std::move(text_); }

 private:
  static constexpr std::size_t kLabelWidth = 11;
  const TextStyle& style_;
  std::string text_;
};

}  // namespace floodgauge
