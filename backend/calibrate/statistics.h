#pragma once

#include <map>
#include <memory>

#include "backend/algorithms/activation_observer.h"
#include "backend/calibrate/layer_inputs.h"
#include "backend/calibrate/moment.h"
#include "backend/forward/orthogonal_matrix.h"

namespace lcr {

// Of the columns of a value's rows, [width] each: sums of magnitudes and squares in f64, the ends in f32.
struct Columns {
  at::Tensor magnitudes, squares, lowest, highest;
};

// What is gathered of one value that linears read.
struct InputStatistics {
  std::shared_ptr<const OrthogonalMatrix> rotation;  // x is x R in all of this; null: as it is
  bool wants_moment = false;  // the whole second moment, not just its diagonal
  SecondMoment moment;
  bool wants_cross = false;   // beside it the moment with the unchanged model's inputs
  CrossMoment cross_moment;
  at::Tensor squares;         // f64 [width]: sum over tokens of x^2, where the moment is not wanted
  int64_t tokens = 0;
  bool wants_channels = false;            // magnitudes of every channel
  at::Tensor absolute_sum, lowest, highest;  // f64, f32, f32 [width], over tokens
  // Ranges of x by name of what asks for them (a precision and its observer); and of what the linears give.
  std::map<std::string, ActivationObserver> ranges;
  // Of what an expert gives: gate times norm, summed over tokens.
  bool wants_saliency = false;
  at::Tensor saliency;        // f64 []
  bool finite = true;

  // Taken once, when all tokens were seen.
  at::Tensor second, importance;  // f32 [width, width]; f32 [width], mean squares
  at::Tensor cross;               // f32 [width, width]: mean of x₀ xᵀ

  // [tokens, width] of tokens that count, as the model has them; `read_before`: the same of the unchanged model, where the
  // cross moment is wanted.
  void add(const at::Tensor& read, int part, const at::Tensor& read_before);
  // x [tokens, width] of an expert's outputs, gates [tokens].
  void add_saliency(const at::Tensor& x, const at::Tensor& gates);
  // Over the tokens; 0 without.
  double mean_saliency() const;
  // The moment is all that is wanted, so that it may be gathered elsewhere; and taking it from there.
  bool only_moment() const { return wants_moment && !wants_channels && !wants_cross && ranges.empty(); }
  void take(const at::Tensor& mean, int64_t seen);
  void finish();

 private:
  void add_channels(const at::Tensor& x);
  void add_columns(const Columns& columns);
};

using StatisticsByInput = std::map<InputKey, InputStatistics>;

}  // namespace lcr
