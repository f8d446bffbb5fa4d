// Connectionist temporal classification.
#include <algorithm>
#include <cmath>
#include <vector>

#include "playhead/autograd/loss_common.h"
#include "playhead/autograd/nn_common.h"
#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_index.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/kernels.h"

namespace ph {

using detail::check_device;
using detail::check_floating;
using detail::dense;
using detail::make_tensor;

namespace {

/// What a call is about, checked: int64, row-major, and on x's device.
struct Paths {
  Tensor targets;                        // all labels, and what stands between them
  Tensor starts;                         // [N] of each target
  Tensor input_lengths, target_lengths;  // [N]
  std::int64_t blank;
  bool zero_infinity;

  CtcCall call(const Tensor& x) const {
    CtcCall c;
    c.x = view_of(x), c.targets = view_of(targets), c.starts = view_of(starts);
    c.input_lengths = view_of(input_lengths), c.target_lengths = view_of(target_lengths);
    c.blank = blank, c.zero_infinity = zero_infinity;
    return c;
  }
};

Tensor lengths_of(const char* op, const char* name, const Tensor& t, std::int64_t n, std::int64_t most) {
  if (!is_integer(t.dtype())) type_error(op, name, " must be integers; got dtype=", t.dtype());
  if (t.numel() != n || t.ndim() > 1) value_error(op, name, " must have one number per sample; got ", name, "=", t.shape(), ", samples=", n);
  const Tensor v = t.to(int64).reshape({n}).contiguous();
  std::int64_t at = 0;
  for (std::int64_t length : v.to_vector<std::int64_t>()) {
    if (length < 0 || length > most) value_error(op, name, " must be in [0, ", most, "]; got ", length, " at position ", at);
    ++at;
  }
  return v;
}

// One by one: targets are few beside x.
Paths paths_of(const char* op, const Tensor& x, const Tensor& targets, const Tensor& input_lengths, const Tensor& target_lengths, const CtcOptions& o) {
  const std::int64_t n = x.size(1), classes = x.size(2);
  if (!is_integer(targets.dtype())) type_error(op, "targets must be integers; got dtype=", targets.dtype());
  if (targets.ndim() < 1 || targets.ndim() > 2 || (targets.ndim() == 2 && targets.size(0) != n))
    value_error(op, "targets must be [N, S], or one after the other; got targets=", targets.shape(), ", samples=", n);
  if (o.blank < 0 || o.blank >= classes) value_error(op, "blank must be a class in [0, ", classes, "); got blank=", o.blank);
  const bool joined = targets.ndim() == 1;
  Paths p;
  p.blank = o.blank, p.zero_infinity = o.zero_infinity;
  p.input_lengths = lengths_of(op, "input_lengths", input_lengths.cpu(), n, x.size(0));
  p.target_lengths = lengths_of(op, "target_lengths", target_lengths.cpu(), n, joined ? targets.size(0) : targets.size(1));
  const auto lengths = p.target_lengths.to_vector<std::int64_t>();
  const auto labels = targets.cpu().to(int64).to_vector<std::int64_t>();
  std::vector<std::int64_t> starts;
  std::int64_t next = 0;
  for (std::int64_t length : lengths) {
    starts.push_back(next);
    next += joined ? length : targets.size(1);
  }
  if (joined && next != targets.size(0))
    value_error(op, "target_lengths must add up to the number of targets; got sum=", next, ", targets=", targets.shape());
  for (std::size_t i = 0; i < lengths.size(); ++i)
    for (std::int64_t s = 0; s < lengths[i]; ++s) {
      const std::int64_t label = labels[static_cast<std::size_t>(starts[i] + s)];
      if (label < 0 || label >= classes || label == o.blank)
        index_error(op, "targets must be classes in [0, ", classes, ") other than the blank; got target=", label, " at position ", s, " of sample ",
                    static_cast<std::int64_t>(i), ", blank=", o.blank);
    }
  p.starts = from_data(starts).to(x.device());
  p.targets = from_data(labels).to(x.device());
  p.input_lengths = p.input_lengths.to(x.device()), p.target_lengths = p.target_lengths.to(x.device());
  return p;
}

/// Along the last dim: x[i - by], and log 0 where there is none.
Tensor shifted(const Tensor& x, std::int64_t by) { return pad(x, {by, -by}, Pad::constant, Scalar(-inf)); }

/// dx for g [N], in public ops: the recurrences of the kernel over all samples at once, [N, 2 S + 1] states wide.
Tensor ctc_gradient(const Tensor& g, const Tensor& x, const Paths& p) {
  const std::int64_t times = x.size(0), n = x.size(1);
  const std::int64_t most = max(p.target_lengths).item<std::int64_t>(), width = 2 * most + 1;
  const TensorOptions ints = {.dtype = int64, .device = x.device()};
  const Tensor state = arange(width, ints), length = p.target_lengths.unsqueeze(1), last = p.input_lengths.unsqueeze(1) - 1;  // [width], [N, 1]
  const Tensor end = 2 * length;  // the last state
  const Tensor letter = bitwise_and(not_equal(bitwise_and(state, 1), 0), less(state, end));
  const Tensor at = where(letter, p.starts.unsqueeze(1) + bitwise_right_shift(state, 1), Scalar(0));
  const Tensor label = p.targets.numel() == 0 ? full({n, width}, p.blank, ints)
                                              : where(letter, index_select(p.targets, 0, at.reshape({at.numel()})).reshape(at.shape()), Scalar(p.blank));
  const Tensor skip = bitwise_and(letter, not_equal(label, pad(label, {2, -2}, Pad::constant, Scalar(p.blank))));
  const auto meet = [](const Tensor& a, const Tensor& b, const Tensor& c) { return logaddexp(logaddexp(a, b), c); };
  const auto emitted = [&](std::int64_t t) { return gather(x[t], 1, label); };

  std::vector<Tensor> alpha, ahead(static_cast<std::size_t>(times));
  for (std::int64_t t = 0; t < times; ++t) {
    const Tensor before = t == 0 ? Tensor() : alpha.back();
    alpha.push_back(t == 0 ? where(less(state, 2) & less_equal(state, end), emitted(0), Scalar(-inf))
                           : meet(before, shifted(before, 1), where(skip, shifted(before, 2), Scalar(-inf))) + emitted(t));
  }
  const Tensor finish = where(bitwise_and(less_equal(state, end), greater_equal(state, end - 1)), zeros({}, {.dtype = x.dtype(), .device = x.device()}), Scalar(-inf));
  const Tensor may_skip = pad(skip.to(int64), {-2, 2});  // from here
  Tensor here;
  for (std::int64_t t = times; t-- > 0;) {
    Tensor rest = where(equal(last, t), finish, Scalar(-inf));
    if (here.defined()) {
      const Tensor moved = meet(here, shifted(here, -1), where(not_equal(may_skip, 0), shifted(here, -2), Scalar(-inf)));
      rest = where(greater(last, t), moved, rest);
    }
    ahead[static_cast<std::size_t>(t)] = rest;
    here = rest + emitted(t);
  }
  const Tensor a = stack(alpha), paths = a + stack(ahead);                                  // [T, N, width]
  const Tensor time = arange(times, ints).reshape({times, 1, 1});
  const Tensor stop = where(equal(time, last), a + finish, Scalar(-inf));
  const Tensor log_p = logsumexp(stop, {0, 2}, false).unsqueeze(1);                          // [N, 1]
  Tensor live = less_equal(time, last);
  if (p.zero_infinity) live = bitwise_and(live, not_equal(log_p, -inf));
  const Tensor share = exp(where(live, paths - log_p, Scalar(-inf)));
  return scatter_add(zeros_like(x), 2, label.expand({times, n, width}), -share * g.unsqueeze(1));
}

/// Each sample's loss. x: [T, N, C] float32 or float64.
Tensor ctc_of(const Tensor& x, const Paths& p) {
  const Tensor xc = dense(x);
  Tensor loss = make_tensor({x.size(1)}, x.dtype(), x.device());
  CtcCall call = p.call(xc);
  call.loss = view_of(loss);
  kernels(x.device()).ctc(call);
  if (recording(x))
    record(loss, "ctc_loss", {x}, [x = Saved(x), p](Backward& d) {
      const Tensor input = x(d);
      if (d.create_graph() && input.numel() > 0) {
        d[0] = ctc_gradient(d.g(), input, p);
        return;
      }
      const Tensor g = dense(d.g()), xc = dense(input);
      d[0] = make_tensor(input.shape(), input.dtype(), input.device());
      CtcCall call = p.call(xc);
      call.g = view_of(g), call.dx = view_of(d[0]);
      kernels(input.device()).ctc(call);
    });
  return loss;
}

}  // namespace

Tensor ctc_loss(const Tensor& x, const Tensor& targets, const Tensor& input_lengths, const Tensor& target_lengths, const CtcOptions& o) {
  const char* op = "ctc_loss";
  check_floating(op, "x", x);
  if (x.ndim() != 2 && x.ndim() != 3) value_error(op, "x must be [T, N, C] or [T, C]; got shape=", x.shape());
  if (x.ndim() == 2) {
    const Tensor loss = ctc_loss(x.unsqueeze(1), targets, input_lengths, target_lengths, o);
    return o.reduction == LossReduction::none ? loss.squeeze(0) : loss;
  }
  if (detail::is_half(x.dtype())) return ctc_loss(x.to(float32), targets, input_lengths, target_lengths, o).to(x.dtype());
  const Paths p = paths_of(op, x, targets, input_lengths, target_lengths, o);
  Tensor loss = ctc_of(x, p);
  if (o.zero_infinity) loss = where(equal(loss, inf), Scalar(0), loss);
  return detail::reduced(op, o.reduction == LossReduction::mean ? loss / maximum(p.target_lengths, 1) : loss, o.reduction);
}

}  // namespace ph
