#pragma once

#include "backend/data/normalizer.h"
#include "backend/data/pre_tokenizer.h"
#include "backend/data/tokenizer_part.h"

namespace lcr {

// Append the steps of one component; problems go to the reader.
void read_normalizer(PartReader& reader, simdjson::dom::element value, std::string place, Normalizer& steps);
void read_pre_tokenizer(PartReader& reader, simdjson::dom::element value, std::string place, PreTokenizer& steps);

// `pattern` of a component: {"String": ...} or {"Regex": ...}. Null after a report.
std::shared_ptr<const Regex> read_pattern(PartReader& reader, const TokenizerPart& part);

}  // namespace lcr
