#include <fmt/core.h>

#include "compiler/syntax/format_parts.h"

namespace lcr::syntax {

namespace {

Row field_row(Margin& margin, const Field& field) {
  Row row;
  row.kind = kFieldRow;
  row.remarks = margin.begin(field.span.begin);
  row.hang = static_cast<int>(field.relation.size()) - 1;
  Doc value = format_value(margin, field.value);
  if (field.over) value = concat({std::move(value), text(" over "), format_value(margin, *field.over)});
  row.cells = {text(field.name.text), concat({text(field.relation + " "), std::move(value)})};
  margin.end(field.span.end, row.remarks);
  return row;
}

std::string place_head(const Place& place) {
  switch (place.kind) {
    case Place::Kind::Host: return "host";
    case Place::Kind::Disk: return "disk " + quote(place.path->text);
    case Place::Kind::Device: break;
  }
  std::string ids;
  for (const Range& range : place.ids) {
    if (!ids.empty()) ids += ", ";
    ids += range.single ? fmt::format("{}", range.first) : fmt::format("{}..{}", range.first, range.last);
    if (range.step != 1) ids += fmt::format(" by {}", range.step);
  }
  return "device " + place.device->text + (ids.empty() ? "" : "(" + ids + ")");
}

Row place_row(Margin& margin, const Place& place) {
  Row row;
  row.kind = kPlaceRow;
  row.remarks = margin.begin(place.span.begin);
  std::string head = place_head(place);
  // The braces are the second cell, so the head only counts for the decision whether they fit on the line.
  Doc braces = format_fields(margin, text(""), place.fields, kIndent + width_of(head));
  row.cells = {text(head), std::move(braces)};
  margin.end(place.span.end, row.remarks);
  return row;
}

}  // namespace

Doc format_fields(Margin& margin, Doc head, const Fields& fields, int indent) {
  return brace(margin, {std::move(head), fields.span.begin, fields.span.end - 1, indent}, fields.fields.size(),
               [&](size_t i) { return field_row(margin, fields.fields[i]); });
}

Doc format_schedule(Margin& margin, const Schedule& schedule, Span span) {
  uint32_t open = margin.next_sign(span.begin + static_cast<uint32_t>(std::string_view("schedule").size()));
  return brace(margin, {text("schedule"), open, span.end - 1, 0}, schedule.items.size(), [&](size_t i) {
    if (const Place* place = std::get_if<Place>(&schedule.items[i])) return place_row(margin, *place);
    return field_row(margin, std::get<Field>(schedule.items[i]));
  });
}

}  // namespace lcr::syntax
