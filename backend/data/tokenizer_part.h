#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

// One component of a tokenizer file: an object with its place and its `type`.
struct TokenizerPart {
  simdjson::dom::object object;
  std::string place;
  std::string type;
};

// Reads values of a tokenizer file. Whatever is wrong becomes a diagnostic that names the place; the value read then
// does not matter, because a file with diagnostics gives no tokenizer.
class PartReader {
 public:
  PartReader(std::string file, Diagnostics& diagnostics) : file_(std::move(file)), diagnostics_(diagnostics) {}

  bool failed() const { return failed_; }
  // The form of the file is wrong: `what` says which.
  void broken(std::string_view place, std::string_view what);
  // The file asks for something that we do not know: `what` names it.
  void unknown(std::string_view place, std::string_view what);

  // An object; its `type` may be missing where `fallback` gives one.
  std::optional<TokenizerPart> part(simdjson::dom::element value, std::string place, std::string_view fallback = {});
  // Reports every key but `type` and these.
  void only(const TokenizerPart& part, std::initializer_list<std::string_view> keys);

  // Missing and null are the fallback.
  bool flag(const TokenizerPart& part, std::string_view key, bool fallback);
  std::string text(const TokenizerPart& part, std::string_view key, std::string_view fallback);
  // Missing is broken.
  std::string text(const TokenizerPart& part, std::string_view key);
  std::optional<simdjson::dom::array> array(const TokenizerPart& part, std::string_view key);
  // An id in [0, 2^31); -1 when it is broken.
  int32_t id(simdjson::dom::element value, std::string_view place);

 private:
  Diagnostic& report(Code code, std::string_view place, std::string_view what);

  std::string file_;
  Diagnostics& diagnostics_;
  bool failed_ = false;
};

// The value of a key; empty when it is missing or null.
std::optional<simdjson::dom::element> value_of(const simdjson::dom::object& object, std::string_view key);

}  // namespace lcr
