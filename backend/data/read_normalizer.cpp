#include "backend/data/read_normalizer.h"

#include <fmt/format.h>

namespace lcr {
namespace {

void read_sequence(PartReader& reader, const TokenizerPart& part, Normalizer& steps) {
  reader.only(part, {"normalizers"});
  auto list = reader.array(part, "normalizers");
  size_t i = 0;
  if (list)
    for (simdjson::dom::element value : *list)
      read_normalizer(reader, value, fmt::format("{}.normalizers[{}]", part.place, i++), steps);
}

CleanTextStep read_clean_text(PartReader& reader, const TokenizerPart& part) {
  reader.only(part, {"clean_text", "handle_chinese_chars", "strip_accents", "lowercase"});
  CleanTextStep step;
  step.clean_text = reader.flag(part, "clean_text", true);
  step.handle_chinese_chars = reader.flag(part, "handle_chinese_chars", true);
  step.lowercase = reader.flag(part, "lowercase", true);
  // Null strips accents when it lowercases.
  step.strip_accents = reader.flag(part, "strip_accents", step.lowercase);
  return step;
}

std::optional<NormalizerStep> read_step(PartReader& reader, const TokenizerPart& part) {
  const std::string& type = part.type;
  if (type == "Replace") {
    reader.only(part, {"pattern", "content"});
    return ReplaceStep{read_pattern(reader, part), reader.text(part, "content")};
  }
  if (type == "Prepend") {
    reader.only(part, {"prepend"});
    return PrependStep{reader.text(part, "prepend")};
  }
  if (type == "Strip") {
    reader.only(part, {"strip_left", "strip_right"});
    return StripStep{reader.flag(part, "strip_left", true), reader.flag(part, "strip_right", true)};
  }
  if (type == "BertNormalizer") return read_clean_text(reader, part);
  std::optional<NormalizerStep> step;
  if (type == "NFC") step = ComposeStep{NormalForm::Nfc};
  if (type == "NFD") step = ComposeStep{NormalForm::Nfd};
  if (type == "NFKC") step = ComposeStep{NormalForm::Nfkc};
  if (type == "NFKD") step = ComposeStep{NormalForm::Nfkd};
  if (type == "Lowercase") step = LowercaseStep{};
  if (type == "StripAccents") step = StripAccentsStep{};
  if (type == "ByteLevel") step = ByteLettersStep{};
  if (step) {
    reader.only(part, {});
  } else {
    reader.unknown(part.place, fmt::format("is the normalizer `{}`, which is not known", type));
  }
  return step;
}

}  // namespace

void read_normalizer(PartReader& reader, simdjson::dom::element value, std::string place, Normalizer& steps) {
  auto part = reader.part(value, std::move(place));
  if (!part) return;
  if (part->type == "Sequence") return read_sequence(reader, *part, steps);
  if (auto step = read_step(reader, *part)) steps.push_back(std::move(*step));
}

std::shared_ptr<const Regex> read_pattern(PartReader& reader, const TokenizerPart& part) {
  auto value = value_of(part.object, "pattern");
  simdjson::dom::object object;
  if (!value || value->get(object)) {
    reader.broken(part.place, "has no `pattern` that is an object");
    return nullptr;
  }
  std::string_view text;
  std::string problem;
  std::shared_ptr<const Regex> pattern;
  if (auto literal = value_of(object, "String"); literal && !literal->get(text)) {
    pattern = Regex::literal(text, problem);
  } else if (auto regex = value_of(object, "Regex"); regex && !regex->get(text)) {
    pattern = Regex::compile(text, problem);
  } else {
    reader.broken(part.place, "has a `pattern` that is neither `String` nor `Regex`");
    return nullptr;
  }
  if (!pattern) reader.unknown(part.place, fmt::format("has the pattern `{}`, which cannot be used: {}", text, problem));
  return pattern;
}

}  // namespace lcr
