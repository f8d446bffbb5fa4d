// The Fourier transforms as data: what a backend's kernel is asked for.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"
#include "playhead/tensor/view.h"

namespace PH_PUBLIC ph {

/// Along `dims`, out[k] = scale * sum over j of in[j] e^(-+ 2 pi i j k / n), with - for `forward`. Any layout; nothing overlaps.
struct FFTCall {
  enum class Kind : std::uint8_t {
    complex,       ///< both complex, of one shape
    real,          ///< real in, complex out: one dim, of which out holds the first n / 2 + 1 values
    to_real,       ///< the way back: in holds those values, the others being their conjugates; n is out's size
  };
  Kind kind = Kind::complex;
  View out, in;
  const int* dims = nullptr;
  int ndims = 1;
  bool forward = true;
  double scale = 1;
};

}  // namespace ph
