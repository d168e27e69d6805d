#pragma once

#include "backend/data/read_added_tokens.h"
#include "backend/data/read_model.h"
#include "backend/data/read_normalizer.h"
#include "backend/data/read_processor.h"
#include "backend/data/tokenizer.h"

namespace lcr {

struct TokenizerTables {
  AddedTokenSets added;
  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  TokenModel model;
  IdTemplate ids{kTextIds};
  int64_t id_limit = 0;
};

}  // namespace lcr
