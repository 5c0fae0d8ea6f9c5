// What was not opened, as a line of the text report.
#pragma once

#include <string>

#include "engine/model/unopened.h"

namespace floodgauge {

/// "120,000 packets of link type 147 (user 0) were not opened, nor 12 of EtherType 0x0806 (ARP)";
/// the commonest three kinds and the rest together. Empty when everything was opened.
std::string unopened_text(const Unopened& unopened);

}  // namespace floodgauge
