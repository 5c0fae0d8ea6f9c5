#include "engine/export/terminal/top_view.h"

#include <algorithm>

#include "engine/base/number_text.h"
#include "engine/export/terminal/incident_view.h"
#include "engine/export/terminal/top_rows.h"

namespace floodgauge {
namespace {

using Page = TopView::Page;
using Sort = TopView::Sort;

std::string cut(std::string line, int width) {
  if (static_cast<int>(line.size()) > width) line.resize(static_cast<std::size_t>(width));
  return line;
}

std::string padded(const std::string& cell, const TopColumn& column) {
  if (column.width == TopColumn::kRest) return cell;
  const auto width = static_cast<std::size_t>(column.width);
  if (cell.size() >= width) return cell;
  const std::string blanks(width - cell.size(), ' ');
  return column.left ? cell + blanks : blanks + cell;
}

std::string table_line(const std::vector<std::string>& cells, Page page, int width) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const TopColumn& column = top_columns(page)[i];
    if (width < column.least) continue;
    if (!line.empty()) line += ' ';
    line += padded(cells[i], column);
  }
  return cut(line, width);
}

/// Two lines with the state of the link and of the daemon.
std::vector<std::string> head(const TopData& data, const TextStyle& style) {
  double pps = 0;
  double bps_in = 0;
  double bps_out = 0;
  for (const Json& prefix : data.prefixes) {
    pps += json_number(prefix, "pps_in") + json_number(prefix, "pps_out");
    bps_in += json_number(prefix, "bps_in");
    bps_out += json_number(prefix, "bps_out");
  }
  std::string ports;
  for (const Json& port : json_list(data.status, "ports")) {
    ports += (ports.empty() ? "" : "/") + json_printable(port, "name");
  }
  double busy = 0;
  const Json& workers = json_list(data.status, "workers");
  for (const Json& worker : workers) busy += json_number(worker, "busy_ratio");
  const double count = static_cast<double>(workers.size());
  const double losing = json_number(data.status, "loss_ratio");
  const auto open = static_cast<std::uint64_t>(json_number(data.status, "incidents_open"));
  const std::string first = (ports.empty() ? "all prefixes" : ports) + "  " +
                            scaled(bps_in, "bit/s") + " in  " + scaled(bps_out, "bit/s") +
                            " out  " + scaled(pps, "pps");
  const std::string second =
      counted(workers.size(), "worker") + " " + percent(count > 0 ? busy / count : 0) + " busy  " +
      magnitude(json_number(data.status, "dropped")) + " lost" +
      (losing > 0 ? ", " + percent(losing) + " now" : "") + "  up " +
      duration(from_seconds(json_number(data.status, "uptime_seconds"))) + "  ";
  const auto scans = static_cast<std::uint64_t>(json_number(data.status, "scans"));
  const double twice = json_number(data.status, "duplicates");
  std::string alarm = open == 0 ? "no incident open" : counted(open, "incident") + " open";
  if (scans != 0) alarm += ", " + counted(scans, "scan");
  if (twice > 0) alarm += ", " + magnitude(twice) + " frames came twice";
  const int left = style.width - static_cast<int>(second.size());
  return {cut(first, style.width),
          cut(second, style.width) +
              (left > 0 ? inked(cut(alarm, left), open == 0 ? Ink::green : Ink::red, style) : "")};
}

const char* name_of(Sort sort) {
  switch (sort) {
    case Sort::packets_in:
      return "IN pps";
    case Sort::bits_in:
      return "IN bit/s";
    case Sort::new_flows:
      return "NEW/s";
    case Sort::syn:
      return "SYN/s";
    case Sort::name:
      return "name";
  }
  return "";
}

std::string foot(const TopView& view, int width) {
  if (view.typing) return cut("filter: " + terminal_safe(view.filter) + "_", width);
  std::string line = "s sort (" + std::string(name_of(view.sort)) + ")  / filter";
  if (!view.filter.empty()) line += " (" + terminal_safe(view.filter) + ")";
  line += view.page == Page::prefixes    ? "  enter hosts"
          : view.page == Page::incidents ? "  enter more"
                                         : "  p prefixes";
  return cut(line + "  i incidents  w workers  q quit", width);
}

std::string title_line(Page page, int width) {
  std::vector<std::string> titles;
  for (const TopColumn& column : top_columns(page)) titles.emplace_back(column.title);
  return table_line(titles, page, width);
}

}  // namespace

std::vector<std::string> top_rows(const TopData& data, const TopView& view) {
  std::vector<std::string> about;
  for (const TopRow& row : make_top_rows(data, view)) about.push_back(row.about);
  return about;
}

namespace {

/// The lines of one incident, from the selected line on.
std::vector<std::string> incident_page(const TopData& data, const TopView& view,
                                       const TextStyle& style, int height) {
  std::vector<std::string> lines = head(data, style);
  lines.emplace_back();
  const auto found = std::find_if(
      data.incidents.begin(), data.incidents.end(),
      [&](const Json& incident) { return json_printable(incident, "id") == view.incident; });
  std::vector<std::string> detail = {"no longer remembered"};
  if (found != data.incidents.end()) detail = detail_lines(*found, view.zone, style);
  const std::size_t used = lines.size() + 2;
  const std::size_t room =
      static_cast<std::size_t>(height) > used ? static_cast<std::size_t>(height) - used : 1;
  const std::size_t first = std::min(view.selected, detail.size() - 1);
  for (std::size_t i = first; i < detail.size() && i < first + room; ++i) {
    // The heading has colours, and fits; lines without blanks may be too long.
    lines.push_back(i == 0 ? detail[i] : cut(detail[i], style.width));
  }
  lines.emplace_back();
  lines.push_back(
      inked(cut("i incidents  p prefixes  w workers  up/down scroll  q quit", style.width),
            Ink::dim, style));
  if (lines.size() > static_cast<std::size_t>(height)) {
    lines.resize(static_cast<std::size_t>(height));
  }
  return lines;
}

}  // namespace

std::vector<std::string> render_top(const TopData& data, const TopView& view,
                                    const TextStyle& style, int height) {
  if (view.page == Page::incident) return incident_page(data, view, style, height);
  std::vector<std::string> lines = head(data, style);
  lines.emplace_back();
  const bool live = height > 0;
  const int width = style.width - (live ? 1 : 0);  // one column for the mark before each row
  lines.push_back(inked((live ? " " : "") + title_line(view.page, width), Ink::bold, style));
  const std::vector<TopRow> rows = make_top_rows(data, view);
  // The table scrolls to keep the selected row visible. Two lines are reserved for the keys.
  const std::size_t used = lines.size() + 2;
  const std::size_t room = !live ? rows.size()
                           : static_cast<std::size_t>(height) > used
                               ? static_cast<std::size_t>(height) - used
                               : 1;
  const std::size_t selected = rows.empty() ? 0 : std::min(view.selected, rows.size() - 1);
  const std::size_t first = selected < room ? 0 : selected - room + 1;
  for (std::size_t i = first; i < rows.size() && i < first + room; ++i) {
    const std::string line = table_line(rows[i].cells, view.page, width);
    const std::string mark = !live ? "" : i == selected ? ">" : " ";
    lines.push_back(mark + (rows[i].alarm ? inked(line, Ink::red, style) : line));
  }
  if (rows.empty()) lines.emplace_back(view.filter.empty() ? "nothing yet" : "nothing fits");
  if (live) {
    lines.emplace_back();
    lines.push_back(inked(foot(view, style.width), Ink::dim, style));
    if (lines.size() > static_cast<std::size_t>(height))
      lines.resize(static_cast<std::size_t>(height));
  }
  return lines;
}

void TopView::press(int key, const std::vector<std::string>& rows) {
  if (typing) {
    if (key == kEnter || key == kEscape) {
      typing = false;
      if (key == kEscape) filter.clear();
    } else if (key == kBackspace || key == '\b') {
      if (!filter.empty()) filter.pop_back();
    } else if (key >= ' ' && key < kBackspace && filter.size() < 60) {
      filter += static_cast<char>(key);
    }
    selected = 0;
    return;
  }
  const auto show = [this](Page wanted) {
    page = wanted;
    selected = 0;
    filter.clear();
  };
  switch (key) {
    case 'q':
      leave = true;
      break;
    case 's':
      sort = sort == Sort::name ? Sort::packets_in : static_cast<Sort>(static_cast<int>(sort) + 1);
      break;
    case '/':
      typing = true;
      filter.clear();
      break;
    case 'i':
      show(Page::incidents);
      break;
    case 'w':
      show(Page::workers);
      break;
    case 'p':
    case kEscape:
      show(Page::prefixes);
      break;
    case kUp:
    case 'k':
      if (selected > 0) --selected;
      break;
    case kDown:
    case 'j':
      if (selected + 1 < rows.size() || (page == Page::incident && selected < 200)) ++selected;
      break;
    case kEnter:
    case '\r':
      if (page == Page::prefixes && selected < rows.size()) {
        prefix = rows[selected];
        show(Page::hosts);
      } else if (page == Page::incidents && selected < rows.size()) {
        incident = rows[selected];
        show(Page::incident);
      }
      break;
    default:
      break;
  }
}

}  // namespace floodgauge
