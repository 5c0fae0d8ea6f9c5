// The keys of the configuration file: the whole of it, section by section.
#pragma once

#include <vector>

#include "config/fields.h"

namespace floodgauge {

/// Reads a document into `settings`, which has the defaults; what is wrong goes to the reader.
void read_settings(Reader& reader, const YamlNode& document, Settings& settings);
void write_settings(YamlWriter& writer, const Settings& settings);

/// Every key with what it allows and its default, in the order of the file.
std::vector<KeyDescription> describe_settings();

}  // namespace floodgauge
