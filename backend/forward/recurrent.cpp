#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <vector>

#include "backend/forward/operations.h"
#include "backend/forward/recurrent_chunks.h"

namespace lcr::forward {
namespace {

// Whether a gradient has to come back through an operation on these: the loops over positions record none.
bool records(std::initializer_list<at::Tensor> inputs) {
  return at::GradMode::is_enabled() &&
         std::any_of(inputs.begin(), inputs.end(), [](const at::Tensor& x) { return x.requires_grad(); });
}

at::Tensor of_heads(const at::Tensor& groups, int64_t heads) {
  return groups.to(at::kFloat).repeat_interleave(heads / groups.size(1), 1);
}

at::Tensor on_host(const at::Tensor& x) { return x.to(at::kCPU, at::kFloat).contiguous(); }

// Calls run(sequence, head) for all pairs, on all threads: the recurrences are serial only along a sequence.
template <typename Run>
void for_each_head(const Sequences& sequences, int64_t heads, Run run) {
  int64_t tasks = static_cast<int64_t>(sequences.lengths.size()) * heads;
  at::parallel_for(0, tasks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) run(task / heads, task % heads);
  });
}

}  // namespace

at::Tensor causal_conv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const Sequences& sequences) {
  // Padded by width - 1 on both sides; the rows beyond the end are dropped.
  int64_t width = weight.size(-1), channels = weight.size(0), start = 0;
  at::Tensor wide = x.to(weight.scalar_type());
  std::vector<at::Tensor> parts;
  for (int64_t length : sequences.lengths) {
    at::Tensor rows = wide.narrow(0, start, length).t().unsqueeze(0);
    at::Tensor y = at::conv1d(rows, weight, bias, 1, width - 1, 1, channels);
    parts.push_back(y[0].narrow(1, 0, length).t());
    start += length;
  }
  return at::cat(parts);
}

at::Tensor conv1d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const Attributes& attributes,
                  const Sequences& sequences) {
  std::vector<at::Tensor> parts;
  int64_t start = 0;
  for (int64_t length : sequences.lengths) {
    at::Tensor rows = x.narrow(0, start, length).t().unsqueeze(0);
    parts.push_back(at::conv1d(rows, weight, bias, attributes.stride, attributes.pad)[0].t());
    start += length;
  }
  return at::cat(parts);
}

at::Tensor delta_rule(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& decay,
                      const at::Tensor& beta, const Sequences& sequences, at::ScalarType native) {
  int64_t heads = v.size(1), key_heads = q.size(1), dk = q.size(2), dv = v.size(2), repeat = heads / key_heads;
  at::Tensor qs = l2_norm(q.to(at::kFloat), 1e-6) * std::pow(static_cast<double>(dk), -0.5);
  at::Tensor ks = l2_norm(k.to(at::kFloat), 1e-6);
  if (records({q, k, v, decay, beta}))
    return recurrence(of_heads(qs, heads), of_heads(ks, heads), v.to(at::kFloat), decay.to(at::kFloat),
                      beta.to(at::kFloat), sequences)
        .to(native);
  qs = on_host(qs), ks = on_host(ks);
  at::Tensor vs = on_host(v), gs = on_host(decay), bs = on_host(beta);
  at::Tensor out = at::empty({v.size(0), heads, dv}, at::kFloat);
  const float *pq = qs.data_ptr<float>(), *pk = ks.data_ptr<float>(), *pv = vs.data_ptr<float>();
  const float *pg = gs.data_ptr<float>(), *pb = bs.data_ptr<float>();
  float* po = out.data_ptr<float>();
  std::vector<int64_t> starts = sequences.starts();
  for_each_head(sequences, heads, [&](int64_t sequence, int64_t head) {
    std::vector<float> state(dk * dv), change(dv);
    for (int64_t t = starts[sequence]; t < starts[sequence + 1]; ++t) {
      const float* key = pk + (t * key_heads + head / repeat) * dk;
      const float* query = pq + (t * key_heads + head / repeat) * dk;
      const float* value = pv + (t * heads + head) * dv;
      float* result = po + (t * heads + head) * dv;
      float keep = std::exp(pg[t * heads + head]), b = pb[t * heads + head];
      // S := e^g S, then u = Sᵀk: what the state already answers to this key.
      std::fill(change.begin(), change.end(), 0.0f);
      for (int64_t i = 0; i < dk; ++i) {
        float* row = state.data() + i * dv;
        for (int64_t j = 0; j < dv; ++j) row[j] *= keep, change[j] += row[j] * key[i];
      }
      for (int64_t j = 0; j < dv; ++j) change[j] = (value[j] - change[j]) * b, result[j] = 0;
      for (int64_t i = 0; i < dk; ++i) {
        float* row = state.data() + i * dv;
        for (int64_t j = 0; j < dv; ++j) row[j] += key[i] * change[j], result[j] += row[j] * query[i];
      }
    }
  });
  return out.to(v.device(), native);
}

at::Tensor ssm_scan(const at::Tensor& x, const at::Tensor& dt, const at::Tensor& a, const at::Tensor& b,
                    const at::Tensor& c, const at::Tensor& d, const Sequences& sequences) {
  int64_t heads = x.size(1), width = x.size(2), groups = b.size(1), n = b.size(2), repeat = heads / groups;
  if (records({x, dt, a, b, c, d})) {
    const at::Tensor inputs = x.to(at::kFloat), steps = dt.to(at::kFloat);
    const at::Tensor written = steps.unsqueeze(-1) * inputs;
    return recurrence(of_heads(c, heads), of_heads(b, heads), written, steps * a.to(at::kFloat), {}, sequences) +
           d.to(at::kFloat).unsqueeze(-1) * inputs;
  }
  at::Tensor xs = on_host(x), ts = on_host(dt), as = on_host(a), bs = on_host(b), cs = on_host(c), ds = on_host(d);
  at::Tensor out = at::empty({x.size(0), heads, width}, at::kFloat);
  const float *px = xs.data_ptr<float>(), *pt = ts.data_ptr<float>(), *pa = as.data_ptr<float>();
  const float *pb = bs.data_ptr<float>(), *pc = cs.data_ptr<float>(), *pd = ds.data_ptr<float>();
  float* po = out.data_ptr<float>();
  std::vector<int64_t> starts = sequences.starts();
  for_each_head(sequences, heads, [&](int64_t sequence, int64_t head) {
    std::vector<float> state(width * n);
    for (int64_t t = starts[sequence]; t < starts[sequence + 1]; ++t) {
      float step = pt[t * heads + head], keep = std::exp(step * pa[head]);
      const float* in = px + (t * heads + head) * width;
      const float* write = pb + (t * groups + head / repeat) * n;
      const float* read = pc + (t * groups + head / repeat) * n;
      float* result = po + (t * heads + head) * width;
      for (int64_t i = 0; i < width; ++i) {
        float* row = state.data() + i * n;
        float amount = step * in[i], sum = 0;
        for (int64_t j = 0; j < n; ++j) row[j] = row[j] * keep + amount * write[j], sum += row[j] * read[j];
        result[i] = sum + pd[head] * in[i];
      }
    }
  });
  return out.to(x.device());
}

}  // namespace lcr::forward
