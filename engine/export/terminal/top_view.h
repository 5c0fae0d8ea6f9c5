// What `floodgauge top` and `floodgauge status` show: pure functions from what the API answered to
// lines of text.
#pragma once

#include <string>
#include <vector>

#include "engine/export/report/incident_json.h"
#include "engine/export/report/text_style.h"

namespace floodgauge {

/// The API's answers, as they came.
struct TopData {
  Json status;     ///< /api/v1/status
  Json prefixes;   ///< "prefixes" of /api/v1/prefixes
  Json hosts;      ///< "hosts" of /api/v1/hosts
  Json incidents;  ///< "incidents" of /api/v1/incidents
};

/// What the user chose to see.
struct TopView {
  enum class Page { prefixes, hosts, incidents, workers };
  enum class Sort { packets_in, bits_in, new_flows, syn, name };

  Page page = Page::prefixes;
  Sort sort = Sort::packets_in;
  std::string filter;        ///< rows that contain it
  bool typing = false;       ///< the filter is being typed
  std::size_t selected = 0;  ///< row, of those shown
  std::string prefix;        ///< whose hosts are shown
  bool leave = false;

  /// One key: a character, or one of the k… below. `rows` are those of top_rows().
  void press(int key, const std::vector<std::string>& rows);

  static constexpr int kUp = 256;
  static constexpr int kDown = 257;
  static constexpr int kEnter = '\n';
  static constexpr int kEscape = 27;
  static constexpr int kBackspace = 127;
};

/// What each row of the page's table is about (a prefix, an address, an incident's id), in the
/// order shown.
std::vector<std::string> top_rows(const TopData& data, const TopView& view);

/// The whole page: no more than `height` lines, each no wider than the style. `height` 0 is without
/// a limit, selection or keys: the page of `status`, and of `top` without a terminal.
std::vector<std::string> render_top(const TopData& data, const TopView& view,
                                    const TextStyle& style, int height);

}  // namespace floodgauge
