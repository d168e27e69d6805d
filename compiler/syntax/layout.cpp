#include "compiler/syntax/layout.h"

#include <algorithm>

namespace lcr::syntax {

namespace {

struct Item {
  int indent;
  bool flat;
  const Doc* doc;
};

// Pushes the parts of a compound, the first on top.
void expand(const Item& item, int column, std::vector<Item>& open) {
  const Doc& doc = *item.doc;
  Item inner = item;
  if (doc.kind == Doc::Kind::Nest) inner.indent += doc.amount;
  if (doc.kind == Doc::Kind::Align) inner.indent = column;
  for (auto part = doc.parts.rbegin(); part != doc.parts.rend(); ++part) {
    inner.doc = &*part;
    open.push_back(inner);
  }
}

// Whether everything up to the next possible line end fits when `first` is on one line.
bool fits(Item first, const std::vector<Item>& rest, int column, int width) {
  std::vector<Item> open = {first};
  size_t left = rest.size();
  while (column <= width) {
    if (open.empty()) {
      if (left == 0) return true;
      open.push_back(rest[--left]);
    }
    Item item = open.back();
    open.pop_back();
    switch (item.doc->kind) {
      case Doc::Kind::Text: column += width_of(item.doc->text); break;
      case Doc::Kind::Hard: return true;
      case Doc::Kind::Line:
        if (!item.flat) return true;
        column += width_of(item.doc->text);
        break;
      default: expand(item, column, open);
    }
  }
  return false;
}

void break_line(std::string& out, int indent) {
  while (!out.empty() && out.back() == ' ') out.pop_back();
  out += '\n';
  out.append(static_cast<size_t>(indent), ' ');
}

}  // namespace

Doc text(std::string_view value) { return {Doc::Kind::Text, std::string(value), 0, {}}; }
Doc line() { return {Doc::Kind::Line, " ", 0, {}}; }
Doc soft_line() { return {Doc::Kind::Line, "", 0, {}}; }
Doc hard_line() { return {Doc::Kind::Hard, "", 0, {}}; }
Doc concat(std::vector<Doc> parts) { return {Doc::Kind::Concat, "", 0, std::move(parts)}; }

namespace {

Doc wrap(Doc::Kind kind, int amount, Doc doc) {
  Doc result{kind, "", amount, {}};
  result.parts.push_back(std::move(doc));
  return result;
}

}  // namespace

Doc group(Doc doc) { return wrap(Doc::Kind::Group, 0, std::move(doc)); }
Doc nest(int amount, Doc doc) { return wrap(Doc::Kind::Nest, amount, std::move(doc)); }
Doc align(Doc doc) { return wrap(Doc::Kind::Align, 0, std::move(doc)); }

Doc fill(std::vector<Doc> items, std::string_view separator) {
  std::vector<Doc> parts;
  for (size_t i = 0; i < items.size(); ++i) {
    bool last = i + 1 == items.size();
    Doc item = last ? std::move(items[i]) : concat({std::move(items[i]), text(separator)});
    parts.push_back(i == 0 ? std::move(item) : group(concat({line(), std::move(item)})));
  }
  return align(concat(std::move(parts)));
}

std::optional<int> flat_width(const Doc& doc) {
  if (doc.kind == Doc::Kind::Hard) return std::nullopt;
  int width = width_of(doc.text);
  for (const Doc& part : doc.parts) {
    std::optional<int> inner = flat_width(part);
    if (!inner) return std::nullopt;
    width += *inner;
  }
  return width;
}

int width_of(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string print(const Doc& doc, int width) {
  std::string out;
  std::vector<Item> open = {{0, false, &doc}};
  size_t line_begin = 0;
  while (!open.empty()) {
    Item item = open.back();
    open.pop_back();
    int column = width_of(std::string_view(out).substr(line_begin));
    switch (item.doc->kind) {
      case Doc::Kind::Text: out += item.doc->text; break;
      case Doc::Kind::Line:
        if (item.flat) {
          out += item.doc->text;
          break;
        }
        [[fallthrough]];
      case Doc::Kind::Hard:
        break_line(out, item.indent);
        line_begin = out.rfind('\n') + 1;
        break;
      case Doc::Kind::Group: {
        Item inner{item.indent, true, item.doc};
        inner.flat = item.flat || fits(inner, open, column, width);
        expand(inner, column, open);
        break;
      }
      default: expand(item, column, open);
    }
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == '\n')) out.pop_back();
  return out;
}

}  // namespace lcr::syntax
