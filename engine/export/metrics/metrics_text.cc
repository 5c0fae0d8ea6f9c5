// Writes the text exposition format 0.0.4 directly into one string.
#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "engine/base/utf8.h"
#include "engine/export/metrics/metrics.h"

namespace floodgauge {
namespace {

/// Loads `count` < 16 bytes and fills the rest with zeros. It loads the first and the last word,
/// which overlap, instead of one byte after the other.
__m128i load_short(const char* at, std::size_t count) {
  const auto word = [&](std::size_t offset, auto value) {
    std::memcpy(&value, at + offset, sizeof value);
    return std::uint64_t{value};
  };
  if (count >= 8) {
    const std::uint64_t last = word(count - 8, std::uint64_t{}) >> 8 * (15 - count) >> 8;
    return _mm_set_epi64x(static_cast<std::int64_t>(last),
                          static_cast<std::int64_t>(word(0, std::uint64_t{})));
  }
  std::uint64_t bytes = 0;
  if (count >= 4) {
    bytes = word(0, std::uint32_t{}) | word(count - 4, std::uint32_t{}) << 8 * (count - 4);
  } else {
    for (std::size_t i = count; i > 0; --i) {
      bytes = bytes << 8 | static_cast<unsigned char>(at[i - 1]);
    }
  }
  return _mm_cvtsi64_si128(static_cast<std::int64_t>(bytes));
}

__m128i load_block(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

/// Collects text in a buffer of some KiB and appends the buffer to a string when it is full. A
/// scrape consists of millions of words of a few bytes, and one std::string::append for each would
/// take longer than copying it.
class TextBuffer {
 public:
  explicit TextBuffer(std::string& out) : out_(out) {}
  TextBuffer(const TextBuffer&) = delete;
  TextBuffer& operator=(const TextBuffer&) = delete;
  ~TextBuffer() { flush(); }

  void append(std::string_view text) {
    if (text.size() > kMostAtOnce) {
      flush();
      out_ += text;
      return;
    }
    copy(text, room(kMostAtOnce));
    used_ += text.size();
  }
  void append(char c) {
    *room(1) = c;
    ++used_;
  }
  /// A place for `bytes` bytes, at most kMostAtOnce. The caller writes there and reports with
  /// wrote() how many bytes it used.
  char* room(std::size_t bytes) {
    if (bytes > bytes_.size() - used_) flush();
    return bytes_.data() + used_;
  }
  void wrote(std::size_t bytes) { used_ += bytes; }

 private:
  static constexpr std::size_t kMostAtOnce = 256;

  /// Copies 16 bytes at a time. The last block overlaps the block before it, and a text shorter
  /// than 16 bytes writes zeros behind its end; the buffer has room for them.
  static void copy(std::string_view text, char* to) {
    constexpr std::size_t kBlock = sizeof(__m128i);
    const auto store = [&](std::size_t at, __m128i block) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + at), block);
    };
    if (text.size() < kBlock) return store(0, load_short(text.data(), text.size()));
    const std::size_t last = text.size() - kBlock;
    for (std::size_t at = 0; at < last; at += kBlock) store(at, load_block(text.data() + at));
    store(last, load_block(text.data() + last));
  }
  void flush() {
    out_.append(bytes_.data(), used_);
    used_ = 0;
  }

  std::string& out_;
  std::size_t used_ = 0;
  std::array<char, std::size_t{16} * 1024> bytes_;
};

void append_number(TextBuffer& out, double value) {
  if (std::isnan(value)) return out.append("NaN");
  if (std::isinf(value)) return out.append(value > 0 ? "+Inf" : "-Inf");
  // Counters are whole numbers, and formatting integers is faster.
  constexpr double kWhole = 9e15;
  const bool whole = std::abs(value) < kWhole && value == std::trunc(value);
  constexpr std::size_t kDigits = 32;
  char* const digits = out.room(kDigits);
  const std::to_chars_result end =
      whole ? std::to_chars(digits, digits + kDigits, static_cast<std::int64_t>(value))
            : std::to_chars(digits, digits + kDigits, value);
  out.wrote(static_cast<std::size_t>(end.ptr - digits));
}

/// The upper bound of each bucket as the label `le`. Being a part of the series' name, its text
/// must never change.
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

/// Whether a label value needs no escaping. It checks 16 bytes at a time, because a scrape has
/// millions of values.
bool is_plain(std::string_view value) {
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i line_feed = _mm_set1_epi8('\n');
  const auto plain = [&](__m128i text) {
    const __m128i special =
        _mm_or_si128(_mm_cmpeq_epi8(text, backslash),
                     _mm_or_si128(_mm_cmpeq_epi8(text, quote), _mm_cmpeq_epi8(text, line_feed)));
    // Bytes outside ASCII have their highest bit set.
    return _mm_movemask_epi8(_mm_or_si128(special, text)) == 0;
  };
  std::size_t at = 0;
  for (; at + sizeof(__m128i) <= value.size(); at += sizeof(__m128i)) {
    if (!plain(load_block(value.data() + at))) return false;
  }
  return plain(load_short(value.data() + at, value.size() - at));
}

/// Writes a label value with backslash, quote and line feed escaped. Invalid UTF-8 is replaced,
/// because Prometheus rejects a whole scrape for one invalid byte.
void append_label_value(TextBuffer& out, std::string_view value) {
  if (is_plain(value)) return out.append(value);
  for (const char c : valid_utf8(value)) {
    if (c == '\n') {
      out.append("\\n");
      continue;
    }
    if (c == '\\' || c == '"') out.append('\\');
    out.append(c);
  }
}

class TextSink : public MetricSink {
 public:
  explicit TextSink(std::string& out) : out_(out) {}

  void begin(const MetricInfo& metric) override {
    for (const std::string_view word :
         {std::string_view("# HELP "), std::string_view(metric.name), std::string_view(" "),
          std::string_view(metric.help), std::string_view("\n# TYPE "),
          std::string_view(metric.name), std::string_view(" "), name(metric.kind),
          std::string_view("\n")}) {
      out_.append(word);
    }
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
    start_.clear();
    {
      TextBuffer start(start_);
      start.append(name_);
      start.append("_bucket");
      append_labels(start, values);
      start.append(values.empty() ? "{" : "\",");
    }
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < data.counts.size(); ++i) {
      count += data.counts[i];
      out_.append(start_);
      out_.append(kEnds[i]);
      append_number(out_, static_cast<double>(count));
      out_.append('\n');
    }
    out_.append(name_);
    out_.append("_sum");
    end_series(values, data.sum);
    out_.append(name_);
    out_.append("_count");
    end_series(values, static_cast<double>(count));
  }

 private:
  /// Writes all labels, without the closing quote of the last one.
  void append_labels(TextBuffer& out, std::span<const std::string_view> values) const {
    for (std::size_t i = 0; i < values.size(); ++i) {
      out.append(before_[i]);
      append_label_value(out, values[i]);
    }
  }

  void end_series(std::span<const std::string_view> values, double value) {
    append_labels(out_, values);
    out_.append(values.empty() ? " " : "\"} ");
    append_number(out_, value);
    out_.append('\n');
  }

  TextBuffer out_;
  std::string name_;
  std::vector<std::string> before_;  ///< the text before each label value
  std::string start_;                ///< the common start of the buckets of a histogram
};

}  // namespace

void write_metrics_text(const EngineSnapshot* snapshot, const MetricsInput& input,
                        std::string& text) {
  text.clear();
  // Estimated size: reserving it is cheaper than growing by doubling.
  std::size_t guess = std::size_t{64} * 1024;
  if (snapshot != nullptr) {
    for (const PrefixSnapshot& prefix : snapshot->prefixes) {
      guess += 3200 + prefix.services.size() * 1700;
    }
  }
  text.reserve(guess);
  TextSink sink(text);  // its destructor writes the rest to `text`
  render_metrics(snapshot, input, sink);
}

std::string metrics_text(const EngineSnapshot* snapshot, const MetricsInput& input) {
  std::string text;
  write_metrics_text(snapshot, input, text);
  return text;
}

}  // namespace floodgauge
