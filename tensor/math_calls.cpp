// The host's one copy of what math_calls.h declares.
#include "playhead/tensor/math_calls.h"

#include "playhead/tensor/math_bessel.h"
#include "playhead/tensor/math_gamma.h"
#include "playhead/tensor/math_polynomial.h"
