#include "engine/export/http/prefix_list.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "engine/export/http/query_value.h"
#include "engine/export/report/snapshot_json.h"

namespace floodgauge {
namespace {

struct Order {
  const char* name;
  double PrefixSnapshot::*value;  ///< nullptr: by the prefix's text
};
constexpr Order kOrders[] = {
    {"pps_in", &PrefixSnapshot::pps_in},
    {"bps_in", &PrefixSnapshot::bps_in},
    {"new_flows_per_second", &PrefixSnapshot::new_flows_per_second},
    {"syn_per_second", &PrefixSnapshot::syn_per_second},
    {"prefix", nullptr},
};

/// The indices of the first `count` prefixes in that order; equal ones as in the snapshot.
std::vector<std::size_t> first_of(const std::vector<PrefixSnapshot>& prefixes, const Order& order,
                                  std::size_t count) {
  std::vector<std::size_t> all(prefixes.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(count, all.size()));
  if (order.value != nullptr) {
    std::partial_sort(all.begin(), end, all.end(), [&](std::size_t a, std::size_t b) {
      const double of_a = prefixes[a].*order.value;
      const double of_b = prefixes[b].*order.value;
      return of_a != of_b ? of_a > of_b : a < b;
    });
  } else {
    std::vector<std::string> texts;
    for (const PrefixSnapshot& row : prefixes) texts.push_back(row.prefix.text());
    std::partial_sort(all.begin(), end, all.end(), [&](std::size_t a, std::size_t b) {
      return texts[a] != texts[b] ? texts[a] < texts[b] : a < b;
    });
  }
  all.erase(end, all.end());
  return all;
}

HttpResponse answer(const EngineSnapshot& snapshot, Json list, Json next) {
  return HttpResponse::json({{"prefixes", std::move(list)},
                             {"next", std::move(next)},
                             {"total", snapshot.prefixes.size()},
                             {"loss_ratio", rounded_share(snapshot.loss_ratio)}});
}

}  // namespace

HttpResponse prefix_list(const HttpRequest& request, const EngineSnapshot& snapshot) {
  const std::vector<PrefixSnapshot>& prefixes = snapshot.prefixes;
  std::size_t limit = prefixes.size();
  if (const auto text = request.query.find("limit");
      text != request.query.end() && !read_number<std::size_t>(text->second, 1, 1'000'000, limit)) {
    return HttpResponse::error(400, "limit is 1 to 1000000");
  }
  const auto after = request.query.find("after");
  Json list = Json::array();
  if (const auto wanted = request.query.find("order"); wanted != request.query.end()) {
    const auto* const order =
        std::find_if(std::begin(kOrders), std::end(kOrders),
                     [&](const Order& one) { return wanted->second == one.name; });
    if (order == std::end(kOrders)) {
      return HttpResponse::error(400,
                                 "order is pps_in, bps_in, new_flows_per_second, "
                                 "syn_per_second or prefix");
    }
    if (after != request.query.end()) return HttpResponse::error(400, "after goes without order");
    for (const std::size_t i : first_of(prefixes, *order, limit)) {
      list.push_back(prefix_live_json(prefixes[i]));
    }
    return answer(snapshot, std::move(list), nullptr);
  }
  std::size_t first = 0;
  if (after != request.query.end()) {
    const auto at = std::find_if(prefixes.begin(), prefixes.end(), [&](const PrefixSnapshot& row) {
      return row.prefix.text() == after->second;
    });
    if (at == prefixes.end()) {
      return HttpResponse::error(400, "after: no prefix " + after->second + " is protected");
    }
    first = static_cast<std::size_t>(at - prefixes.begin()) + 1;
  }
  const std::size_t end = std::min(prefixes.size(), first + limit);
  for (std::size_t i = first; i < end; ++i) list.push_back(prefix_live_json(prefixes[i]));
  const bool more = end < prefixes.size() && end > first;
  return answer(snapshot, std::move(list),
                more ? Json(prefixes[end - 1].prefix.text()) : Json(nullptr));
}

}  // namespace floodgauge
