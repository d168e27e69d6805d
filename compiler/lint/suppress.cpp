#include "compiler/lint/suppress.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/style.h"
#include "compiler/lint/options.h"

namespace lcr {
namespace {

constexpr std::string_view space = " \t";

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(space);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

// The first line below a comment that holds something else than a comment.
uint32_t line_below(const SourceFile& file, uint32_t line) {
  while (++line <= file.line_count()) {
    const std::string_view text = trimmed(file.line(line));
    if (!text.empty() && text.front() != '#' && text != "\r") break;
  }
  return line;
}

class Reader {
 public:
  Reader(const Sources& sources, const syntax::File& file, Suppressions& result)
      : file_(sources.file(file.id)), tree_(file), result_(result) {}

  void read(const syntax::Comment& comment) {
    if (comment.doc) return;
    const std::string_view text = comment.text;
    size_t at = text.find_first_not_of(space, 1);
    constexpr std::string_view mark = "lcr:";
    if (at == std::string_view::npos || !text.substr(at).starts_with(mark)) return;
    at = std::min(text.find_first_not_of(space, at + mark.size()), text.size());
    SuppressionComment read{comment.span, comment.own_line, {}, {}};
    const std::string_view rest = text.substr(at);
    const bool whole = rest.starts_with("ignore-file[");
    const size_t open = rest.find('['), close = rest.find(']');
    if (!(whole || rest.starts_with("ignore[")) || close == std::string_view::npos) {
      read.problem = "it is written `# lcr: ignore[CODE] reason`, or `ignore-file` for the whole file";
    } else {
      read.reason = trimmed(rest.substr(close + 1));
      if (whole && !tree_.statements.empty() && comment.span.begin > tree_.statements.front().span.begin)
        read.problem = "`ignore-file` stands above the first statement";
      add_codes(comment, at + open + 1, at + close, whole);
    }
    result_.comments.push_back(std::move(read));
  }

 private:
  // The comma-separated codes of bytes [begin, end) of the comment.
  void add_codes(const syntax::Comment& comment, size_t begin, size_t end, bool whole) {
    const uint32_t own = file_.position(comment.span.begin).line;
    const uint32_t line = comment.own_line ? line_below(file_, own) : own;
    while (begin < end) {
      const size_t comma = std::min(comment.text.find(',', begin), end);
      const std::string_view name = trimmed(std::string_view(comment.text).substr(begin, comma - begin));
      const auto at = static_cast<uint32_t>(
          comment.span.begin + (name.empty() ? begin : static_cast<size_t>(name.data() - comment.text.data())));
      result_.items.push_back({{comment.span.file, at, at + static_cast<uint32_t>(std::max<size_t>(name.size(), 1))},
                               result_.comments.size(),
                               find_code(name),
                               whole,
                               line,
                               false});
      begin = comma + 1;
    }
  }

  const SourceFile& file_;
  const syntax::File& tree_;
  Suppressions& result_;
};

// Removes one code from its comment, or the comment when it is the only one.
Fix removal(const Sources& sources, const Suppressions& all, const Suppression& one) {
  const SuppressionComment& comment = all.comments[one.comment];
  const std::string_view text = sources.file(one.span).text();
  const auto siblings = std::count_if(all.items.begin(), all.items.end(),
                                      [&](const Suppression& other) { return other.comment == one.comment; });
  if (siblings > 1) {
    Span span = one.span;
    while (text[span.end] == ' ' || text[span.end] == ',') ++span.end;
    // The last of the list takes the comma before it along.
    if (text[span.end] == ']')
      while (text[span.begin - 1] == ' ' || text[span.begin - 1] == ',') --span.begin;
    return {"remove the code", Applicability::Safe, {{span, ""}}};
  }
  Span span = comment.span;
  while (span.begin > 0 && (text[span.begin - 1] == ' ' || text[span.begin - 1] == '\t')) --span.begin;
  if (comment.own_line && span.end < text.size())
    span.end =
        std::min<uint32_t>(static_cast<uint32_t>(text.find('\n', span.end)) + 1, static_cast<uint32_t>(text.size()));
  return {"remove the comment", Applicability::Safe, {{span, ""}}};
}

}  // namespace

bool Suppressions::covers(const Sources& sources, const Diagnostic& diagnostic) {
  if (info(diagnostic.code).severity == Severity::Error || diagnostic.span().file == 0) return false;
  const uint32_t line = sources.file(diagnostic.span()).position(diagnostic.span().begin).line;
  bool covered = false;
  for (Suppression& item : items) {
    const SuppressionComment& comment = comments[item.comment];
    if (item.code == nullptr || item.code->code != diagnostic.code || comment.reason.empty() ||
        !comment.problem.empty())
      continue;
    if (comment.span.file != diagnostic.span().file || (!item.whole_file && item.line != line)) continue;
    item.used = covered = true;
  }
  return covered;
}

Suppressions read_suppressions(const Sources& sources, const syntax::File& file) {
  Suppressions result;
  Reader reader(sources, file, result);
  for (const syntax::Comment& comment : file.comments) reader.read(comment);
  return result;
}

void report_suppressions(const Sources& sources, const Suppressions& suppressions, const std::set<Code>& decided,
                         Diagnostics& diagnostics) {
  for (const SuppressionComment& comment : suppressions.comments) {
    if (!comment.problem.empty())
      diagnostics.report(codes::L9005, comment.span, "this comment suppresses nothing").help(comment.problem);
    else if (comment.reason.empty())
      diagnostics.report(codes::L9004, comment.span, "this comment does not say why, and has no effect")
          .help("write the reason behind the bracket: `# lcr: ignore[CODE] reason`");
  }
  for (const Suppression& item : suppressions.items) {
    const SuppressionComment& comment = suppressions.comments[item.comment];
    if (!comment.problem.empty()) continue;
    if (item.code == nullptr) {
      const std::string word(sources.text(item.span));
      Diagnostic& diagnostic =
          diagnostics.report(codes::L9005, item.span, fmt::format("no diagnostic is called `{}`", word));
      const std::string near = nearest(word, selectors());
      if (!near.empty())
        diagnostic.help(fmt::format("did you mean `{}`?", near))
            .fix({fmt::format("write `{}`", near), Applicability::Unsafe, {{item.span, near}}});
    } else if (item.code->severity == Severity::Error) {
      diagnostics
          .report(codes::L9005, item.span,
                  fmt::format("{} is an error, and errors cannot be suppressed", item.code->id))
          .help("mend what it finds")
          .fix(removal(sources, suppressions, item));
    } else if (!item.used && !comment.reason.empty() && decided.count(item.code->code) > 0) {
      diagnostics.report(codes::L9001, item.span, fmt::format("nothing here is {} {}", item.code->id, item.code->name))
          .help("remove it, so that it does not hide the next one")
          .fix(removal(sources, suppressions, item));
    }
  }
}

}  // namespace lcr
