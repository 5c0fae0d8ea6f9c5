// The pages of `floodgauge top` and `floodgauge status`: pure functions from the API's answers to
// lines of text.
#pragma once

#include <string>
#include <vector>

#include "engine/export/report/incident_json.h"
#include "engine/export/report/text_style.h"

namespace floodgauge {

/// The unchanged answers of the API.
struct TopData {
  Json status;     ///< /api/v1/status
  Json prefixes;   ///< "prefixes" of /api/v1/prefixes
  Json hosts;      ///< "hosts" of /api/v1/hosts
  Json incidents;  ///< "incidents" of /api/v1/incidents
};

/// What the user selected.
struct TopView {
  enum class Page { prefixes, hosts, incidents, workers };
  enum class Sort { packets_in, bits_in, new_flows, syn, name };

  Page page = Page::prefixes;
  Sort sort = Sort::packets_in;
  std::string filter;        ///< only rows that contain this text are shown
  bool typing = false;       ///< true while the user types the filter
  std::size_t selected = 0;  ///< index among the rows that are shown
  std::string prefix;        ///< the prefix whose hosts are shown
  bool leave = false;

  /// Handles one key: a character, or one of the k… constants below. `rows` is the result of
  /// top_rows().
  void press(int key, const std::vector<std::string>& rows);

  static constexpr int kUp = 256;
  static constexpr int kDown = 257;
  static constexpr int kEnter = '\n';
  static constexpr int kEscape = 27;
  static constexpr int kBackspace = 127;
};

/// The prefix, address or incident id of each row of the page, in the order shown.
std::vector<std::string> top_rows(const TopData& data, const TopView& view);

/// The page: at most `height` lines, each no wider than the style. With `height` 0 it has no limit,
/// no selection and no keys: the page of `status`, and of `top` without a terminal.
std::vector<std::string> render_top(const TopData& data, const TopView& view,
                                    const TextStyle& style, int height);

}  // namespace floodgauge
