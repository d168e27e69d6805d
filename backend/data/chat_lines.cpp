#include <fmt/format.h>

#include "backend/data/chat_mask.h"
#include "backend/data/conversation.h"
#include "backend/data/picked_lines.h"
#include "backend/data/row_source.h"
#include "backend/data/text_encoding.h"
#include "compiler/diagnostics/codes/evaluate.h"

namespace lcr {
namespace {

constexpr std::string_view kElsewhere = "render and tokenize the conversations elsewhere and give them with `tokens(...)`";

// chat(...) of a JSONL file: one conversation a line. Templates write the special tokens themselves.
class ChatLines : public RowSource {
 public:
  ChatLines(const CalibrationSource& source, SourceContext& context, std::unique_ptr<PickedLines> lines, ModelTemplate model)
      : source_(source), context_(context), lines_(std::move(lines)), model_(std::move(model)) {}

  std::optional<std::vector<CalibrationRow>> next(size_t count) override {
    std::vector<MarkedText> marked;
    std::vector<LinePlace> places;
    while (marked.size() < count) {
      auto line = lines_->next();
      if (!line && lines_->failed()) return std::nullopt;
      if (!line) break;
      MarkedText text;
      if (!write(*line, text)) return std::nullopt;
      marked.push_back(std::move(text));
      places.push_back(line->place);
    }
    std::vector<CalibrationRow> rows;
    if (!encode(marked, places, rows)) return std::nullopt;
    if (source_.mask == "assistant") mark_tokens(marked, context_.tokenizer, context_.options.threads, rows);
    return rows;
  }

 private:
  Diagnostic& report(Code code, const LinePlace& place, std::string message) {
    return context_.diagnostics.report(code, std::move(message)).with("file", source_.path).with("line", static_cast<int64_t>(place.number));
  }

  bool write(const Line& line, MarkedText& text) {
    Conversation conversation;
    std::string wrong;
    if (!read_conversation(json_, line.text, source_.field, conversation, wrong)) {
      report_broken_row(line.place, source_.path, wrong,
                        fmt::format("{{\"{}\": [{{\"role\": \"user\", \"content\": \"...\"}}, ...]}}", source_.field), context_.diagnostics);
      return false;
    }
    if (conversation.messages.empty()) return true;
    chat::Rendering rendering;
    chat::TemplateProblem problem;
    std::string place = place_text(line.place, source_.path);
    if (!render(model_, conversation, conversation.messages.size(), false, rendering, problem)) {
      report(codes::L8024, line.place, fmt::format("the chat template {} {}: {}", problem.refused ? "refuses" : "fails on", place, problem.message))
          .note(fmt::format("line {}, column {} of the chat template of `{}`", problem.line, problem.column, model_.name))
          .help(std::string(kElsewhere));
      return false;
    }
    size_t message = 0;
    if (source_.mask == "assistant" && !find_assistant(model_, conversation, rendering, text.ranges, message)) {
      report(codes::L8025, line.place, fmt::format("it cannot be told what the assistant says in message {} of {}", message + 1, place))
          .note(fmt::format("the chat template of `{}` has no `generation` blocks and writes messages otherwise when others follow", model_.name))
          .help("give a template with `{% generation %}` blocks, or say `mask = all`");
      return false;
    }
    text.text = std::move(rendering.text);
    return true;
  }

  bool encode(const std::vector<MarkedText>& marked, const std::vector<LinePlace>& places, std::vector<CalibrationRow>& rows) {
    std::vector<std::string_view> texts;
    for (const MarkedText& each : marked) texts.push_back(each.text);
    std::vector<EncodedText> encoded = encode_texts(texts, context_.tokenizer, false, context_.options.threads);
    for (size_t i = 0; i < encoded.size(); ++i) {
      std::string place = place_text(places[i], source_.path);
      if (!encoded[i].problem.empty()) {
        report(codes::L8003, places[i], fmt::format("{} cannot be tokenized: {}", place, encoded[i].problem));
        return false;
      }
      rows.push_back({{encoded[i].ids.begin(), encoded[i].ids.end()}, {}});
      if (!context_.check_ids(rows.back().ids, place)) return false;
    }
    return true;
  }

  const CalibrationSource& source_;
  SourceContext& context_;
  std::unique_ptr<PickedLines> lines_;
  ModelTemplate model_;
  JsonLine json_;
};

}  // namespace

std::unique_ptr<RowSource> open_chat_lines(const CalibrationSource& source, SourceContext& context) {
  if (!context.need_tokenizer()) return nullptr;
  auto model = load_model_template(source.template_, context.model_dir, context.diagnostics);
  if (!model) return nullptr;
  auto lines = PickedLines::open(source.path, context.request, context.diagnostics);
  if (!lines) return nullptr;
  return std::make_unique<ChatLines>(source, context, std::move(lines), std::move(*model));
}

}  // namespace lcr
