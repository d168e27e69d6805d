#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "compiler/diagnostics/render.h"
#include "compiler/diagnostics/source_line.h"

namespace lcr {

namespace {

struct Style {
  std::string_view severity, primary, gutter, bold, reset;
  std::string_view arrow, other_file, bar, item;
};

Style style_of(Severity severity, const RenderOptions& options) {
  Style style{};
  if (options.color) {
    style.primary = severity == Severity::Error     ? "\x1b[1;31m"
                    : severity == Severity::Warning ? "\x1b[1;33m"
                                                    : "\x1b[1;36m";
    style.severity = style.primary;
    style.gutter = "\x1b[1;34m";
    style.bold = "\x1b[1m";
    style.reset = "\x1b[0m";
  }
  style.arrow = options.unicode ? "┌─" : "-->";
  style.other_file = options.unicode ? "├─" : ":::";
  style.bar = options.unicode ? "│" : "|";
  style.item = "=";
  return style;
}

// A label on one line: the part of its span that this line holds, in terminal columns.
struct Mark {
  const Label* label;
  size_t begin;
  size_t end;
  std::string text;
};

struct MarkedLine {
  std::string shown;
  std::vector<Mark> marks;
};

// Spans clipped to the text, and multi-line ones to their first line.
Span clip(const SourceFile& file, Span span) {
  auto size = static_cast<uint32_t>(file.text().size());
  span.begin = std::min(span.begin, size);
  span.end = std::clamp(span.end, span.begin, size);
  return span;
}

using Lines = std::map<uint32_t, std::vector<const Label*>>;

Lines lines_of(const Sources& sources, const Diagnostic& diagnostic, uint32_t file) {
  Lines result;
  for (const Label& label : diagnostic.labels) {
    if (label.span.file != file) continue;
    Span span = clip(sources.file(file), label.span);
    result[sources.file(file).position(span.begin).line].push_back(&label);
  }
  return result;
}

MarkedLine mark_line(const SourceFile& file, uint32_t number, const std::vector<const Label*>& labels) {
  std::string_view text = file.line(number);
  uint32_t start = file.line_start(number);
  size_t focus = labels.empty() ? 0 : clip(file, labels[0]->span).begin - start;
  SourceLine line(text, focus);
  MarkedLine result{line.shown(), {}};
  for (const Label* label : labels) {
    Span span = clip(file, label->span);
    size_t begin = line.column(span.begin - start);
    size_t end = line.column(std::min<size_t>(span.end - start, text.size()));
    Mark mark{label, begin, std::max(end, begin + 1), label->text};
    uint32_t last = file.position(span.end > span.begin ? span.end - 1 : span.end).line;
    if (last > number) mark.text += fmt::format("{}(to line {})", mark.text.empty() ? "" : " ", last);
    result.marks.push_back(std::move(mark));
  }
  std::stable_sort(result.marks.begin(), result.marks.end(),
                   [](const Mark& a, const Mark& b) { return a.begin < b.begin; });
  return result;
}

class Frame {
 public:
  Frame(const Sources& sources, const Diagnostic& diagnostic, const RenderOptions& options)
      : sources_(sources), diagnostic_(diagnostic), style_(style_of(diagnostic.severity, options)) {}

  std::string draw();

 private:
  void draw_file(uint32_t file, bool first);
  void draw_line(const SourceFile& file, uint32_t number, const std::vector<const Label*>& labels);
  void draw_marks(const std::vector<Mark>& marks);
  void draw_texts(std::vector<Mark> marks);
  void draw_item(std::string_view kind, std::string_view text);
  void gutter(std::string_view number);

  const Sources& sources_;
  const Diagnostic& diagnostic_;
  Style style_;
  size_t gutter_ = 1;
  std::string out_;
};

std::string Frame::draw() {
  out_ = fmt::format("{}{}[{}]{}{}: {}{}\n", style_.severity, severity_name(diagnostic_.severity),
                     info(diagnostic_.code).id, style_.reset, style_.bold, diagnostic_.message, style_.reset);
  std::vector<uint32_t> files;
  // The file of the primary label comes first.
  if (diagnostic_.span().file != 0) files.push_back(diagnostic_.span().file);
  for (const Label& label : diagnostic_.labels) {
    uint32_t file = label.span.file;
    if (file != 0 && std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
  }
  for (uint32_t file : files) {
    uint32_t last = lines_of(sources_, diagnostic_, file).rbegin()->first;
    gutter_ = std::max(gutter_, std::to_string(last).size());
  }
  for (size_t i = 0; i < files.size(); ++i) draw_file(files[i], i == 0);
  for (const std::string& note : diagnostic_.notes) draw_item("note", note);
  for (const std::string& help : diagnostic_.helps) draw_item("help", help);
  return std::move(out_);
}

void Frame::gutter(std::string_view number) {
  out_ += fmt::format("{}{:>{}} {}{}", style_.gutter, number, gutter_, style_.bar, style_.reset);
}

void Frame::draw_file(uint32_t file, bool first) {
  const SourceFile& source = sources_.file(file);
  Lines lines = lines_of(sources_, diagnostic_, file);
  const Label* named = lines.begin()->second[0];
  for (const Label& label : diagnostic_.labels) {
    if (label.primary && label.span.file == file) named = &label;
  }
  Position position = source.position(named->span.begin);
  out_ += fmt::format("{:{}}{}{}{} {}:{}:{}\n", "", gutter_, style_.gutter, first ? style_.arrow : style_.other_file,
                      style_.reset, source.name(), position.line, position.column);
  gutter("");
  out_ += '\n';
  uint32_t previous = 0;
  for (const auto& [number, labels] : lines) {
    // One line between two is shown, more are left out.
    if (previous != 0 && number == previous + 2) draw_line(source, previous + 1, {});
    if (previous != 0 && number > previous + 2) out_ += fmt::format("{}...{}\n", style_.gutter, style_.reset);
    draw_line(source, number, labels);
    previous = number;
  }
}

void Frame::draw_line(const SourceFile& file, uint32_t number, const std::vector<const Label*>& labels) {
  MarkedLine line = mark_line(file, number, labels);
  gutter(std::to_string(number));
  out_ += line.shown.empty() ? "\n" : fmt::format(" {}\n", line.shown);
  if (!line.marks.empty()) draw_marks(line.marks);
}

// One row with all marks and the text of the last; the other texts hang below, the rightmost first.
void Frame::draw_marks(const std::vector<Mark>& marks) {
  gutter("");
  out_ += ' ';
  std::string row(marks.back().end, ' ');
  for (const Mark& mark : marks) row.resize(std::max(row.size(), mark.end), ' ');
  for (bool primary : {false, true}) {
    for (const Mark& mark : marks) {
      if (mark.label->primary == primary)
        row.replace(mark.begin, mark.end - mark.begin, mark.end - mark.begin, primary ? '^' : '-');
    }
  }
  out_ += fmt::format("{}{}{}", style_.primary, row, style_.reset);
  // A mark that reaches beyond the last one leaves no room for its text.
  bool room = marks.back().end == row.size();
  if (room && !marks.back().text.empty()) out_ += " " + marks.back().text;
  out_ += '\n';
  std::vector<Mark> hanging(marks.begin(), room ? marks.end() - 1 : marks.end());
  std::erase_if(hanging, [](const Mark& mark) { return mark.text.empty(); });
  draw_texts(std::move(hanging));
}

void Frame::draw_texts(std::vector<Mark> marks) {
  while (!marks.empty()) {
    Mark mark = std::move(marks.back());
    marks.pop_back();
    std::string row;
    for (const Mark& other : marks) {
      if (other.begin < row.size()) continue;
      row.resize(other.begin, ' ');
      row += '|';
    }
    if (row.size() > mark.begin) row.resize(mark.begin);
    row.resize(mark.begin, ' ');
    gutter("");
    out_ += fmt::format(" {}{}\n", row, mark.text);
  }
}

void Frame::draw_item(std::string_view kind, std::string_view text) {
  out_ += fmt::format("{:{}} {}{}{} {}{}:{} ", "", gutter_, style_.gutter, style_.item, style_.reset, style_.bold, kind,
                      style_.reset);
  // Further lines of the text stand under its first one.
  std::string indent(gutter_ + 5 + kind.size(), ' ');
  for (char c : text) {
    out_ += c;
    if (c == '\n') out_ += indent;
  }
  out_ += '\n';
}

}  // namespace

std::string render_full(const Sources& sources, const Diagnostic& diagnostic, const RenderOptions& options) {
  return Frame(sources, diagnostic, options).draw();
}

}  // namespace lcr
