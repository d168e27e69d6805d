#include "backend/data/read_processor.h"

#include <algorithm>

#include <fmt/format.h>

namespace lcr {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

// Puts `ids` around what the processors before gave.
void surround(PartReader& reader, const TokenizerPart& part, IdTemplate& ids, IdTemplate with) {
  if (ids.size() != 1) return reader.unknown(part.place, "is the second processor that adds tokens");
  ids = std::move(with);
}

// The ids of `special_tokens[name]`.
void append_special(PartReader& reader, const TokenizerPart& part, std::string_view name, IdTemplate& ids) {
  auto table = value_of(part.object, "special_tokens");
  object tokens;
  object token;
  simdjson::dom::array list;
  if (!table || table->get(tokens) || tokens.at_key(name).get(token) || token.at_key("ids").get(list))
    return reader.broken(part.place, fmt::format("has no ids for its special token `{}`", name));
  for (element value : list) ids.push_back(reader.id(value, fmt::format("{}.special_tokens[\"{}\"]", part.place, name)));
}

void read_template(PartReader& reader, const TokenizerPart& part, IdTemplate& ids) {
  reader.only(part, {"single", "pair", "special_tokens"});
  auto list = reader.array(part, "single");
  if (!list) return;
  IdTemplate with;
  for (element value : *list) {
    object special;
    object sequence;
    std::string_view name;
    if (!value.at_key("SpecialToken").get(special) && !special.at_key("id").get(name)) {
      append_special(reader, part, name, with);
    } else if (!value.at_key("Sequence").get(sequence) && !sequence.at_key("id").get(name)) {
      if (name == "A") {
        with.push_back(kTextIds);
      } else {
        reader.unknown(part.place, fmt::format("puts the sequence `{}` into `single`", name));
      }
    } else {
      reader.broken(part.place, "has a piece in `single` that is neither `SpecialToken` nor `Sequence`");
    }
  }
  surround(reader, part, ids, std::move(with));
}

// ["[SEP]", 102]
int32_t read_named_id(PartReader& reader, const TokenizerPart& part, std::string_view key) {
  auto pair = reader.array(part, key);
  element id;
  if (!pair) return 0;
  if (pair->size() == 2 && !pair->at(1).get(id)) return reader.id(id, fmt::format("{}.{}", part.place, key));
  reader.broken(part.place, fmt::format("has a `{}` that is not a token with its id", key));
  return 0;
}

void read_sequence(PartReader& reader, const TokenizerPart& part, IdTemplate& ids) {
  reader.only(part, {"processors"});
  auto list = reader.array(part, "processors");
  size_t i = 0;
  if (list)
    for (element value : *list) read_processor(reader, value, fmt::format("{}.processors[{}]", part.place, i++), ids);
}

}  // namespace

void read_processor(PartReader& reader, element value, std::string place, IdTemplate& ids) {
  auto part = reader.part(value, std::move(place));
  if (!part) return;
  if (part->type == "Sequence") return read_sequence(reader, *part, ids);
  if (part->type == "TemplateProcessing") return read_template(reader, *part, ids);
  if (part->type == "ByteLevel") return reader.only(*part, {"add_prefix_space", "trim_offsets", "use_regex"});
  if (part->type == "BertProcessing" || part->type == "RobertaProcessing") {
    reader.only(*part, {"sep", "cls", "trim_offsets", "add_prefix_space"});
    int32_t first = read_named_id(reader, *part, "cls");
    int32_t last = read_named_id(reader, *part, "sep");
    return surround(reader, *part, ids, {first, kTextIds, last});
  }
  reader.unknown(part->place, fmt::format("is the post-processor `{}`, which is not known", part->type));
}

}  // namespace lcr
