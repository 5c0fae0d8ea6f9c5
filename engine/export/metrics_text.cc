// The exposition format 0.0.4, written straight into one string.
#include <array>
#include <charconv>
#include <cmath>

#include "engine/export/metrics.h"
#include "engine/export/utf8.h"

namespace floodgauge {
namespace {

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
    return;
  }
  char digits[32];
  // Counters are whole numbers, for which the shorter way is also the faster one.
  constexpr double kWhole = 9e15;
  const bool whole = std::abs(value) < kWhole && value == std::trunc(value);
  const std::to_chars_result end =
      whole ? std::to_chars(digits, digits + sizeof digits, static_cast<std::int64_t>(value))
            : std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, end.ptr);
}

/// What follows a bucket's labels: its upper bound is a label too, part of the series' name, and so
/// always written the same way.
std::array<std::string, kSecondsBuckets.size() + 1> bucket_ends() {
  std::array<std::string, kSecondsBuckets.size() + 1> ends;
  for (std::size_t i = 0; i < kSecondsBuckets.size(); ++i) {
    char digits[32];
    const std::to_chars_result end =
        std::to_chars(digits, digits + sizeof digits, kSecondsBuckets[i], std::chars_format::fixed);
    ends[i] = "le=\"" + std::string(digits, end.ptr) + "\"} ";
  }
  ends.back() = "le=\"+Inf\"} ";
  return ends;
}

/// A label's value: backslash, quote and line feed escaped, and UTF-8 whatever it was, for
/// Prometheus refuses a whole scrape for one wrong byte.
void append_label_value(std::string& out, std::string_view value) {
  constexpr auto plain = [](char c) {
    return c != '\\' && c != '"' && c != '\n' && static_cast<unsigned char>(c) < 0x80;
  };
  bool all_plain = true;
  for (const char c : value) all_plain = all_plain && plain(c);
  if (all_plain) {
    out += value;
    return;
  }
  for (const char c : valid_utf8(value)) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
}

class TextSink : public MetricSink {
 public:
  explicit TextSink(std::string& out) : out_(out) {}

  void begin(const MetricInfo& metric) override {
    out_.append("# HELP ").append(metric.name).append(" ").append(metric.help).append("\n");
    out_.append("# TYPE ").append(metric.name).append(" ").append(name(metric.kind)).append("\n");
    name_ = metric.name;
    before_.clear();
    for (const std::string_view label : metric.labels) {
      before_.push_back((before_.empty() ? "{" : "\",") + std::string(label) + "=\"");
    }
  }

  void sample(std::span<const std::string_view> values, double value) override {
    out_.append(name_);
    end_series(values, value);
  }

  void histogram(std::span<const std::string_view> values, const SecondsHistogram& data) override {
    static const auto kEnds = bucket_ends();
    start_.assign(name_).append("_bucket");
    append_labels(start_, values);
    start_ += values.empty() ? "{" : "\",";
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < data.counts.size(); ++i) {
      count += data.counts[i];
      out_.append(start_).append(kEnds[i]);
      append_number(out_, static_cast<double>(count));
      out_ += '\n';
    }
    out_.append(name_).append("_sum");
    end_series(values, data.sum);
    out_.append(name_).append("_count");
    end_series(values, static_cast<double>(count));
  }

 private:
  /// All but the last one's closing quote.
  void append_labels(std::string& out, std::span<const std::string_view> values) const {
    for (std::size_t i = 0; i < values.size(); ++i) {
      out.append(before_[i]);
      append_label_value(out, values[i]);
    }
  }

  void end_series(std::span<const std::string_view> values, double value) {
    append_labels(out_, values);
    out_.append(values.empty() ? " " : "\"} ");
    append_number(out_, value);
    out_ += '\n';
  }

  std::string& out_;
  std::string name_;
  std::vector<std::string> before_;  ///< what comes before each label's value
  std::string start_;                ///< of a histogram's buckets
};

}  // namespace

std::string metrics_text(const EngineSnapshot* snapshot, const MetricsInput& input) {
  std::string text;
  // About what it takes: growing by doubling costs more than a guess.
  std::size_t guess = std::size_t{64} * 1024;
  if (snapshot != nullptr) {
    for (const PrefixSnapshot& prefix : snapshot->prefixes) {
      guess += 3200 + prefix.services.size() * 1700;
    }
  }
  text.reserve(guess);
  TextSink sink(text);
  render_metrics(snapshot, input, sink);
  return text;
}

}  // namespace floodgauge
