#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lcr::syntax {

// A text with places where it may be broken, after Wadler, "A prettier printer" (1999). The printer breaks the
// outermost groups that do not fit, nothing else.
struct Doc {
  enum class Kind {
    Text,
    Line,    // `text` when its group is on one line, else a line end
    Hard,    // always a line end
    Concat,
    Group,   // its Lines are broken all or none
    Nest,    // lines inside begin `amount` further right
    Align,   // lines inside begin where it begins
  };
  Kind kind = Kind::Concat;
  std::string text;
  int amount = 0;
  std::vector<Doc> parts;
};

Doc text(std::string_view value);
Doc line();       // a space or a line end
Doc soft_line();  // nothing or a line end
Doc hard_line();
Doc concat(std::vector<Doc> parts);
Doc group(Doc doc);
Doc nest(int amount, Doc doc);
Doc align(Doc doc);

// `a, b, c`: as many on each line as fit, further lines begin where the first item does.
Doc fill(std::vector<Doc> items, std::string_view separator = ",");

// Width on one line in code points; none when the text must be broken.
std::optional<int> flat_width(const Doc& doc);
int width_of(std::string_view text);

// Lines have no trailing spaces.
std::string print(const Doc& doc, int width);

}  // namespace lcr::syntax
