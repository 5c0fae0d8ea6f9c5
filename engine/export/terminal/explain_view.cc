#include "engine/export/terminal/explain_view.h"

#include <algorithm>
#include <map>

#include "engine/base/number_text.h"
#include "engine/export/terminal/top_rows.h"

namespace floodgauge {
namespace {

using Lines = std::vector<std::string>;

/// Rows that are shown of one look without -v.
constexpr std::size_t kShown = 8;

std::string verdict_text(const std::string& verdict) {
  if (verdict == "flood") return "a flood";
  if (verdict == "left_alone") return "left alone, though above a limit";
  if (verdict == "below") return "no flood";
  return "nothing is known";
}

std::string amount(double value, const std::string& unit) {
  if (unit == "packets/s") return scaled(value, "pps");
  if (unit == "bits/s") return scaled(value, "bit/s");
  if (unit == "events/s") return scaled(value, "/s");
  if (unit == "ratio") return percent(value);
  return magnitude(value);
}

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(text.size() < width ? width - text.size() : 1, ' ');
}

std::string title_of(const std::string& over, const Json& look, Zone zone) {
  const std::string at = zoned(json_printable(look, "start"), zone);
  const std::string length = duration(from_seconds(json_number(look, "seconds")));
  if (over == "window") return "in the window of " + length + " at " + at;
  if (over == "sent") return "what it sends, in the window of " + length + " at " + at;
  return "over " + length + " from " + at;
}

/// "limits  udp_packets  21 kpps  20 kpps  105 %  flood"
std::string row_text(const Json& row) {
  const std::string unit = json_printable(row, "unit");
  const std::string needs = json_printable(row, "needs");
  const std::string sign = needs == "at_most" ? "<= " : needs == "at_least" ? ">= " : "> ";
  std::string measure = json_printable(row, "measure");
  const bool fixed = !row.contains("key") || row["key"].is_null();
  const std::string vector = json_printable(row, "vector");
  if (fixed && !measure.starts_with(vector)) measure = vector + " " + measure;
  const bool met = row.contains("met") && row["met"].is_boolean() && row["met"].get<bool>();
  const std::string why = json_printable(row, "why");
  const std::string found = fixed ? "as a flood has it" : "flood";
  return padded(json_printable(row, "detector"), 13) + padded(measure, 34) +
         padded(amount(json_number(row, "value"), unit), 13) +
         padded(sign + amount(json_number(row, "limit"), unit), 15) +
         padded(fixed ? "" : percent(json_number(row, "near")), 7) +
         (!why.empty() ? why
          : met        ? found
                       : "");
}

void add_wrapped(Lines& lines, const std::string& text, const TextStyle& style,
                 const std::string& indent) {
  const int width = std::max(40, style.width - static_cast<int>(indent.size()));
  for (const std::string& line : wrapped(text, width)) lines.push_back(indent + line);
}

/// The nearest first; what is 0 only with -v.
std::vector<const Json*> sorted_rows(const Json& list, const TextStyle& style) {
  std::vector<const Json*> rows;
  for (const Json& row : list) {
    if (style.verbose || json_number(row, "value") > 0) rows.push_back(&row);
  }
  // Conditions that no key sets stay in the order in which they were looked at, after the others.
  const auto rank = [](const Json* row) {
    return json_printable(*row, "needs").starts_with("at_") ? -1 : json_number(*row, "near");
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const Json* a, const Json* b) { return rank(a) > rank(b); });
  return rows;
}

void add_look(Lines& lines, const Json& look, const std::string& title, const TextStyle& style) {
  lines.emplace_back();
  lines.push_back(inked(title, Ink::bold, style));
  const std::string left_alone = json_printable(look, "left_alone");
  if (!left_alone.empty()) add_wrapped(lines, "left alone: " + left_alone, style, "  ");
  if (look.contains("flood_open") && look["flood_open"] == true) {
    lines.emplace_back("  an incident is open: half of a limit keeps it open");
  }
  const Json& measures = json_list(look, "measures");
  const std::vector<const Json*> rows = sorted_rows(measures, style);
  if (!rows.empty()) {
    lines.push_back("  " + inked(padded("detector", 13) + padded("measure", 34) +
                                     padded("value", 13) + padded("a flood has", 15) + "near",
                                 Ink::dim, style));
  }
  const std::size_t shown = style.verbose ? rows.size() : std::min(rows.size(), kShown);
  for (std::size_t i = 0; i < shown; ++i) lines.push_back("  " + row_text(*rows[i]));
  const std::size_t hidden = measures.size() - shown;
  if (hidden != 0) lines.push_back("  and " + std::to_string(hidden) + " more (-v)");
  // What would have changed it: of what was found, or else of the nearest.
  std::size_t told = 0;
  for (const Json* row : rows) {
    const std::string change = json_printable(*row, "change");
    const bool met = (*row).contains("met") && (*row)["met"] == true;
    if (change.empty() || (told != 0 && !met) || told >= 4) continue;
    if (told != 0 && json_printable(*row, "needs").starts_with("at_")) continue;
    const std::size_t first = lines.size();
    add_wrapped(lines, json_printable(*row, "measure") + ": " + change, style, "     ");
    lines[first].replace(2, 2, "->");
    ++told;
  }
}

void add_usual(Lines& lines, const Json& target, const TextStyle& style) {
  const Json& usual = json_list(target, "usual");
  if (usual.empty()) return;
  lines.emplace_back();
  lines.push_back(inked(
      "what is usual for " + json_printable(target, "prefix") + ", in its last second (baseline)",
      Ink::bold, style));
  for (const Json& row : usual) {
    lines.push_back("  " + padded(json_printable(row, "class"), 14) +
                    padded(amount(json_number(row, "rate"), "packets/s"), 12) +
                    padded("usual " + amount(json_number(row, "usual"), "packets/s"), 18) +
                    padded("unusual > " + amount(json_number(row, "limit"), "packets/s"), 22) +
                    json_printable(row, "state"));
  }
}

void add_past(Lines& lines, const Json& target, Zone zone, const TextStyle& style) {
  const Json& kept = target.contains("kept") ? target["kept"] : Json(nullptr);
  lines.emplace_back();
  if (kept.is_object()) {
    const std::string step = duration(from_seconds(json_number(kept, "step_seconds")));
    lines.push_back(inked("the highest of any window in the " + step + " from " +
                              zoned(json_printable(kept, "start"), zone),
                          Ink::bold, style));
    lines.push_back("  compared with " + json_printable(target, "limits_from"));
  }
  std::size_t shown = 0;
  const std::vector<const Json*> rows = sorted_rows(json_list(target, "past"), style);
  for (const Json* row : rows) {
    if (!style.verbose && shown >= 2 * kShown) break;
    ++shown;
    const std::string unit = json_printable(*row, "unit");
    const bool own = (*row)["is_target"] == true;
    const std::string of = json_printable(*row, "of") == "host"
                               ? "host " + json_printable(*row, "host") + (own ? " (it)" : "")
                               : "the whole prefix";
    lines.push_back("  " + padded(json_printable(*row, "measure"), 15) +
                    padded(amount(json_number(*row, "value"), unit), 13) +
                    padded("limit " + amount(json_number(*row, "limit"), unit), 19) +
                    padded(percent(json_number(*row, "near")), 7) + of);
  }
  if (shown < rows.size()) {
    lines.push_back("  and " + std::to_string(rows.size() - shown) + " more (-v)");
  }
  lines.emplace_back();
  lines.emplace_back("what is not kept");
  for (const Json& text : json_list(target, "not_kept")) {
    if (text.is_string()) add_wrapped(lines, "- " + text.get<std::string>(), style, "  ");
  }
}

void add_incidents(Lines& lines, const Json& target, Zone zone) {
  const Json& incidents = json_list(target, "incidents");
  if (incidents.empty()) return;
  lines.emplace_back();
  lines.emplace_back("incidents");
  for (const Json& one : incidents) {
    const std::string end = json_printable(one, "end");
    lines.push_back("  " + json_printable(one, "id") + "  " + json_printable(one, "kind") + " on " +
                    json_printable(one, "target") + ", " +
                    zoned(json_printable(one, "start"), zone) + " to " +
                    (end.empty() ? "now" : zoned(end, zone)));
  }
}

void add_target(Lines& lines, const Json& target, Zone zone, const TextStyle& style) {
  const std::string name = json_printable(target, "name");
  const std::string verdict = json_printable(target, "verdict");
  lines.push_back(inked(json_printable(target, "target") + ": " + verdict_text(verdict),
                        verdict == "flood" ? Ink::red : Ink::bold, style));
  add_wrapped(lines, json_printable(target, "why"), style, "  ");
  lines.push_back("  in " + json_printable(target, "prefix") +
                  (name.empty() ? "" : " (" + name + ")") + ", profile " +
                  json_printable(target, "profile"));
  if (target.contains("past")) {
    add_past(lines, target, zone, style);
  } else {
    for (const Json& look : json_list(target, "looks")) {
      add_look(lines, look, title_of(json_printable(look, "over"), look, zone), style);
    }
    static const std::map<std::string, std::string> kKept = {
        {"nearest", "nearest of the last day: "},
        {"slow", "the last flood that showed over time: "},
        {"sent", "nearest of the last day: "}};
    for (const char* key : {"nearest", "slow", "sent"}) {
      if (!target.contains(key) || !target[key].is_object()) continue;
      const Json& look = target[key];
      add_look(lines, look, kKept.at(key) + title_of(json_printable(look, "over"), look, zone),
               style);
    }
    add_usual(lines, target, style);
  }
  add_incidents(lines, target, zone);
}

}  // namespace

Lines explain_lines(const Json& answer, Zone zone, const TextStyle& style) {
  Lines lines;
  for (const Json& target : json_list(answer, "targets")) {
    if (!lines.empty()) lines.emplace_back();
    add_target(lines, target, zone, style);
  }
  if (const double more = json_number(answer, "more"); more > 0) {
    lines.emplace_back();
    lines.push_back("and " + std::to_string(static_cast<std::uint64_t>(more)) +
                    " more prefixes of that name: ask for one of them");
  }
  return lines;
}

}  // namespace floodgauge
