#include "backend/data/tokenizer.h"

#include "tests/fuzz/targets.h"

void lcr::fuzz::tokenizer(std::string_view input) {
  Sources sources;
  Diagnostics diagnostics;
  const auto read = parse_tokenizer(input, "tokenizer.json", diagnostics);
  require((read != nullptr) != diagnostics.has_errors(), "a tokenizer is read or refused");
  render_all(sources, diagnostics);
  if (!read) return;
  Encoder encoder(read);
  const std::string_view texts[] = {"", "a", "Hello,  World! it's 12345\n\n\t x", "Größe ﬁ Åé 你好 \u0301\xf0\x9f\x98\x80",
                                    "<s>[INST]<unk>▁a▁▁b</s>", "\xff not utf-8", input.substr(0, 300)};
  for (const std::string_view text : texts) {
    for (const bool special : {false, true}) {
      std::vector<int32_t> ids;
      if (!encoder.encode(text, special, ids)) {
        require(ids.empty() && !encoder.problem().empty(), "a refusal has a reason and no ids");
        continue;
      }
      for (const int32_t id : ids) require(0 <= id && id < read->id_limit(), "ids are below the limit");
    }
  }
}
