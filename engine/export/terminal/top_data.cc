#include "engine/export/terminal/top_data.h"

namespace floodgauge {

TopData fetch_top(const Url& base) {
  const auto list = [&](const std::string& path, const char* key) {
    const Json json = get_json(base, path);
    return json.is_object() && json.contains(key) && json[key].is_array() ? json[key]
                                                                          : Json::array();
  };
  TopData data;
  data.status = get_json(base, "/api/v1/status");
  data.prefixes = list("/api/v1/prefixes", "prefixes");
  data.hosts = list("/api/v1/hosts", "hosts");
  data.incidents = list("/api/v1/incidents", "incidents");
  return data;
}

}  // namespace floodgauge
