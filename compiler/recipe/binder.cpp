#include "compiler/recipe/binder.h"

#include <fmt/format.h>

namespace lcr::binding {

std::string alternatives(const std::vector<std::string>& words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += fmt::format("`{}`", words[i]);
  }
  return text;
}

void suggest(Diagnostic& diagnostic, const std::string& word, const std::vector<std::string>& candidates) {
  constexpr size_t longest_list = 12;
  std::string near = nearest(word, candidates);
  if (!near.empty()) {
    diagnostic.help(fmt::format("did you mean `{}`?", near));
    // Only where the primary span is the word itself; it may well mean something else, so it is not safe.
    Span span = diagnostic.span();
    if (span.end - span.begin == word.size()) {
      diagnostic.fix({fmt::format("write `{}`", near), Applicability::Unsafe, {{span, near}}});
    }
  } else if (!candidates.empty() && candidates.size() <= longest_list) {
    diagnostic.help(fmt::format("possible here: {}", alternatives(candidates)));
  } else if (!candidates.empty()) {
    std::vector<std::string> few = nearest_few(word, candidates, 5);
    diagnostic.help(fmt::format("the nearest ones are {}", alternatives(few)));
  }
}

}  // namespace lcr::binding
