#pragma once

#include <optional>
#include <string_view>
#include <vector>

// The texts of stdlib/, embedded in the binary. A module is named after its place: stdlib/architectures/blocks.lcr is
// `std.architectures.blocks`.
namespace lcr::stdlib {

struct Module {
  std::string_view name;
  std::string_view text;
};

// All of them, sorted by name.
const std::vector<Module>& modules();

// The text of a module, or nothing.
std::optional<std::string_view> find(std::string_view module);

// The last parts of the names of a folder's modules: `presets` gives fp8_dynamic, w4a16_rtn, ...
std::vector<std::string_view> names_below(std::string_view folder);

// What the header line of an architecture text says, so that finding one parses none.
struct Architecture {
  std::string_view module;
  std::vector<std::string_view> classes;
  std::vector<std::string_view> types;
};

const std::vector<Architecture>& architectures();

// The module that describes a class of config.json's `architectures`, or nothing.
std::optional<std::string_view> architecture_of_class(std::string_view name);
// The modules whose header names this `model_type`, in order of their names.
std::vector<std::string_view> architectures_of_type(std::string_view type);

}  // namespace lcr::stdlib
