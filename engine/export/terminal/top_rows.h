// The rows of the pages of `top`, from the API's JSON.
#pragma once

#include <string>
#include <vector>

#include "engine/export/terminal/top_view.h"

namespace floodgauge {

struct TopColumn {
  const char* title;
  int width;  ///< kRest: all that is left
  bool left;
  int least = 0;  ///< columns that the whole table needs before this one is shown

  static constexpr int kRest = 1000;
};

struct TopRow {
  std::string about;  ///< a prefix, an address, an incident's id
  double order = 0;   ///< largest first
  std::vector<std::string> cells;
  bool alarm = false;
};

const std::vector<TopColumn>& top_columns(TopView::Page page);

/// Filtered and in order.
std::vector<TopRow> make_top_rows(const TopData& data, const TopView& view);

/// A member of `object`; 0, empty or an empty list where it is not there or of another kind, for an
/// older or newer daemon may answer otherwise.
double json_number(const Json& object, const char* key);
std::string json_printable(const Json& object, const char* key);
const Json& json_list(const Json& object, const char* key);

}  // namespace floodgauge
