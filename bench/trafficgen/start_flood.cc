// Chooses the kind of flood for each vector: single packets, requests or reflection.
#include <algorithm>

#include "bench/trafficgen/flood.h"
#include "bench/trafficgen/flood_packets.h"
#include "bench/trafficgen/flood_reflection.h"
#include "bench/trafficgen/flood_requests.h"

namespace floodgauge::trafficgen {
namespace {

template <typename Row>
const Row* row_of(std::span<const Row> rows, Vector vector) {
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [&](const Row& each) { return each.vector == vector; });
  return row == rows.end() ? nullptr : &*row;
}

}  // namespace

std::unique_ptr<Flood> start_flood(World& world, FloodTruth& truth, std::uint64_t seed) {
  const Nanoseconds start = world.request.start + truth.spec.start;
  const Vector vector = truth.spec.vector;
  if (const PacketVector* packets = row_of(packet_vectors(), vector)) {
    auto flood = std::make_unique<Flood>(world, truth, packets->defaults, seed);
    world.simulation.start(run_packets(*flood, *packets), start);
    return flood;
  }
  if (const RequestVector* requests = row_of(request_vectors(), vector)) {
    truth.spec.spoofed = false;  // a handshake needs a source that answers
    auto flood = std::make_unique<Flood>(world, truth, requests->defaults, seed);
    world.simulation.start(flood->hand_out_slots(requests->conversation), start);
    return flood;
  }
  truth.spec.spoofed = false;  // the answers come from real reflectors
  auto flood = std::make_unique<Flood>(world, truth, kReflectionDefaults, seed);
  world.simulation.start(run_reflection(*flood), start);
  return flood;
}

}  // namespace floodgauge::trafficgen
