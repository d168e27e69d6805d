#include "backend/data/calibration.h"

#include <algorithm>

#include <fmt/format.h>
#include <xxhash.h>

#include "backend/data/row_source.h"
#include "compiler/diagnostics/codes/evaluate.h"

namespace lcr {
namespace {

// Rows that are read, and texts that are encoded, at a time.
constexpr int64_t kBatch = 256;

using Report = CalibrationSet::SourceReport;

int64_t size_of(const CalibrationRow& row) { return static_cast<int64_t>(row.ids.size()); }

bool counts(const CalibrationRow& row) {
  return row.counted.empty() || std::find(row.counted.begin(), row.counted.end(), true) != row.counted.end();
}

void cut(CalibrationRow& row, int64_t length) {
  row.ids.resize(static_cast<size_t>(length));
  if (!row.counted.empty()) row.counted.resize(static_cast<size_t>(length));
}

// Makes what one source gives, row by row.
class Fitting {
 public:
  Fitting(const CalibrationRequest& request, Report& report, std::vector<CalibrationRow>& rows)
      : request_(request), report_(report), rows_(rows) {}

  void add(CalibrationRow row) {
    int64_t tokens = size_of(row), over = std::max<int64_t>(0, tokens - request_.length);
    if (tokens > 0 && over > 0 && request_.fit == "truncate") cut(row, request_.length);
    if (tokens == 0 || (over > 0 && request_.fit == "skip") || !counts(row)) {
      ++report_.skipped;
      report_.tokens_dropped += tokens;
      return;
    }
    ++report_.samples;
    if (request_.fit == "pack") return pack(row);
    report_.tokens_cut += tokens - size_of(row);
    keep(std::move(row));
  }

  // What fills no window any more.
  void finish() {
    report_.tokens_dropped += size_of(window_);
    window_ = {};
  }

 private:
  void keep(CalibrationRow row) {
    report_.tokens_kept += size_of(row);
    rows_.push_back(std::move(row));
  }

  void pack(const CalibrationRow& row) {
    for (size_t i = 0; i < row.ids.size(); ++i) {
      window_.ids.push_back(row.ids[i]);
      if (!row.counted.empty()) window_.counted.push_back(row.counted[i]);
      if (size_of(window_) < request_.length) continue;
      if (counts(window_)) keep(std::move(window_));
      else report_.tokens_dropped += request_.length;
      window_ = {};
    }
  }

  const CalibrationRequest& request_;
  Report& report_;
  std::vector<CalibrationRow>& rows_;
  CalibrationRow window_;
};

bool report_few(const CalibrationRequest& request, const CalibrationSource& source, const Report& report, Diagnostics& diagnostics) {
  Diagnostic& diagnostic =
      diagnostics
          .report(codes::L8020, fmt::format("`{}` has {} rows that can be used, and `samples` is {}", source.path, report.samples, source.samples))
          .help(report.samples > 0 ? fmt::format("say `samples = {}`, or give more data", report.samples) : "give more data")
          .with("file", source.path)
          .with("rows", report.samples)
          .with("samples", source.samples);
  if (report.skipped > 0)
    diagnostic.note(fmt::format("{} more rows are empty{}{}", report.skipped,
                                request.fit == "skip" ? fmt::format(" or longer than {} tokens", request.length) : "",
                                source.mask == "assistant" ? ", or no token of an assistant is left in them" : ""));
  return false;
}

bool add_source(const CalibrationSource& source, SourceContext& context, CalibrationSet& set) {
  auto rows = open_source(source, context);
  if (!rows) return false;
  const CalibrationRequest& request = context.request;
  Report report{.path = source.path};
  size_t before = set.rows.size();
  Fitting fitting(request, report, set.rows);
  while (report.samples < source.samples) {
    // Never more than are still wanted: what was read and not used would be neither checked nor counted.
    auto batch = rows->next(static_cast<size_t>(std::min(kBatch, source.samples - report.samples)));
    if (!batch) return false;
    if (batch->empty()) return report_few(request, source, report, context.diagnostics);
    for (CalibrationRow& row : *batch) fitting.add(std::move(row));
  }
  fitting.finish();
  if (set.rows.size() == before) {
    context.diagnostics
        .report(codes::L8005, fmt::format("`{}` gives {} tokens, which fill no window of {}", source.path, report.tokens_dropped, request.length))
        .help("give more samples or a smaller `length`")
        .with("file", source.path);
    return false;
  }
  set.sources.push_back(std::move(report));
  return true;
}

uint64_t hash_of(const std::vector<CalibrationRow>& rows) {
  XXH3_state_t* state = XXH3_createState();
  XXH3_64bits_reset(state);
  std::vector<uint8_t> mask;
  for (const CalibrationRow& row : rows) {
    mask.assign(row.counted.begin(), row.counted.end());
    uint64_t lengths[] = {row.ids.size(), mask.size()};
    XXH3_64bits_update(state, lengths, sizeof(lengths));
    XXH3_64bits_update(state, row.ids.data(), row.ids.size() * sizeof(int64_t));
    XXH3_64bits_update(state, mask.data(), mask.size());
  }
  uint64_t hash = XXH3_64bits_digest(state);
  XXH3_freeState(state);
  return hash;
}

}  // namespace

std::optional<CalibrationSet> load_calibration(const CalibrationRequest& request, const std::string& model_dir,
                                               Diagnostics& diagnostics, const CalibrationOptions& options) {
  SourceContext context{request, model_dir, options, diagnostics, nullptr};
  CalibrationSet set;
  for (const CalibrationSource& source : request.sources)
    if (!add_source(source, context, set)) return std::nullopt;
  set.hash = hash_of(set.rows);
  return set;
}

}  // namespace lcr
