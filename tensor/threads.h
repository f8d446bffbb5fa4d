// How many threads an op may use. The pool itself is tensor/cpu/parallel.h; its users are the CPU kernels.
#pragma once
#include "playhead/tensor/api.h"

namespace PH_PUBLIC ph {

/// Threads used by one op, the caller's included. Default: PLAYHEAD_NUM_THREADS, else the cores this process may use.
int num_threads();
void set_num_threads(int n);

}  // namespace ph
