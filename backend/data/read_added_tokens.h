#pragma once

#include "backend/data/added_tokens.h"
#include "backend/data/normalizer.h"
#include "backend/data/tokenizer_part.h"
#include "backend/data/vocabulary.h"

namespace lcr {

// The added tokens of a file, by where they are looked for.
struct AddedTokenSets {
  // In the text as it is.
  AddedTokens plain;
  // In the normalized text between those, in their own normalized spelling.
  AddedTokens normalized;
};

// Ids are the model's for tokens that its vocabulary has, otherwise they follow its size and the ids given before;
// the ids that the file states are only compared with these.
AddedTokenSets read_added_tokens(PartReader& reader, simdjson::dom::element value, const Vocabulary& vocabulary,
                                 const Normalizer& normalizer);

}  // namespace lcr
