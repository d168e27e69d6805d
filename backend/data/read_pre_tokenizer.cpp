#include <fmt/format.h>

#include "backend/data/read_normalizer.h"

namespace lcr {
namespace {

// What byte-level vocabularies split with unless their file says otherwise.
constexpr std::string_view kByteLevelPattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

void read_sequence(PartReader& reader, const TokenizerPart& part, PreTokenizer& steps) {
  reader.only(part, {"pretokenizers"});
  auto list = reader.array(part, "pretokenizers");
  size_t i = 0;
  if (list)
    for (simdjson::dom::element value : *list)
      read_pre_tokenizer(reader, value, fmt::format("{}.pretokenizers[{}]", part.place, i++), steps);
}

SplitBehavior read_behavior(PartReader& reader, const TokenizerPart& part, std::string_view fallback) {
  std::string name = reader.text(part, "behavior", fallback);
  if (name == "Removed") return SplitBehavior::Removed;
  if (name == "Isolated") return SplitBehavior::Isolated;
  if (name == "MergedWithPrevious") return SplitBehavior::MergedWithPrevious;
  if (name == "MergedWithNext") return SplitBehavior::MergedWithNext;
  if (name == "Contiguous") return SplitBehavior::Contiguous;
  reader.unknown(part.place, fmt::format("has the behavior `{}`, which is not known", name));
  return SplitBehavior::Isolated;
}

ByteLevelStep read_byte_level(PartReader& reader, const TokenizerPart& part) {
  // trim_offsets changes offsets alone.
  reader.only(part, {"add_prefix_space", "trim_offsets", "use_regex"});
  ByteLevelStep step;
  step.add_prefix_space = reader.flag(part, "add_prefix_space", true);
  std::string problem;
  if (reader.flag(part, "use_regex", true)) step.pattern = Regex::compile(kByteLevelPattern, problem);
  return step;
}

PrependScheme read_scheme(PartReader& reader, const TokenizerPart& part) {
  // Files from before prepend_scheme have add_prefix_space alone.
  if (!value_of(part.object, "prepend_scheme"))
    return reader.flag(part, "add_prefix_space", true) ? PrependScheme::Always : PrependScheme::Never;
  std::string name = reader.text(part, "prepend_scheme");
  if (name == "always") return PrependScheme::Always;
  if (name == "first") return PrependScheme::First;
  if (name != "never") reader.unknown(part.place, fmt::format("has the prepend_scheme `{}`, which is not known", name));
  return PrependScheme::Never;
}

// A string of one code point.
std::string read_character(PartReader& reader, const TokenizerPart& part, std::string_view key, std::string_view fallback) {
  std::string text = reader.text(part, key, fallback);
  size_t at = 0;
  if (!text.empty()) next_code_point(text, at);
  if (!text.empty() && at == text.size()) return text;
  reader.broken(part.place, fmt::format("has a `{}` that is not one character", key));
  return std::string(" ");
}

MetaspaceStep read_metaspace(PartReader& reader, const TokenizerPart& part) {
  reader.only(part, {"replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split"});
  MetaspaceStep step;
  step.replacement = read_character(reader, part, "replacement", "\u2581");
  step.prepend = read_scheme(reader, part);
  step.split = reader.flag(part, "split", true);
  return step;
}

SplitStep read_split(PartReader& reader, const TokenizerPart& part) {
  reader.only(part, {"pattern", "behavior", "invert"});
  return {read_pattern(reader, part), read_behavior(reader, part, {}), reader.flag(part, "invert", false)};
}

DelimiterStep read_delimiter(PartReader& reader, const TokenizerPart& part) {
  reader.only(part, {"delimiter"});
  std::string text = read_character(reader, part, "delimiter", {});
  size_t at = 0;
  return {next_code_point(text, at)};
}

CharacterSplitStep read_digits(PartReader& reader, const TokenizerPart& part) {
  reader.only(part, {"individual_digits"});
  bool single = reader.flag(part, "individual_digits", false);
  return {CharacterSet::Digit, single ? SplitBehavior::Isolated : SplitBehavior::Contiguous};
}

void read_step(PartReader& reader, const TokenizerPart& part, PreTokenizer& steps) {
  const std::string& type = part.type;
  if (type == "ByteLevel") return steps.push_back(read_byte_level(reader, part));
  if (type == "Split") return steps.push_back(read_split(reader, part));
  if (type == "Digits") return steps.push_back(read_digits(reader, part));
  if (type == "Metaspace") return steps.push_back(read_metaspace(reader, part));
  if (type == "CharDelimiterSplit") return steps.push_back(read_delimiter(reader, part));
  if (type == "Punctuation") {
    reader.only(part, {"behavior"});
    return steps.push_back(CharacterSplitStep{CharacterSet::Punctuation, read_behavior(reader, part, "Isolated")});
  }
  bool bare = type == "Whitespace" || type == "WhitespaceSplit" || type == "BertPreTokenizer";
  if (!bare) return reader.unknown(part.place, fmt::format("is the pre-tokenizer `{}`, which is not known", type));
  reader.only(part, {});
  if (type == "Whitespace") return steps.push_back(WordRunsStep{});
  steps.push_back(CharacterSplitStep{CharacterSet::WhiteSpace, SplitBehavior::Removed});
  if (type == "BertPreTokenizer") steps.push_back(CharacterSplitStep{CharacterSet::Punctuation, SplitBehavior::Isolated});
}

}  // namespace

void read_pre_tokenizer(PartReader& reader, simdjson::dom::element value, std::string place, PreTokenizer& steps) {
  auto part = reader.part(value, std::move(place));
  if (!part) return;
  if (part->type == "Sequence") return read_sequence(reader, *part, steps);
  read_step(reader, *part, steps);
}

}  // namespace lcr
