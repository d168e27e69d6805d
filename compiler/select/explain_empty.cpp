#include <algorithm>

#include <fmt/format.h>

#include "compiler/select/evaluate.h"
#include "compiler/select/regex.h"

namespace lcr {
namespace {

// The pattern with its failing segment replaced by the existing one that is nearest, when that matches something.
std::string mended(const Glob& glob, const NameTree& tree) {
  std::vector<GlobSegment> parts = glob.segments;
  // Each round mends the first segment that no name has; two slips in one name are still found.
  for (int round = 0; round < 3; ++round) {
    const GlobStop stop = furthest(Glob(parts), tree);
    if (stop.segment >= parts.size() || parts[stop.segment].any_depth()) return {};
    const std::string near = nearest(parts[stop.segment].text(), stop.continuations);
    if (near.empty() || near == parts[stop.segment].text() || !GlobSegment::problem(near).empty()) return {};
    parts[stop.segment] = GlobSegment(near);
    if (!find_all(Glob(parts), tree).empty()) return Glob(parts).text();
  }
  return {};
}

// The pattern behind another prefix, or without its own: `lm_head` for `language_model.lm_head` and the other way.
std::string moved(const Glob& glob, const NameTree& tree, const std::vector<std::string_view>& names) {
  for (size_t dropped = 0; dropped < std::min<size_t>(glob.segments.size(), 4); ++dropped) {
    std::vector<GlobSegment> rest(glob.segments.begin() + static_cast<std::ptrdiff_t>(dropped), glob.segments.end());
    if (rest.front().any_depth()) continue;
    if (dropped > 0 && !find_all(Glob(rest), tree).empty()) return Glob(rest).text();
    std::vector<GlobSegment> anywhere = {GlobSegment("**")};
    anywhere.insert(anywhere.end(), rest.begin(), rest.end());
    const std::vector<uint32_t> found = find_all(Glob(anywhere), tree);
    if (found.empty()) continue;
    // Only a prefix that all matches share can be written out.
    const bool fixed_depth = std::none_of(rest.begin(), rest.end(), [](const GlobSegment& s) { return s.any_depth(); });
    std::string prefix;
    for (size_t i = 0; i < found.size() && fixed_depth; ++i) {
      const std::string_view name = names[found[i]];
      size_t at = name.size() + 1;
      for (size_t segment = 0; segment < rest.size(); ++segment) at = name.rfind('.', at - 2) + 1;
      const std::string here(name.substr(0, at));
      if (i > 0 && here != prefix) return Glob(anywhere).text();
      prefix = here;
    }
    return fixed_depth ? prefix + Glob(rest).text() : Glob(anywhere).text();
  }
  return {};
}

}  // namespace

void explain_empty(Diagnostic& diagnostic, const Glob& glob, const NameTree& tree,
                   const std::vector<std::string_view>& names) {
  std::string suggestion = mended(glob, tree);
  if (suggestion.empty()) suggestion = moved(glob, tree, names);
  if (!suggestion.empty()) {
    diagnostic.help(fmt::format("did you mean `{}`?", suggestion));
    diagnostic.with("suggestion", suggestion);
    return;
  }
  const GlobStop stop = furthest(glob, tree);
  if (stop.segment >= glob.segments.size()) {
    diagnostic.help(fmt::format("names go on where the pattern ends: write `{}.**` for everything below", glob.text()));
    return;
  }
  const std::string& wanted = glob.segments[stop.segment].text();
  const std::vector<std::string> near = nearest_few(wanted, stop.continuations, 5);
  if (!near.empty()) diagnostic.note(fmt::format("in place of `{}` names have `{}`", wanted, fmt::join(near, "`, `")));
}

void explain_empty_regex(Diagnostic& diagnostic, std::string_view pattern, const std::vector<std::string_view>& names) {
  const NameRegex loose(pattern, NameRegex::Anchor::None);
  size_t count = 0;
  std::string_view example;
  for (std::string_view name : names) {
    const NameRegex::Result result = loose.match(name);
    if (result == NameRegex::Result::TooExpensive) break;
    if (result == NameRegex::Result::Yes && count++ == 0) example = name;
  }
  diagnostic.note("a regular expression must match the whole name");
  if (count > 0)
    diagnostic.help(
        fmt::format("it matches a part of {} names, such as `{}`: write `.*` where names go on", count, example));
}

}  // namespace lcr
