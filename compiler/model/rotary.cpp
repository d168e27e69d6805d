#include "compiler/model/rotary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "compiler/diagnostics/codes/model.h"

namespace lcr::elaboration {
namespace {

enum class Field { Number, Numbers, Flag };

struct Key {
  std::string_view name;
  Field field;
  bool required;
};

struct Kind {
  std::string_view name;
  std::vector<Key> keys;
};

// What each kind of scaling reads; keys that every kind may have are listed below.
const std::vector<Kind>& kinds() {
  static const std::vector<Kind> table{
      {"default", {}},
      {"linear", {{"factor", Field::Number, true}}},
      {"dynamic", {{"factor", Field::Number, true}, {"original_max_position_embeddings", Field::Number, false}}},
      {"llama3",
       {{"factor", Field::Number, true},
        {"low_freq_factor", Field::Number, true},
        {"high_freq_factor", Field::Number, true},
        {"original_max_position_embeddings", Field::Number, true}}},
      {"yarn",
       {{"factor", Field::Number, false},
        {"original_max_position_embeddings", Field::Number, false},
        {"attention_factor", Field::Number, false},
        {"beta_fast", Field::Number, false},
        {"beta_slow", Field::Number, false},
        {"mscale", Field::Number, false},
        {"mscale_all_dim", Field::Number, false},
        {"truncate", Field::Flag, false}}},
      {"longrope",
       {{"factor", Field::Number, false},
        {"original_max_position_embeddings", Field::Number, false},
        {"attention_factor", Field::Number, false},
        {"short_factor", Field::Numbers, true},
        {"long_factor", Field::Numbers, true}}},
  };
  return table;
}

// Read by the description itself or by the axes of the table.
bool for_all_kinds(std::string_view key) {
  static const std::set<std::string_view> names{"rope_type",    "type",          "rope_theta", "partial_rotary_factor",
                                                "mrope_section", "mrope_interleaved"};
  return names.contains(key);
}

bool read_value(const Json& json, const Key& key, Rotary& rotary) {
  const std::string name(key.name);
  auto number = [](const Json& value) -> std::optional<double> {
    if (value.kind == Json::Kind::Integer) return static_cast<double>(value.integer);
    if (value.kind == Json::Kind::Real) return value.real;
    return std::nullopt;
  };
  if (key.field == Field::Flag) {
    if (json.kind != Json::Kind::Bool) return false;
    rotary.flags[name] = json.truth;
    return true;
  }
  if (key.field == Field::Number) {
    auto value = number(json);
    if (value) rotary.numbers[name] = *value;
    return value.has_value();
  }
  if (json.kind != Json::Kind::List) return false;
  for (const Json& item : json.items) {
    auto value = number(item);
    if (!value) return false;
    rotary.lists[name].push_back(*value);
  }
  return true;
}

struct Scaling {
  OperationCall& call;
  const Object& object;

  void refuse(std::string message) {
    call.fail(codes::L7019,
              fmt::format("cannot read `{}`: {}", object.path.substr(0, object.path.size() - 1), message));
  }

  const Kind* kind(const std::vector<std::string>& renamed) {
    std::string_view type = object.json->text_of("rope_type");
    if (type.empty()) type = object.json->text_of("type");
    // Three axes are told apart by the table's own arguments.
    if (type.empty() || type == "mrope" || type == "axial") type = "default";
    if (std::find(renamed.begin(), renamed.end(), type) != renamed.end()) type = "longrope";
    for (const Kind& each : kinds())
      if (each.name == type) return &each;
    refuse(fmt::format("`{}` is an unknown kind of scaling", type));
    return nullptr;
  }

  void read(const Kind& kind, bool has_axes, Rotary& rotary) {
    rotary.type = kind.name;
    for (const auto& [name, json] : object.json->members) {
      auto key = std::find_if(kind.keys.begin(), kind.keys.end(), [&](const Key& each) { return each.name == name; });
      if (json.kind == Json::Kind::Null) continue;
      if (key != kind.keys.end()) {
        if (!read_value(json, *key, rotary)) return refuse(fmt::format("`{}` is of the wrong kind", name));
      } else if (name == "mrope_section" && !has_axes) {
        return refuse("it has three axes, and the architecture text describes one");
      } else if (!for_all_kinds(name)) {
        return refuse(fmt::format("scaling of the kind `{}` does not know `{}`", kind.name, name));
      }
    }
    for (const Key& key : kind.keys) {
      const std::string name(key.name);
      if (key.required && !rotary.numbers.contains(name) && !rotary.lists.contains(name))
        return refuse(fmt::format("scaling of the kind `{}` lacks `{}`", kind.name, key.name));
    }
  }
};

std::optional<double> optional_number(OperationCall& call, std::string_view name) {
  const Term* term = call.named_or_null(name);
  if (!term || term->is<Nothing>()) return std::nullopt;
  if (is_number(*term)) return number_of(*term);
  call.fail(codes::L7012, fmt::format("wants a number or none as `{}`, this is {}", name, kind_of(*term)));
  return std::nullopt;
}

std::vector<std::string> texts(OperationCall& call, std::string_view name) {
  std::vector<std::string> result;
  const Term* term = call.named_or_null(name);
  if (auto* list = term ? term->as<List>() : nullptr)
    for (const Term& item : **list)
      if (auto* text = item.as<std::string>()) result.push_back(*text);
  return result;
}

}  // namespace

Term make_rotary(OperationCall& call) {
  Rotary rotary;
  rotary.dim = call.whole(0, "dim");
  rotary.theta = call.real("theta", 10000.0);
  rotary.limit = optional_number(call, "limit");
  rotary.original = optional_number(call, "original");
  rotary.order = call.word("order", {"", "blocked", "interleaved", "shared", "alternating"});
  rotary.space = call.word("space", {"", "grid"});
  const bool has_axes = call.named_or_null("axes") != nullptr;
  if (has_axes) rotary.axes = call.wholes(~size_t{0}, "axes");
  const auto renamed = texts(call, "rename");
  const Term* scaling = call.named_or_null("scaling");
  if (auto* missing = scaling ? scaling->as<Missing>() : nullptr) {
    call.fail(codes::L7015, fmt::format("needs `{}` of config.json", missing->key));
  } else if (auto* object = scaling ? scaling->as<Object>() : nullptr) {
    Scaling reader{call, *object};
    if (const Kind* kind = reader.kind(renamed)) reader.read(*kind, has_axes, rotary);
  } else if (scaling && !scaling->is<Nothing>()) {
    call.fail(codes::L7012, fmt::format("wants an object or none as `scaling`, this is {}", kind_of(*scaling)));
  }
  if (!call.complete(false, false)) return {Poison{}};
  return {RotaryTable(std::make_shared<const Rotary>(std::move(rotary)))};
}

}  // namespace lcr::elaboration
