// Whether a packet looks like those of an attack vector, by its headers alone.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/model/vector.h"
#include "engine/parse/packet_facts.h"

namespace floodgauge {

/// What the headers of a vector's packets have in common. Which packets of that shape were counted
/// as the vector also depends on their flows, which are not known here: the packets of an ordinary
/// conversation may have the shape, too.
class VectorShape {
 public:
  /// The shape of a vector's name, as an incident has it. Every packet has the shape of a name that
  /// is not known.
  explicit VectorShape(std::string_view name);

  bool fits(const PacketFacts& facts) const;

 private:
  bool fits_tcp(const PacketFacts& facts) const;

  Vector vector_ = Vector::count_;  ///< count_: a name that is not known
  std::uint16_t port_ = 0;          ///< of reflection_port_N
};

}  // namespace floodgauge
