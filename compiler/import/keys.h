#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/import/node.h"

namespace lcr::foreign {

// The keys of one map, each taken at most once: what nobody took is reported by close(), so that nothing is dropped
// without a word. A key whose value is null counts as absent. Values of the wrong type are reported and count as
// absent.
class Keys {
 public:
  // `what` names the map in messages: "GPTQModifier".
  Keys(const Node& map, std::string what, Diagnostics& diagnostics);

  const Node* take(std::string_view key);
  std::optional<std::string> text(std::string_view key);
  std::optional<bool> truth(std::string_view key);
  std::optional<int64_t> integer(std::string_view key);
  std::optional<double> number(std::string_view key);
  // One text counts as a list of one.
  std::vector<const Node*> texts(std::string_view key);

  // Left out with a note, because `why`: it decides when or where something is computed, never what comes out.
  void leave_out(std::string_view key, std::string_view why);
  // Reported as something that the language cannot say, because `why`. `harmless` values (null always) are none.
  void refuse(std::string_view key, std::string_view why, std::initializer_list<std::string_view> harmless = {});

  // Reports every key that was not taken.
  void close();

  const Node& node() const { return map_; }
  Diagnostics& diagnostics() { return diagnostics_; }

 private:
  Diagnostic& wrong(const Node& node, std::string_view key, std::string_view wanted);

  const Node& map_;
  std::string what_;
  Diagnostics& diagnostics_;
  std::vector<std::string> known_;
};

}  // namespace lcr::foreign
