#include "compiler/server/rewrite.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/lint/patterns.h"
#include "compiler/select/glob.h"
#include "compiler/server/matches.h"

namespace lcr::server {
namespace {

Edit insert(const Analysis& analysis, uint32_t at, std::string text) { return {{analysis.file, at, at}, std::move(text)}; }

// The innermost term of a value around an offset that is no operator.
const syntax::Value* leaf_at(const syntax::Value& value, uint32_t offset, bool& optional) {
  if (offset < value.span.begin || offset > value.span.end) return nullptr;
  const std::vector<syntax::Value>* inner = nullptr;
  if (const auto* group = std::get_if<syntax::Group>(&value.node)) inner = &group->operand;
  if (const auto* operation = std::get_if<syntax::Operation>(&value.node)) inner = &operation->operands;
  if (const auto* excused = std::get_if<syntax::Optional>(&value.node)) {
    inner = &excused->operand;
    optional = true;
  }
  if (inner == nullptr) return &value;
  for (const syntax::Value& operand : *inner)
    if (const syntax::Value* found = leaf_at(operand, offset, optional)) return found;
  return nullptr;
}

std::vector<uint32_t> members(const Analysis& analysis, const Glob& glob, bool points) { return find_all(glob, analysis.model->names->of(points)); }

// Only where both match the same units of this model.
void add_glob(const Analysis& analysis, const syntax::Value& leaf, std::vector<Rewrite>& found) {
  const auto* regex = std::get_if<syntax::Regex>(&leaf.node);
  if (regex == nullptr || !analysis.model) return;
  const std::optional<AsGlob> glob = as_glob(regex->pattern);
  const Selection* selection = selection_of(analysis, leaf.span);
  if (!glob || !Glob::problem(glob->glob).empty() || selection == nullptr) return;
  const std::optional<Matches> matches = match(analysis, *selection);
  if (!matches || matches->units.empty()) return;
  std::vector<uint32_t> same = members(analysis, Glob(glob->glob), matches->points);
  std::sort(same.begin(), same.end());
  if (same != matches->units) return;
  found.push_back({fmt::format("write the path glob `{}`, which matches the same {}", glob->glob, count_words(*matches)), {{{analysis.file, leaf.span.begin, leaf.span.end}, fmt::format("`{}`", glob->glob)}}});
}

void add_expect(const Analysis& analysis, const syntax::Select& select, std::vector<Rewrite>& found) {
  const Selection* selection = selection_of(analysis, select.value.span);
  if (selection == nullptr) selection = selection_at(analysis, select.value.span.begin);
  const std::optional<Matches> matches = selection ? match(analysis, *selection) : std::nullopt;
  if (!matches) return;
  const size_t count = matches->units.size();
  if (!select.expect) found.push_back({fmt::format("add `expect {}`", count), {insert(analysis, select.value.span.end, fmt::format(" expect {}", count))}});
  else if (*select.expect != static_cast<int64_t>(count)) found.push_back({fmt::format("write `expect {}`", count), {{{analysis.file, select.value.span.end, select.expect_span.end}, fmt::format(" expect {}", count)}}});
}

}  // namespace

std::vector<Rewrite> rewrites_at(const Analysis& analysis, const syntax::Statement& statement, uint32_t offset) {
  std::vector<Rewrite> found;
  if (const auto* select = std::get_if<syntax::Select>(&statement.node)) add_expect(analysis, *select, found);
  const syntax::Value* value = selection_value(statement);
  bool optional = false;
  const syntax::Value* leaf = value ? leaf_at(*value, offset, optional) : nullptr;
  if (leaf == nullptr) return found;
  if (!optional) found.push_back({"make it `optional`", {insert(analysis, leaf->span.begin, "optional ")}});
  add_glob(analysis, *leaf, found);
  return found;
}

}  // namespace lcr::server
