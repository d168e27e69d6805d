#include "compiler/lint/fix.h"

#include <algorithm>

namespace lcr {
namespace {

bool may_apply(const Fix& fix, uint32_t file, bool unsafe) {
  if (fix.edits.empty() || fix.applicability == Applicability::Display) return false;
  if (fix.applicability == Applicability::Unsafe && !unsafe) return false;
  return std::all_of(fix.edits.begin(), fix.edits.end(), [&](const Edit& edit) { return edit.span.file == file; });
}

uint32_t first_byte(const Fix& fix) {
  return std::min_element(fix.edits.begin(), fix.edits.end(),
                          [](const Edit& a, const Edit& b) { return a.span.begin < b.span.begin; })
      ->span.begin;
}

// Two insertions at one place overlap too: their order would be arbitrary.
bool overlap(const Edit& a, const Edit& b) {
  if (a.span.begin == b.span.begin) return true;
  return a.span.begin < b.span.end && b.span.begin < a.span.end;
}

}  // namespace

Fixed apply_fixes(const Sources& sources, uint32_t file, const Diagnostics& diagnostics, bool unsafe) {
  std::vector<const Fix*> fixes;
  for (const Diagnostic* diagnostic : diagnostics.sorted())
    for (const Fix& fix : diagnostic->fixes) {
      if (!may_apply(fix, file, unsafe)) continue;
      fixes.push_back(&fix);
      break;
    }
  std::stable_sort(fixes.begin(), fixes.end(),
                   [](const Fix* a, const Fix* b) { return first_byte(*a) < first_byte(*b); });
  Fixed result;
  std::vector<Edit> edits;
  for (const Fix* fix : fixes) {
    const bool free = std::none_of(fix->edits.begin(), fix->edits.end(), [&](const Edit& one) {
      return std::any_of(edits.begin(), edits.end(), [&](const Edit& other) { return overlap(one, other); });
    });
    if (!free) continue;
    edits.insert(edits.end(), fix->edits.begin(), fix->edits.end());
    ++result.applied;
  }
  std::sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.span.begin < b.span.begin; });
  const std::string_view text = sources.file(Span{file, 0, 0}).text();
  size_t at = 0;
  for (const Edit& edit : edits) {
    result.text += text.substr(at, edit.span.begin - at);
    result.text += edit.replacement;
    at = edit.span.end;
  }
  result.text += text.substr(at);
  return result;
}

}  // namespace lcr
