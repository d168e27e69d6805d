#include <fmt/format.h>

#include "compiler/diagnostics/codes/names.h"
#include "compiler/recipe/scope.h"

namespace lcr::binding {
namespace {

using syntax::FileKind;

constexpr unsigned bit(FileKind kind) { return 1u << unsigned(kind); }
constexpr unsigned recipe = bit(FileKind::Recipe), preset = bit(FileKind::Preset), library = bit(FileKind::Library),
                   architecture = bit(FileKind::Architecture), serving = bit(FileKind::Serving),
                   machine = bit(FileKind::Machine);

// The word of a statement and the kinds of file that it may stand in.
struct Place {
  std::string_view word;
  unsigned kinds;
};

struct PlaceOf {
  Place operator()(const syntax::Use&) const { return {"use", recipe | preset | library | architecture | serving}; }
  Place operator()(const syntax::Select&) const { return {"select", recipe | preset | library | serving}; }
  Place operator()(const syntax::Param&) const { return {"param", recipe | preset}; }
  Place operator()(const syntax::Scheme&) const { return {"scheme", recipe | preset | library}; }
  Place operator()(const syntax::Method&) const { return {"method", recipe | preset | library}; }
  Place operator()(const syntax::Extends&) const { return {"extends", recipe | preset}; }
  Place operator()(const syntax::Dequantize&) const { return {"dequantize", recipe | preset}; }
  Place operator()(const syntax::Untie&) const { return {"untie", recipe | preset}; }
  Place operator()(const syntax::Transform&) const { return {"transform", recipe | preset}; }
  Place operator()(const syntax::Keep&) const { return {"keep", recipe | preset}; }
  Place operator()(const syntax::Quantize&) const { return {"quantize", recipe | preset}; }
  Place operator()(const syntax::Prune&) const { return {"prune", recipe | preset}; }
  Place operator()(const syntax::Default&) const { return {"default", recipe | preset}; }
  Place operator()(const syntax::Calibrate&) const { return {"calibrate", recipe | preset}; }
  Place operator()(const syntax::Budget&) const { return {"budget", recipe | preset}; }
  Place operator()(const syntax::Serve&) const { return {"serve", recipe | preset}; }
  Place operator()(const syntax::Schedule&) const { return {"schedule", recipe | machine}; }
  Place operator()(const syntax::Export&) const { return {"export", recipe}; }
  Place operator()(const syntax::Part&) const { return {"part", architecture}; }
  Place operator()(const syntax::Config&) const { return {"config", architecture}; }
  Place operator()(const syntax::Block&) const { return {"block", architecture | library}; }
  Place operator()(const syntax::Model&) const { return {"model", architecture}; }
  Place operator()(const syntax::Tie&) const { return {"tie", architecture}; }
  Place operator()(const syntax::Copy& copy) const { return {copy.drop ? "drop" : "copy", architecture}; }
  Place operator()(const syntax::Names&) const { return {"names", architecture}; }
  Place operator()(const syntax::Fused&) const { return {"fused", architecture}; }
  Place operator()(const syntax::Layout&) const { return {"layout", architecture}; }
  Place operator()(const syntax::Accept&) const { return {"accept", serving}; }
  Place operator()(const syntax::Require&) const { return {"require", serving}; }
};

}  // namespace

std::string_view name_of(FileKind kind) {
  switch (kind) {
    case FileKind::None: return "file";
    case FileKind::Recipe: return "recipe";
    case FileKind::Preset: return "preset";
    case FileKind::Library: return "library";
    case FileKind::Architecture: return "architecture";
    case FileKind::Serving: return "serving";
    case FileKind::Machine: return "machine";
  }
  return {};
}

bool belongs(const syntax::Statement& statement, FileKind kind) {
  return std::visit(PlaceOf{}, statement.node).kinds & bit(kind);
}

void report_misplaced(Binder& binder, const syntax::Statement& statement, FileKind kind) {
  Place place = std::visit(PlaceOf{}, statement.node);
  std::vector<std::string> homes;
  for (FileKind home : {FileKind::Recipe, FileKind::Preset, FileKind::Library, FileKind::Architecture,
                        FileKind::Serving, FileKind::Machine}) {
    if (place.kinds & bit(home)) homes.emplace_back(name_of(home));
  }
  Span head{statement.span.file, statement.span.begin, statement.span.begin + uint32_t(place.word.size())};
  if (statement.overriding) head = statement.span;
  binder.report(codes::L2002, head, fmt::format("`{}` stands in a {} file", place.word, name_of(kind)))
      .help(fmt::format("files of this kind hold it: {}", alternatives(homes)));
}

}  // namespace lcr::binding
