#include "engine/count/port_set.h"

#include <gtest/gtest.h>

#include <memory>

namespace floodgauge {
namespace {

TEST(PortSet, CountsEachPortOnce) {
  auto ports = std::make_unique<PortSet>();
  EXPECT_EQ(ports->size(), 0u);
  constexpr std::uint16_t kPorts[] = {0, 1, 63, 64, 65535};
  for (int round = 0; round < 2; ++round) {
    for (const std::uint16_t port : kPorts) ports->add(port);
  }
  EXPECT_EQ(ports->size(), 5u);
  auto others = std::make_unique<PortSet>();
  others->add(64);
  others->add(1000);
  ports->merge(*others);
  EXPECT_EQ(ports->size(), 6u);
  ports->clear();
  EXPECT_EQ(ports->size(), 0u);
}

}  // namespace
}  // namespace floodgauge
