#include "backend/evaluate/evaluate.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <thread>

#include "backend/data/rows.h"
#include "backend/evaluate/runnable_model.h"
#include "backend/evaluate/score.h"
#include "backend/forward/device.h"
#include "backend/forward/execution.h"
#include "backend/forward/fake_quantize.h"
#include "compiler/diagnostics/codes/evaluate.h"

namespace lcr {
namespace {

// Rows of a pack: enough for the matrix products, few enough that its logits stay small.
constexpr int64_t most_rows = 2048, most_logits = int64_t{64} << 20;
// Bytes of the values that wait between layers for all packs of one pass over the model.
constexpr int64_t waiting_bytes = int64_t{1} << 30;

std::optional<Windows> read_windows(const EvaluateOptions& options, int64_t vocabulary, Diagnostics& diagnostics) {
  RowOptions row_options;
  row_options.id_limit = vocabulary;
  auto rows = read_rows(options.data, row_options, diagnostics);
  if (!rows) return std::nullopt;
  std::shared_ptr<const Tokenizer> tokenizer;
  std::string path = options.model + "/tokenizer.json";
  bool text = std::any_of(rows->begin(), rows->end(), [](const Row& row) { return !row.has_ids; });
  if (text && std::filesystem::exists(path)) {
    tokenizer = read_tokenizer(path, diagnostics);
    if (!tokenizer) return std::nullopt;
  }
  auto stream = tokenize_rows(options.data, *rows, tokenizer, std::max(1u, std::thread::hardware_concurrency()), diagnostics);
  if (!stream) return std::nullopt;
  // A tokenizer may know more tokens than the model; the embedding would be read out of bounds.
  auto beyond = std::find_if(stream->ids.begin(), stream->ids.end(), [&](int32_t id) { return id >= vocabulary; });
  if (beyond != stream->ids.end()) {
    diagnostics.report(codes::L8014, fmt::format("the data hold the token {}, and the model has {}", *beyond, vocabulary))
        .help("use the tokenizer that belongs to the model");
    return std::nullopt;
  }
  std::optional<uint64_t> count;
  if (options.windows > 0) count = options.windows;
  return cut_windows(*stream, options.length, count, diagnostics);
}

std::vector<Pack> packs_of(const Windows& windows, int64_t vocabulary) {
  int64_t length = windows.length;
  int64_t rows = std::min(most_rows, most_logits / vocabulary);
  int64_t together = std::max<int64_t>(1, rows / length);
  std::vector<Pack> packs;
  for (uint64_t first = 0; first < windows.count(); first += together) {
    int64_t count = std::min<int64_t>(together, windows.count() - first);
    auto begin = windows.ids.begin() + first * length;
    packs.push_back({{begin, begin + count * length}, {std::vector<int64_t>(count, length)}});
  }
  return packs;
}

ForwardOptions forward_options(const RunnableModel& model, const EvaluateOptions& options, int models) {
  ForwardOptions forward;
  // A third of the memory for decoded weights, shared by the models.
  if (!options.device.empty()) forward.device = options.device;
  forward.activations = model.activations.get();
  uint64_t memory = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  forward.resident_bytes = memory / 3 / models;
  return forward;
}

std::optional<Score> score_packs(const EvaluateOptions& options, const RunnableModel& model, const RunnableModel* reference,
                                 const std::vector<Pack>& packs, uint64_t windows, Diagnostics& diagnostics) {
  int models = reference ? 2 : 1;
  Forward ours(model.graph, *model.weights, forward_options(model, options, models));
  std::unique_ptr<Forward> theirs;
  if (reference)
    theirs = std::make_unique<Forward>(reference->graph, *reference->weights, forward_options(*reference, options, models));

  // As many packs share one pass over the layers as their values may wait in memory.
  int64_t pack_bytes = packs[0].sequences.rows() * model.width() * 4 * models;
  size_t together = std::max<int64_t>(1, waiting_bytes / pack_bytes);
  Score score;
  uint64_t done = 0;
  for (size_t first = 0; first < packs.size(); first += together) {
    std::vector<Pack> group(packs.begin() + first, packs.begin() + std::min(packs.size(), first + together));
    ours.start(group);
    if (theirs) theirs->start(group);
    for (size_t pack = 0; pack < group.size(); ++pack) {
      // Both models' logits of one pack are alive at a time, no more.
      at::Tensor logits = ours.finish(pack);
      add_score(score, group[pack], logits, theirs ? theirs->finish(pack) : at::Tensor());
      done += group[pack].sequences.lengths.size();
      if (options.progress && !options.progress(done, windows)) return std::nullopt;
    }
    for (const RunnableModel* each : {&model, reference}) {
      if (!each || !each->weights->problems().has_errors()) continue;
      diagnostics.append(each->weights->problems());
      return std::nullopt;
    }
  }
  return score;
}

std::optional<Evaluation> evaluate_unfenced(Sources& sources, const EvaluateOptions& options, Diagnostics& diagnostics) {
  if (!load_device(options.device)) {
    diagnostics
        .report(codes::L8013, fmt::format("the evaluation needs the device `{}`, and this machine has none that works", options.device))
        .help("evaluate on the CPU with `--device cpu`");
    return std::nullopt;
  }
  auto model = load_runnable(sources, options.model, options.architecture, diagnostics);
  if (!model) return std::nullopt;
  std::unique_ptr<RunnableModel> reference;
  if (!options.reference.empty()) {
    reference = load_runnable(sources, options.reference, options.architecture, diagnostics);
    if (!reference) return std::nullopt;
    if (reference->vocabulary() != model->vocabulary()) {
      diagnostics.report(codes::L8012, fmt::format("`{}` has {} tokens and `{}` has {}", options.model, model->vocabulary(),
                                                  options.reference, reference->vocabulary()))
          .help("give the checkpoint that the model was made from as the reference");
      return std::nullopt;
    }
  }
  for (const RunnableModel* each : {model.get(), reference.get()})
    if (each && each->activations && !options.device.empty())
      each->activations->online = each->activations->online.on(at::Device(options.device));
  auto windows = read_windows(options, model->vocabulary(), diagnostics);
  if (!windows) return std::nullopt;
  std::vector<Pack> packs = packs_of(*windows, model->vocabulary());
  auto score = score_packs(options, *model, reference.get(), packs, windows->count(), diagnostics);
  if (!score) return std::nullopt;

  Evaluation result;
  result.tokens = score->tokens;
  result.windows = windows->count();
  double tokens = static_cast<double>(std::max<uint64_t>(1, score->tokens));
  result.nll = score->nll / tokens;
  result.perplexity = std::exp(result.nll);
  if (reference) {
    result.kl = score->kl / tokens;
    result.top1 = static_cast<double>(score->agreeing) / tokens;
  }
  return result;
}

}  // namespace

std::optional<Evaluation> evaluate(Sources& sources, const EvaluateOptions& options, Diagnostics& diagnostics) {
  c10::InferenceMode guard;
  // The tensor library throws: out of memory, no such device.
  try {
    return evaluate_unfenced(sources, options, diagnostics);
  } catch (const c10::OutOfMemoryError&) {
    diagnostics.report(codes::L8013, "the device has too little memory to run the model")
        .help("evaluate on the CPU with `--device cpu`, or with a smaller `--length`");
  } catch (const c10::Error&) {
    diagnostics.report(codes::L8013, fmt::format("the tensor library failed while `{}` ran", options.model))
        .help("check that there is memory enough, and that `--device` names a device of this machine");
  }
  return std::nullopt;
}

}  // namespace lcr
