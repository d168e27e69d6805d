#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lcr {

// Neighbours that differ in one segment by counting up become one text: "model.layers.{0..31}". The order is kept.
std::vector<std::string> with_ranges(const std::vector<std::string>& names);

// The names that such texts stand for; nothing when they are more than `most`.
std::optional<std::vector<std::string>> without_ranges(const std::vector<std::string>& texts, size_t most);

}  // namespace lcr
