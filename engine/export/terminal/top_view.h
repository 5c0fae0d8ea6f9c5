// The pages of `floodgauge top` and `floodgauge status`: pure functions from the API's answers to
// lines of text.
#pragma once

#include <string>
#include <vector>

#include "engine/export/report/incident_json.h"
#include "engine/export/report/text_style.h"
#include "engine/export/terminal/zone.h"

namespace floodgauge {

/// The answers of the API. With several daemons each row has a member `sensor`.
struct TopData {
  Json status;     ///< /api/v1/status
  Json prefixes;   ///< "prefixes" of /api/v1/prefixes
  Json hosts;      ///< "hosts" of /api/v1/hosts
  Json incidents;  ///< open ones, and the latest closed ones, of /api/v1/incidents
  std::vector<std::string> troubles = {};  ///< daemons that do not answer, a sentence each
};

/// What the user selected.
struct TopView {
  enum class Page { prefixes, hosts, incidents, incident, workers };
  enum class Sort { packets_in, bits_in, new_flows, syn, name };

  Page page = Page::prefixes;
  Sort sort = Sort::packets_in;
  std::string filter;        ///< only rows that contain this text are shown
  bool typing = false;       ///< true while the user types the filter
  std::size_t selected = 0;  ///< index among the rows that are shown
  std::string prefix;        ///< the prefix whose hosts are shown
  std::string incident;      ///< the id of the incident that is shown
  Zone zone = Zone::utc;
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
