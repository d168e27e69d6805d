#include <algorithm>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/names.h"
#include "compiler/diagnostics/codes/precision.h"
#include "compiler/recipe/precisions.h"
#include "compiler/recipe/values.h"

namespace lcr::binding {
namespace {

constexpr int64_t largest_area = 1 << 20;

// The limit keeps products of extents far from overflow; no weight has groups or blocks of that size.
std::optional<int64_t> read_extent(Binder& binder, Scope& scope, const syntax::Value& value, std::string_view what) {
  std::optional<int64_t> count = read_count(binder, scope, value, what);
  if (!count) return std::nullopt;
  if (*count >= 1 && *count <= largest_area) return count;
  report_range(binder, value, what, fmt::format("between 1 and {}", largest_area));
  return std::nullopt;
}

// tensor, channel, token, head, group(N), block(R, C)
bool read_per(Binder& binder, Scope& scope, const syntax::Value& value, FormatDraft& draft) {
  const syntax::Call* call = as_call(value);
  std::optional<Per> per = call ? per_named(call->name.text) : std::nullopt;
  if (!per) {
    std::vector<std::string> words = {"tensor", "channel", "token", "head", "group", "block"};
    if (!call) {
      report_type(binder, value, "`per`", "the area of one scale")
          .help("for example `per = channel` or `per = group(128)`");
    } else {
      suggest(binder.report(codes::L2032, call->name.span, fmt::format("there is no area `{}`", call->name.text)),
              call->name.text, words);
    }
    return false;
  }
  size_t wanted = *per == Per::Group ? 1 : *per == Per::Block ? 2 : 0;
  bool named = std::any_of(call->arguments.begin(), call->arguments.end(),
                           [](const syntax::Argument& argument) { return argument.name.has_value(); });
  if (call->arguments.size() != wanted || named || (wanted == 0 && call->called)) {
    std::string form = wanted == 1 ? "group(N)" : wanted == 2 ? "block(R, C)" : call->name.text;
    binder
        .report(codes::L2026, value.span,
                fmt::format("`{}` is written with {} plain {}", call->name.text, wanted,
                            wanted == 1 ? "number" : "numbers"))
        .help(fmt::format("write `{}`", form));
    return false;
  }
  std::vector<int64_t> extents;
  for (const syntax::Argument& argument : call->arguments) {
    std::optional<int64_t> extent =
        read_extent(binder, scope, argument.value.front(), fmt::format("the size of a {}", call->name.text));
    if (!extent) return false;
    extents.push_back(*extent);
  }
  draft.per = *per;
  if (*per == Per::Group) draft.group = extents[0];
  if (*per == Per::Block) draft.block_rows = extents[0], draft.block_columns = extents[1];
  return true;
}

// One field into the draft; false after a report. Whether it may stand there is checked on the whole format.
bool read_field(Binder& binder, Scope& scope, const std::string& name, const syntax::Value& value, FormatDraft& draft) {
  if (name == "per") return read_per(binder, scope, value, draft);
  if (name == "symmetric") return (draft.symmetric = read_bool(binder, value, "`symmetric`")).has_value();
  if (name == "dynamic") return (draft.dynamic = read_bool(binder, value, "`dynamic`")).has_value();
  if (name == "global") return draft.global = read_word(binder, value, {"static"}, "`global`").has_value();
  std::optional<std::string> word = read_word(binder, value, {"e4m3", "e8m0", "f32", "bf16", "f16"}, "`scale`");
  if (word) draft.scale = scale_named(*word);
  return word.has_value();
}

// Where a fault is shown: at its field, or at the constructor when the field is missing.
struct FieldSpans {
  std::map<std::string, Span> spans;
  Span whole;
  Span operator()(std::string_view field) const {
    auto found = spans.find(std::string(field));
    return found == spans.end() ? whole : found->second;
  }
};

// All fields of one constructor. False after a report: rules over a format that was read in part would mislead.
bool read_draft(Binder& binder, Scope& scope, const syntax::Call& call, FormatDraft& draft, FieldSpans& spans) {
  bool fine = true;
  for (const syntax::Argument& argument : call.arguments) {
    const syntax::Value& value = argument.value.front();
    if (!argument.name) {
      binder.report(codes::L2027, value.span, "a field of a format is given without its name")
          .help(fmt::format("write `{}(per = ...)`", call.name.text));
      fine = false;
      continue;
    }
    const std::string& name = argument.name->text;
    const std::vector<std::string>& known = format_field_names();
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      suggest(
          binder.report(codes::L4002, argument.name->span, fmt::format("`{}` has no field `{}`", call.name.text, name)),
          name, known);
      fine = false;
    } else if (!spans.spans.try_emplace(name, argument.name->span.cover(value.span)).second) {
      binder.report(codes::L2021, argument.name->span, fmt::format("`{}` is said twice", name))
          .label(spans(name), "first here");
      fine = false;
    } else {
      fine &= read_field(binder, scope, name, value, draft);
    }
  }
  return fine;
}

}  // namespace

std::optional<Format> read_format(Binder& binder, Scope& scope, const syntax::Value& value, FormatPlace place) {
  std::optional<Located> found =
      follow(binder, scope, value, ValueType::Precision, fmt::format("`{}`", name_of(place)));
  if (!found) return std::nullopt;
  const syntax::Call* call = as_call(*found->value);
  std::optional<FormatDraft> draft = call ? constructor(call->name.text) : std::nullopt;
  if (!draft) {
    Diagnostic& diagnostic =
        binder.report(codes::L4001, found->value->span,
                      call ? fmt::format("there is no format `{}`", call->name.text)
                           : fmt::format("a format is needed, and this is {}", describe(*found->value)));
    if (call)
      suggest(diagnostic, call->name.text, constructor_names());
    else
      diagnostic.help("for example `int4(per = group(128), symmetric = true)`");
    return std::nullopt;
  }
  FieldSpans spans;
  spans.whole = call->name.span;
  if (!read_draft(binder, *found->scope, *call, *draft, spans)) return std::nullopt;
  std::vector<FormatFault> faults = check(*draft, place);
  for (FormatFault& fault : faults) {
    binder.report(fault.code, spans(fault.field), std::move(fault.message)).help(std::move(fault.help));
  }
  if (!faults.empty()) return std::nullopt;
  return finish(*draft);
}

}  // namespace lcr::binding
