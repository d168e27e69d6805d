#pragma once

#include <variant>

#include "backend/data/bpe.h"
#include "backend/data/tokenizer_part.h"
#include "backend/data/unigram.h"

namespace lcr {

using TokenModel = std::variant<Bpe, Unigram, WordLevel>;

// `model` of a tokenizer file; problems go to the reader.
TokenModel read_model(PartReader& reader, simdjson::dom::element value);

const Vocabulary& vocabulary_of(const TokenModel& model);
bool encode_word(const TokenModel& model, std::string_view word, std::vector<int32_t>& ids);

}  // namespace lcr
