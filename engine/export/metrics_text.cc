// The exposition format 0.0.4, written straight into one string.
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

/// A bucket's upper bound is a label: the series' name, and so always written the same way.
std::string bound_text(double bound) {
  char digits[32];
  const std::to_chars_result end =
      std::to_chars(digits, digits + sizeof digits, bound, std::chars_format::fixed);
  return {digits, end.ptr};
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
    metric_ = &metric;
    out_.append("# HELP ").append(metric.name).append(" ").append(metric.help).append("\n");
    out_.append("# TYPE ").append(metric.name).append(" ").append(name(metric.kind)).append("\n");
  }

  void sample(std::span<const std::string_view> values, double value) override {
    series("", values, "", value);
  }

  void histogram(std::span<const std::string_view> values, const SecondsHistogram& data) override {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < data.counts.size(); ++i) {
      count += data.counts[i];
      const bool last = i == kSecondsBuckets.size();
      const std::string bound = last ? "+Inf" : bound_text(kSecondsBuckets[i]);
      series("_bucket", values, bound, static_cast<double>(count));
    }
    series("_sum", values, "", data.sum);
    series("_count", values, "", static_cast<double>(count));
  }

 private:
  void series(std::string_view suffix, std::span<const std::string_view> values,
              std::string_view bound, double value) {
    out_.append(metric_->name).append(suffix);
    char separator = '{';
    for (std::size_t i = 0; i < values.size(); ++i) {
      out_ += separator;
      out_.append(metric_->labels[i]).append("=\"");
      append_label_value(out_, values[i]);
      out_ += '"';
      separator = ',';
    }
    if (!bound.empty()) {
      out_ += separator;
      out_.append("le=\"").append(bound).append("\"");
      separator = ',';
    }
    out_.append(separator == '{' ? " " : "} ");
    append_number(out_, value);
    out_ += '\n';
  }

  std::string& out_;
  const MetricInfo* metric_ = nullptr;
};

}  // namespace

std::string metrics_text(const EngineSnapshot* snapshot, const MetricsInput& input) {
  std::string text;
  // About what a prefix with a few classes takes; growing by doubling costs more than a guess.
  text.reserve(64 * 1024 + (snapshot == nullptr ? 0 : snapshot->prefixes.size() * 2048));
  TextSink sink(text);
  render_metrics(snapshot, input, sink);
  return text;
}

}  // namespace floodgauge
