#pragma once

#include <map>
#include <memory>

#include "backend/algorithms/activation_observer.h"
#include "backend/calibrate/layer_inputs.h"
#include "backend/calibrate/moment.h"

namespace lcr {

// What is gathered of one value that linears read.
struct InputStatistics {
  bool wants_moment = false;  // the whole second moment, not just its diagonal
  SecondMoment moment;
  at::Tensor squares;         // f64 [width]: sum over tokens of x^2, where the moment is not wanted
  int64_t tokens = 0;
  bool wants_channels = false;            // magnitudes of every channel
  at::Tensor absolute_sum, lowest, highest;  // f64, f32, f32 [width], over tokens
  // Ranges of x by name of what asks for them (a precision and its observer); and of what the linears give.
  std::map<std::string, ActivationObserver> ranges;
  bool finite = true;

  // Taken once, when all tokens were seen.
  at::Tensor second, importance;  // f32 [width, width]; f32 [width], mean squares

  // x [tokens, width] of tokens that count.
  void add(const at::Tensor& x, int part);
  void finish();

 private:
  void add_channels(const at::Tensor& x);
};

using StatisticsByInput = std::map<InputKey, InputStatistics>;

}  // namespace lcr
