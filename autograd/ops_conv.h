// Convolution, pooling, and the windows they look through. Arguments, shapes and their order are PyTorch's.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "playhead/tensor/api.h"
#include "playhead/tensor/random.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

/// One number per spatial dim, or one for all of them: `2`, or `{2, 1}`.
class PerDim {
 public:
  PerDim(std::int64_t n) : values_{n} {}
  PerDim(int n) : values_{n} {}
  PerDim(std::initializer_list<std::int64_t> v) : values_(v) {}
  PerDim(const Shape& v) : values_(v) {}
  const Shape& values() const { return values_; }

 private:
  Shape values_;
};

/// Zeros around x: so many on both sides, or "valid" (none), or "same" (as many as keep x's size; one more behind than
/// before where their number is odd; for stride 1).
class ConvPadding : public PerDim {
 public:
  using PerDim::PerDim;
  ConvPadding(const PerDim& n) : PerDim(n) {}
  ConvPadding(const char* name);
  bool same() const { return same_; }

 private:
  bool same_ = false;
};

struct ConvOptions {
  PerDim stride = 1;
  ConvPadding padding = 0;
  PerDim dilation = 1;
  std::int64_t groups = 1;
};
struct ConvTransposeOptions {
  PerDim stride = 1;
  PerDim padding = 0;
  PerDim output_padding = 0;  ///< more entries at the end, below stride or dilation
  PerDim dilation = 1;
  std::int64_t groups = 1;
};

// Floating and complex dtypes. The batch dim may be left out. Gradients of any order for x, weight and bias.

/// Cross-correlation of x with weight. x: [N, C, size…]; weight: [O, C / groups, kernel…]; bias: [O] or undefined;
/// y: [N, O, (size + 2 padding - dilation (kernel - 1) - 1) / stride + 1…].
Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const ConvOptions& options = {});
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const ConvOptions& options = {});
Tensor conv3d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const ConvOptions& options = {});
/// The gradient of a convolution by its input, as an op. x: [N, C, size…]; weight: [C, O / groups, kernel…];
/// y: [N, O, (size - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1…].
Tensor conv_transpose1d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const ConvTransposeOptions& options = {});
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const ConvTransposeOptions& options = {});
Tensor conv_transpose3d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const ConvTransposeOptions& options = {});

struct MaxPoolOptions {
  PerDim stride = 0;        ///< 0: the kernel's size
  PerDim padding = 0;       ///< never the maximum; at most half the kernel
  PerDim dilation = 1;
  bool ceil_mode = false;   ///< also windows that begin inside and reach past the end
};
struct AvgPoolOptions {
  PerDim stride = 0;
  PerDim padding = 0;
  bool ceil_mode = false;
  bool count_include_pad = true;  ///< divide by the window's size with padding
  std::int64_t divisor_override = 0;  ///< divide by this instead, if not 0
};
/// What max pooling found, and where: positions in x's last dims, flattened. int64.
struct MaxPoolResult {
  Tensor values, indices;
};

// Real floating dtypes. x: [..., size…] with one or two dims before the pooled ones. NaN is the maximum where there is one.

/// The largest entry of each window.
Tensor max_pool1d(const Tensor& x, const PerDim& kernel, const MaxPoolOptions& options = {});
Tensor max_pool2d(const Tensor& x, const PerDim& kernel, const MaxPoolOptions& options = {});
Tensor max_pool3d(const Tensor& x, const PerDim& kernel, const MaxPoolOptions& options = {});
MaxPoolResult max_pool1d_with_indices(const Tensor& x, const PerDim& kernel, const MaxPoolOptions& options = {});
MaxPoolResult max_pool2d_with_indices(const Tensor& x, const PerDim& kernel, const MaxPoolOptions& options = {});
MaxPoolResult max_pool3d_with_indices(const Tensor& x, const PerDim& kernel, const MaxPoolOptions& options = {});
/// The mean of each window.
Tensor avg_pool1d(const Tensor& x, const PerDim& kernel, const AvgPoolOptions& options = {});
Tensor avg_pool2d(const Tensor& x, const PerDim& kernel, const AvgPoolOptions& options = {});
Tensor avg_pool3d(const Tensor& x, const PerDim& kernel, const AvgPoolOptions& options = {});
/// The mean of windows that are cut for a given size of the result: window i of n over s entries is [floor(i s / n), ceil((i + 1) s / n)).
Tensor adaptive_avg_pool1d(const Tensor& x, const PerDim& size);
Tensor adaptive_avg_pool2d(const Tensor& x, const PerDim& size);
Tensor adaptive_avg_pool3d(const Tensor& x, const PerDim& size);
/// The largest entry of windows that are cut for a given size of the result, as adaptive_avg_pool1d to 3d have them.
Tensor adaptive_max_pool1d(const Tensor& x, const PerDim& size);
Tensor adaptive_max_pool2d(const Tensor& x, const PerDim& size);
Tensor adaptive_max_pool3d(const Tensor& x, const PerDim& size);
MaxPoolResult adaptive_max_pool1d_with_indices(const Tensor& x, const PerDim& size);
MaxPoolResult adaptive_max_pool2d_with_indices(const Tensor& x, const PerDim& size);
MaxPoolResult adaptive_max_pool3d_with_indices(const Tensor& x, const PerDim& size);

struct FractionalPoolOptions {
  Shape size = {};                 ///< the result's, one number per pooled dim or one for all; or
  std::vector<double> ratio = {};  ///< the same as parts of x's sizes, each in (0, 1), rounded down
  Tensor random_samples = {};      ///< where windows begin, in [0, 1): [N, C, 2 or 3], or [C, 2 or 3]; drawn if undefined
  Generator* generator = nullptr;  ///< from which; the thread's own if null
};
/// Max pooling with windows of one size that begin at random, about evenly apart. (Graham 2015)
Tensor fractional_max_pool2d(const Tensor& x, const PerDim& kernel, const FractionalPoolOptions& options);
Tensor fractional_max_pool3d(const Tensor& x, const PerDim& kernel, const FractionalPoolOptions& options);
MaxPoolResult fractional_max_pool2d_with_indices(const Tensor& x, const PerDim& kernel, const FractionalPoolOptions& options);
MaxPoolResult fractional_max_pool3d_with_indices(const Tensor& x, const PerDim& kernel, const FractionalPoolOptions& options);

struct MaxUnpoolOptions {
  PerDim stride = 0;   ///< 0: the kernel's size
  PerDim padding = 0;
  Shape size = {};     ///< the result's pooled dims, less than a stride from (size - 1) stride - 2 padding + kernel, which is what they are without
};
/// Zeros with x's entries where max pooling found them. Of values for one place the last stays, and gets the gradient.
Tensor max_unpool1d(const Tensor& x, const Tensor& indices, const PerDim& kernel, const MaxUnpoolOptions& options = {});
Tensor max_unpool2d(const Tensor& x, const Tensor& indices, const PerDim& kernel, const MaxUnpoolOptions& options = {});
Tensor max_unpool3d(const Tensor& x, const Tensor& indices, const PerDim& kernel, const MaxUnpoolOptions& options = {});

struct LPPoolOptions {
  PerDim stride = 0;       ///< 0: the kernel's size
  bool ceil_mode = false;  ///< a window that reaches past the end counts for a whole one
};
/// (sum of x^p)^(1/p) over each window, without absolute values as in PyTorch; p = inf: the largest |x|. The gradient is 0 where the sum is.
Tensor lp_pool1d(const Tensor& x, double p, const PerDim& kernel, const LPPoolOptions& options = {});
Tensor lp_pool2d(const Tensor& x, double p, const PerDim& kernel, const LPPoolOptions& options = {});
Tensor lp_pool3d(const Tensor& x, double p, const PerDim& kernel, const LPPoolOptions& options = {});

struct WindowOptions {
  PerDim dilation = 1;
  PerDim padding = 0;
  PerDim stride = 1;
};
/// The windows of a 2-D convolution as columns (PyTorch's nn.functional.unfold). x: [N, C, H, W] or [C, H, W]; y: [N, C kh kw, windows].
Tensor im2col(const Tensor& x, const PerDim& kernel, const WindowOptions& options = {});
/// The reverse of im2col, summed where windows overlap: [N, C kh kw, windows] to [N, C, size…].
Tensor fold(const Tensor& x, const PerDim& size, const PerDim& kernel, const WindowOptions& options = {});

}  // namespace ph
