#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "compiler/language/units.h"
#include "compiler/recipe/binder.h"

// Reading one value of a known type. Every reader follows params, reports what does not fit (naming `place`, such as
// "`length`"), and gives nothing when it reported or when the value is a param without a value of a preset that is
// read alone.
namespace lcr::binding {

// The types of params; the places where values stand have the same ones.
enum class ValueType {
  Bytes,
  Bits,
  BitsPerWeight,
  Tokens,
  Ratio,
  Duration,
  Count,
  Number,
  Text,
  Source,
  Precision,
  Selection,
};
std::optional<ValueType> value_type_named(std::string_view name);
std::vector<std::string> value_type_names();
std::string_view describe(ValueType type);

// A value and the file whose names it uses.
struct Located {
  const syntax::Value* value;
  Scope* scope;
};

// What a value stands for after params are followed; nothing as above.
std::optional<Located> follow(Binder& binder, Scope& scope, const syntax::Value& value, ValueType type,
                              std::string_view place);

std::optional<double> read_measure(Binder& binder, Scope& scope, const syntax::Value& value, Dimension dimension,
                                   std::string_view place);
// Whole numbers; of bytes and of tokens too.
std::optional<int64_t> read_bytes(Binder& binder, Scope& scope, const syntax::Value& value, std::string_view place);
std::optional<int64_t> read_tokens(Binder& binder, Scope& scope, const syntax::Value& value, std::string_view place);
std::optional<int64_t> read_count(Binder& binder, Scope& scope, const syntax::Value& value, std::string_view place);
std::optional<double> read_number(Binder& binder, Scope& scope, const syntax::Value& value, std::string_view place);
// A path or other text in quotes; the span tells the file that a path is relative to.
std::optional<syntax::Text> read_text(Binder& binder, Scope& scope, const syntax::Value& value, std::string_view place);

// A bare word of a list. Words are no params.
std::optional<std::string> read_word(Binder& binder, const syntax::Value& value, const std::vector<std::string>& words,
                                     std::string_view place);
std::optional<bool> read_bool(Binder& binder, const syntax::Value& value, std::string_view place);

// The word of a bare or called name; null when the value is something else.
const syntax::Call* as_call(const syntax::Value& value);
// "a text", "a plain number", "a ratio": what a value looks like.
std::string describe(const syntax::Value& value);
// Reports that a value has another type.
Diagnostic& report_type(Binder& binder, const syntax::Value& value, std::string_view place, std::string_view wanted);
// Reports that a value of the right type does not fit: "`length` is at least 1tok".
Diagnostic& report_range(Binder& binder, const syntax::Value& value, std::string_view place, std::string_view range);

}  // namespace lcr::binding
