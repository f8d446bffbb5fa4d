// A region of a tensor: what a view shows of its base. The three linear maps behind in-place ops on views.
#pragma once
#include "playhead/tensor/tensor.h"

namespace ph::detail {

struct Region {
  Shape base_shape;
  Strides base_strides;
  Shape shape;        // of the view
  Strides strides;
  std::int64_t offset = 0;  // of the view's first element from the base's, in elements
};

/// Where `view` lies in `base`; they share storage and dtype.
Region region_of(const TensorImpl& view, const TensorImpl& base);
/// The elements of the region, from g of the base's shape. Recorded; so are the next two.
Tensor take_region(const Tensor& g, const Region& r);
/// Zeros of the base's shape with `part` in the region: the transpose of take_region.
Tensor embed_region(const Tensor& part, const Region& r);
/// g with zeros in the region.
Tensor clear_region(const Tensor& g, const Region& r);

}  // namespace ph::detail
