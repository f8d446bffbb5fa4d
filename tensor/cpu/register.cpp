// The CPU's table of kernels, put together from the files of this folder.
#include "playhead/tensor/kernels.h"

namespace ph::cpu {

Kernels table();
Kernels table() {
  Kernels k;
  fill_copy(k);
  fill_elementwise(k);
  fill_optim(k);
  fill_fft(k);
  fill_index(k);
  fill_scatter(k);
  fill_matmul(k);
  fill_conv(k);
  fill_pool(k);
  fill_resample(k);
  fill_grid(k);
  fill_mask(k);
  fill_softmax(k);
  fill_norm(k);
  fill_channel_norm(k);
  fill_ctc(k);
  fill_attention(k);
  fill_reduce(k);
  fill_argreduce(k);
  fill_scan(k);
  fill_sort(k);
  fill_random(k);
  fill_linalg(k);
  fill_linalg_factor(k);
  fill_linalg_eigen(k);
  return k;
}

}  // namespace ph::cpu
