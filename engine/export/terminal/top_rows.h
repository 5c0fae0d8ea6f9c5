// Makes the table rows of `top` from the JSON of the API.
#pragma once

#include <string>
#include <vector>

#include "engine/export/terminal/top_view.h"

namespace floodgauge {

struct TopColumn {
  const char* title;
  int width;  ///< in columns; kRest: all columns that are left
  bool left;
  int least = 0;  ///< width of the table from which on this column is shown

  static constexpr int kRest = 1000;
};

struct TopRow {
  std::string about;  ///< the prefix, address or incident id that the row shows
  double order = 0;   ///< rows are sorted by this, largest first
  std::vector<std::string> cells;
  bool alarm = false;
};

const std::vector<TopColumn>& top_columns(TopView::Page page);

/// Filtered and sorted.
std::vector<TopRow> make_top_rows(const TopData& data, const TopView& view);

/// A member of `object`. 0, empty text or an empty list when it is missing or has another type, as
/// an older or newer daemon may send.
double json_number(const Json& object, const char* key);
std::string json_printable(const Json& object, const char* key);
const Json& json_list(const Json& object, const char* key);

}  // namespace floodgauge
