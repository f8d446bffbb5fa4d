// Rows of tables: embedding, bags of them, one_hot.
#include "playhead/autograd/indexed.h"
#include "playhead/autograd/nn_common.h"
#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_index.h"
#include "playhead/autograd/ops_nn.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/ops_shape.h"

namespace ph {

namespace {
/// The row that padding_idx means, or -1.
std::int64_t padding_row(const char* op, const Tensor& weight, Bound padding_idx) {
  if (!padding_idx.set) return -1;
  const std::int64_t count = weight.size(0), row = padding_idx.value < 0 ? padding_idx.value + count : padding_idx.value;
  if (row < 0 || row >= count) index_error(op, "padding_idx must be a row of weight; got padding_idx=", padding_idx.value, ", weight=", weight.shape());
  return row;
}

/// x as an index of weight's rows. Here a negative one does not count from the end.
Tensor rows_at(const char* op, const Tensor& weight, const Tensor& x) {
  const Tensor at = detail::as_index(op, weight, x);
  if (!at.is_cpu()) return where(less(at, 0), Scalar(weight.size(0)), at);  // what reads there finds it too large, without a copy to the host
  const auto* p = static_cast<const std::int64_t*>(at.data_ptr());
  const std::int64_t n = at.numel();
  std::int64_t all = 0;
  for (std::int64_t i = 0; i < n; ++i) all |= p[i];
  for (std::int64_t i = 0; all < 0 && i < n; ++i)
    if (p[i] < 0) index_error(op, "index must not be negative; got index=", p[i], " for dimension 0 of size ", weight.size(0));
  return at;
}
}  // namespace

Tensor embedding(const Tensor& x, const Tensor& weight, Bound padding_idx) {
  const char* op = "embedding";
  if (weight.ndim() == 0) value_error(op, "weight needs at least one dimension; got shape=[]");
  const Tensor y = detail::take_at(op, weight, {rows_at(op, weight, x)}, 0);
  const std::int64_t row = padding_row(op, weight, padding_idx);
  if (row < 0) return y;
  Tensor padded = equal(x, row);
  for (int d = 1; d < weight.ndim(); ++d) padded = padded.unsqueeze(-1);
  return where(padded, y.detach(), y);
}

Tensor& embedding_renorm_(Tensor& weight, const Tensor& x, double max_norm, double norm_type) {
  const char* op = "embedding_renorm_";
  detail::check_floating(op, "weight", weight);
  if (weight.ndim() != 2) value_error(op, "weight must be a matrix; got shape=", weight.shape());
  if (!(max_norm >= 0)) value_error(op, "max_norm must not be negative; got max_norm=", max_norm);
  const Tensor at = rows_at(op, weight, x).reshape({-1});
  const no_grad guard;
  const Tensor rows = detail::take_at(op, weight, {at}, 0), wide = detail::is_half(rows.dtype()) ? rows.to(float32) : rows;
  const Tensor length = norm(wide, norm_type, {1}, true);
  // A row that is named twice is written twice with the same numbers.
  detail::combine_at(op, weight, {at}, 0, where(greater(length, max_norm), wide * (max_norm / (length + 1e-7)), wide).to(weight.dtype()), Combine::assign);
  return weight;
}

Tensor one_hot(const Tensor& x, std::int64_t classes) {
  const char* op = "one_hot";
  if (!is_integer(x.dtype())) type_error(op, "x must be integers; got dtype=", x.dtype());
  const Tensor at = x.to(int64);
  if (classes < 0) {
    if (x.numel() == 0) value_error(op, "classes must be given for an empty x; got shape=", x.shape());
    classes = max(at).item<std::int64_t>() + 1;
  }
  if (at.numel() > 0) {
    const auto low = min(at).item<std::int64_t>(), high = max(at).item<std::int64_t>();
    if (low < 0) index_error(op, "values must not be negative; got ", low);
    if (high >= classes) index_error(op, "values must be in [0, ", classes, "); got values from ", low, " to ", high);
  }
  Shape shape = x.shape();
  shape.push_back(classes);
  checked_numel(op, shape, sizeof(std::int64_t));
  Tensor y = zeros(shape, {.dtype = int64, .device = x.device()});
  if (y.numel() > 0) scatter_(y, -1, at.unsqueeze(-1), Scalar(1));
  return y;
}

// --- bags ---------------------------------------------------------------------------------------------------------------

namespace {

/// The bag of each of n entries, int64 [n], from where the bags begin; checked.
struct Bags {
  Tensor of;  // [n]
  std::int64_t count = 0, longest = 0;
  Tensor place;  // [n] within its bag
};
Bags bags_of(const char* op, const Tensor& x, const Tensor& offsets, bool include_last) {
  if (!is_integer(offsets.dtype())) type_error(op, "offsets must be integers; got dtype=", offsets.dtype());
  if (offsets.ndim() != 1) value_error(op, "offsets must have one dimension; got shape=", offsets.shape());
  if (include_last && offsets.numel() == 0) value_error(op, "offsets need the end when include_last_offset is set; got shape=[0]");
  std::vector<std::int64_t> begin = offsets.cpu().to(int64).to_vector<std::int64_t>();
  const std::int64_t n = x.numel();
  if (!include_last) begin.push_back(n);
  if (begin[0] != 0 && n > 0) value_error(op, "offsets must begin with 0; got ", begin[0]);
  if (begin.back() != n) value_error(op, "offsets must end with the number of entries when include_last_offset is set; got last=", begin.back(), ", entries=", n);
  Bags bags;
  bags.count = static_cast<std::int64_t>(begin.size()) - 1;
  std::vector<std::int64_t> of, place;
  for (std::size_t b = 0; b + 1 < begin.size(); ++b) {
    const std::int64_t end = begin[b + 1];
    if (begin[b] < 0 || end < begin[b] || end > n)
      value_error(op, "offsets must ascend from 0 to at most the number of entries; got offset=", begin[b], ", next=", end, ", entries=", n);
    for (std::int64_t i = begin[b]; i < end; ++i) of.push_back(static_cast<std::int64_t>(b)), place.push_back(i - begin[b]);
    if (end - begin[b] > bags.longest) bags.longest = end - begin[b];
  }
  bags.of = from_data(of).to(x.device()), bags.place = from_data(place).to(x.device());
  return bags;
}

}  // namespace

Tensor embedding_bag(const Tensor& x, const Tensor& weight, const EmbeddingBagOptions& o) {
  const char* op = "embedding_bag";
  if (!is_integer(x.dtype())) type_error(op, "x must be integers; got dtype=", x.dtype());
  detail::check_floating(op, "weight", weight);
  if (weight.ndim() != 2) value_error(op, "weight must be a matrix; got shape=", weight.shape());
  if (x.ndim() < 1 || x.ndim() > 2) value_error(op, "x must be [bags, entries], or [entries] with offsets; got shape=", x.shape());
  if ((x.ndim() == 1) != o.offsets.defined())
    value_error(op, "offsets belong to x of one dimension; got x=", x.shape(), ", offsets=", o.offsets.defined() ? "a tensor" : "none");
  if (o.per_sample_weights.defined()) {
    detail::check_floating(op, "per_sample_weights", o.per_sample_weights);
    if (o.mode != BagMode::sum) value_error(op, "per_sample_weights are for sums; got mode=", o.mode == BagMode::mean ? "mean" : "max");
    if (!(o.per_sample_weights.shape() == x.shape()))
      value_error(op, "per_sample_weights must have x's shape; got per_sample_weights=", o.per_sample_weights.shape(), ", x=", x.shape());
  }
  const std::int64_t padding = padding_row(op, weight, o.padding_idx), dim = weight.size(1);
  const bool ragged = x.ndim() == 1;
  Bags bags;
  if (ragged) bags = bags_of(op, x, o.offsets, o.include_last_offset);
  const Tensor rows = embedding(x, weight);  // [entries…, dim]
  const Tensor counts = padding < 0 ? Tensor() : not_equal(x, padding);  // [entries…]
  const TensorOptions like = {.dtype = weight.dtype(), .device = weight.device()};

  if (o.mode == BagMode::max) {
    Tensor grid = rows, live = counts.defined() ? counts : ones(x.shape(), {.dtype = bool_, .device = x.device()});
    if (ragged) {
      // As [bags, longest]; what is missing is dead.
      const Tensor at = bags.of * bags.longest + bags.place;
      const std::int64_t cells = bags.count * bags.longest;
      grid = index_copy(zeros({cells, dim}, like), 0, at, rows).reshape({bags.count, bags.longest, dim});
      live = index_copy(zeros({cells}, {.dtype = bool_, .device = x.device()}), 0, at, live).reshape({bags.count, bags.longest});
    }
    if (grid.size(1) == 0) return zeros({grid.size(0), dim}, like);
    const Tensor most = max_along(where(live.unsqueeze(2), grid, Scalar(-inf)), 1).values;
    return where(any(live, {1}).unsqueeze(1), most, Scalar(0));
  }

  Tensor scaled = o.per_sample_weights.defined() ? rows * o.per_sample_weights.to(rows.dtype()).unsqueeze(-1) : rows;
  if (counts.defined()) scaled = where(counts.unsqueeze(-1), scaled, Scalar(0));
  const auto gathered = [&](const Tensor& v) {
    if (!ragged) return sum(v, {1});
    Shape s = v.shape();
    s[0] = bags.count;
    return index_add(zeros(s, {.dtype = v.dtype(), .device = v.device()}), 0, bags.of, v);
  };
  const Tensor total = gathered(scaled);
  if (o.mode == BagMode::sum) return total;
  const Tensor number = gathered(counts.defined() ? counts.to(weight.dtype()) : ones(x.shape(), like));
  return total / clamp_min(number, 1).unsqueeze(1);
}

}  // namespace ph
