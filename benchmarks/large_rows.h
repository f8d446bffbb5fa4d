// The rows of `./dev bench large`: work on the CPU where memory or arithmetic, not the call, is what takes the time.
#pragma once
#include "bench.h"

namespace bench {

inline constexpr std::int64_t many = 1 << 24, side = 4096;
inline constexpr double pass = 4.0 * many;  ///< bytes of one pass over `many` float32, which are side x side
inline constexpr double cube(double n) { return 2 * n * n * n; }
inline constexpr double attention_flop = 4.0 * 8 * 8 * 512 * 512 * 64;

inline const Rows<25> large_rows = {{
    {"a + b, 16M, fresh output", 3, 1, 3 * pass, "GB/s"},
    {"a + b, 16M, into a reused buffer", 1, 1, 3 * pass, "GB/s"},
    {"exp, 16M, into a reused buffer", 2.5, 1, 2 * pass, "GB/s"},
    {"tanh, 16M, into a reused buffer", 4, 1, 2 * pass, "GB/s"},
    {"erf, 16M, into a reused buffer", 1.5, 1, 2 * pass, "GB/s"},
    {"sin, 16M, into a reused buffer", 1.5, 1, 2 * pass, "GB/s"},
    {"sum, 16M", 1, 1, pass, "GB/s"},
    {"sum along axis 0, 4096x4096", 1.5, 1, pass, "GB/s"},
    {"sum along axis 1, 4096x4096", 1, 1, pass, "GB/s"},
    {"softmax of rows, 4096x4096", 3, 1, 2 * pass, "GB/s"},
    {"layer norm of rows, 4096x4096", 3, 1, 2 * pass, "GB/s"},
    {"transpose copy, 4096x4096", 3, 1, 2 * pass, "GB/s"},
    {"matmul, 256", 1, 1, cube(256), "GFLOP/s"},
    {"matmul, 1024", 1, 1, cube(1024), "GFLOP/s"},
    {"matmul, 2048", 1, 1, cube(2048), "GFLOP/s"},
    {"matmul, 64 of 128x128", 1, 1, 64 * cube(128), "GFLOP/s"},
    {"matmul, 4096x4096 by 4096x8", 1, 1, 2.0 * 4096 * 4096 * 8, "GFLOP/s"},
    {"matmul, 4096x4096 by a vector", 1, 1, pass, "GB/s"},
    {"attention, 8x8x512x64", 1.1, 1, attention_flop, "GFLOP/s"},
    {"sort, 1M", 1},
    {"cumsum of rows, 4096x4096", 1, 1, 2 * pass, "GB/s"},
    {"gather of 64k rows of 256", 1, 1, 2.0 * 65536 * 256 * 4, "GB/s"},
    {"cat of two 2048x4096", 1, 1, 2 * pass, "GB/s"},
    {"train step: MLP 784-128-10, batch 64, SGD", 2},
    {"train step: char-GPT, width 128, 4 heads, 4 layers, T 64, batch 12, AdamW", 1.3},
}};

}  // namespace bench
