#include <algorithm>

#include <fmt/format.h>

#include "compiler/import/draft.h"

namespace lcr::foreign {
namespace {

std::string uses(const Draft& draft) {
  std::string text;
  if (!draft.roles.empty()) text += fmt::format("use std.roles.{{{}}}\n", fmt::join(draft.roles, ", "));
  if (!draft.schemes.empty()) text += fmt::format("use std.schemes.{{{}}}\n", fmt::join(draft.schemes, ", "));
  return text.empty() ? text : text + "\n";
}

// The other tool takes data from the call that runs the recipe.
std::string calibrate(const Draft& draft) {
  if (!draft.needs_data) return {};
  std::string text =
      "# The other tool gets its data from the call that runs a recipe: put the path of yours here.\n"
      "calibrate {\n"
      "  data = text(\"calibration.jsonl\", samples = 512)\n"
      "  length = 2048tok\n"
      "  pick = random(seed = 42)\n";
  if (draft.layers) text += "  sequential = layer\n";
  if (draft.top_k) text += "  route = top_k\n";
  else if (draft.every_expert) text += "  route = every_expert\n";
  return text + "}\n\n";
}

// A comment in lines of at most 120 columns, of a text that may quote lines of the other tool's.
std::string comment(std::string said) {
  std::replace(said.begin(), said.end(), '\n', ' ');
  std::string_view text = said;
  std::string result;
  while (text.size() > 116) {
    const size_t space = text.rfind(' ', 116);
    if (space == std::string_view::npos || space == 0) break;
    result += fmt::format("# {}\n", text.substr(0, space));
    text.remove_prefix(space + 1);
  }
  return result + fmt::format("# {}\n", text);
}

}  // namespace

std::string write_draft(const Draft& draft, const std::string& name, const std::string& origin,
                        const std::vector<std::string>& notes) {
  std::string text =
      fmt::format("language 1\n\n## Translated from {} by `lcr import`.\nrecipe \"{}\"\n\n", origin, name);
  if (!notes.empty()) text += comment("Of the original:");
  for (const std::string& note : notes) text += comment("- " + note);
  if (!notes.empty()) text += "\n";
  text += uses(draft);
  for (const auto& [scheme, fields] : draft.own) text += fmt::format("scheme {} {}\n\n", scheme, fields);
  text += calibrate(draft);
  for (const std::string& module : draft.untied)
    text +=
        fmt::format("# The model ties these weights; the other tool unties what it changes.\nuntie `{}`\n\n", module);
  for (const std::string& rotation : draft.rotations) text += fmt::format("transform {}\n\n", rotation);
  text += "default keep\n";
  for (const DraftRule& rule : draft.rules) {
    text += "\n";
    for (const std::string& line : rule.comments) text += comment(line);
    text += rule.text + "\n";
  }
  text += fmt::format("\nexport {} {{ dir = \"out/{}\" }}\n", draft.quantizes ? "compressed_tensors" : "dense", name);
  return text;
}

}  // namespace lcr::foreign
