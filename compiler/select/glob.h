#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "compiler/select/name_tree.h"

namespace lcr {

// One `.`-separated segment of a path glob: literals, `*`, `{a,b}` and `{0..3}`.
class GlobSegment {
 public:
  // Empty when `text` is well formed, else what is wrong with it.
  static std::string problem(std::string_view text);
  explicit GlobSegment(std::string_view text);

  const std::string& text() const { return text_; }
  bool any_depth() const { return any_depth_; }  // `**`
  bool matches(std::string_view segment) const;

 private:
  struct Star {};
  struct Range {
    int64_t low, high;
  };
  using Alternative = std::variant<std::string, Range>;
  using Piece = std::variant<std::string, Star, std::vector<Alternative>>;
  static void accept(const Alternative& alternative, std::string_view rest, size_t from, std::vector<bool>& ends);

  std::string text_;
  bool any_depth_ = false;
  std::vector<Piece> pieces_;
};

// A path glob: `*` within a segment, `**` for zero or more segments; always the whole name. At most 62 segments.
struct Glob {
  std::vector<GlobSegment> segments;

  // Empty when well formed.
  static std::string problem(std::string_view pattern);
  explicit Glob(std::string_view pattern);
  explicit Glob(std::vector<GlobSegment> parts) : segments(std::move(parts)) {}
  std::string text() const;
};

// The units whose names match, in the order of the tree.
std::vector<uint32_t> find_all(const Glob& glob, const NameTree& tree);
// Whether one name matches, without a tree.
bool matches(const Glob& glob, std::string_view name);

// How far a glob that matches nothing gets: the first segment that no name continues with, and the segments that
// names do continue with there.
struct GlobStop {
  size_t segment = 0;  // into Glob::segments; all of them: names go on where the pattern ends
  std::vector<std::string> continuations;
};
GlobStop furthest(const Glob& glob, const NameTree& tree);

}  // namespace lcr
