// What the loader makes of a text: its settings, or its errors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/loader.h"

namespace floodgauge {

inline std::vector<std::string> texts(const std::vector<ConfigError>& errors) {
  std::vector<std::string> out;
  for (const auto& error : errors) out.push_back(error.text());
  return out;
}

inline std::vector<std::string> errors_of(std::string_view yaml) {
  return texts(parse_config(yaml, "link.yaml").errors);
}

inline Settings loaded(std::string_view yaml) {
  auto result = parse_config(yaml, "link.yaml");
  EXPECT_THAT(texts(result.errors), ::testing::IsEmpty());
  EXPECT_TRUE(result.settings);
  return result.settings.value_or(Settings{});
}

}  // namespace floodgauge
