// The part of ops_shape.h that puts elements of several tensors together in every way: products, choices, block diagonals.
#include <algorithm>

#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_index.h"
#include "playhead/autograd/ops_shape.h"

namespace ph {

Tensor block_diag(const std::vector<Tensor>& xs) {
  std::vector<Tensor> blocks;
  std::int64_t columns = 0;
  for (const Tensor& x : xs) {
    if (x.ndim() > 2) value_error("block_diag", "needs at most two dimensions; got shape=", x.shape());
    blocks.push_back(atleast_2d(x));
    if (__builtin_add_overflow(columns, blocks.back().size(1), &columns)) value_error("block_diag", "too many columns; got ", static_cast<std::int64_t>(xs.size()), " tensors");
  }
  if (blocks.empty()) return zeros({1, 0});
  std::int64_t left = 0;
  for (Tensor& b : blocks) {
    const std::int64_t own = b.size(1);
    b = pad(b, {left, columns - left - own});
    left += own;
  }
  return cat(blocks, 0);
}

Tensor cartesian_prod(const std::vector<Tensor>& xs) {
  if (xs.empty()) value_error("cartesian_prod", "needs at least one tensor");
  for (const Tensor& x : xs)
    if (x.ndim() != 1) value_error("cartesian_prod", "needs one dimension; got shape=", x.shape());
  if (xs.size() == 1) return xs[0];
  const std::vector<Tensor> grid = meshgrid(xs, "ij");
  return reshape(stack(grid, -1), {grid[0].numel(), static_cast<std::int64_t>(xs.size())});
}

namespace {

/// How many ways there are to choose r of n; throws where the result would not fit.
std::int64_t choices(std::int64_t n, std::int64_t r) {
  __extension__ using wide = unsigned __int128;
  wide count = 1;
  for (std::int64_t i = 1; i <= r; ++i) {
    count = count * static_cast<wide>(n - r + i) / static_cast<wide>(i);
    if (count > static_cast<wide>(INT64_MAX)) value_error("combinations", "too many of them; got n=", n, ", r=", r);
  }
  return static_cast<std::int64_t>(count);
}

}  // namespace

Tensor combinations(const Tensor& x, std::int64_t r, bool with_replacement) {
  if (x.ndim() != 1) value_error("combinations", "needs one dimension; got shape=", x.shape());
  if (r < 0) value_error("combinations", "r must not be negative; got r=", r);
  const std::int64_t n = x.numel();
  if (r == 0) return new_zeros(x, {0});
  // With replacement, the i-th choice from n is as good as one without from n + r - 1, less i.
  const std::int64_t pool = with_replacement ? n + r - 1 : n;
  if (n == 0 || r > pool) return new_zeros(x, {0, r});
  const std::int64_t count = choices(pool, r);
  checked_numel("combinations", {count, r}, sizeof(std::int64_t));
  const Tensor index = empty({count, r}, {.dtype = int64});
  auto* out = index.data<std::int64_t>();
  std::vector<std::int64_t> at(static_cast<std::size_t>(r));
  for (std::size_t i = 0; i < at.size(); ++i) at[i] = with_replacement ? 0 : static_cast<std::int64_t>(i);
  for (std::int64_t c = 0; c < count; ++c) {
    out = std::copy(at.begin(), at.end(), out);
    // The last place that can move on does; those after it start again.
    std::int64_t i = r - 1;
    const auto most = [&](std::int64_t k) { return with_replacement ? n - 1 : n - r + k; };
    while (i >= 0 && at[static_cast<std::size_t>(i)] == most(i)) --i;
    if (i < 0) break;
    std::int64_t v = ++at[static_cast<std::size_t>(i)];
    for (++i; i < r; ++i) at[static_cast<std::size_t>(i)] = with_replacement ? v : ++v;
  }
  return take(x, index, 0);
}

}  // namespace ph
