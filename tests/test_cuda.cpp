// CUDA: what it says of itself where there is none, and, where there is a device, that it agrees with the CPU.
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "playhead/cuda.h"

using namespace ph;
using test::close;
using test::sample;

TEST_SUITE_BEGIN("cuda");

TEST_CASE("without a device everything is a clear error") {
  if (cuda::is_available()) return;
  CHECK(cuda::device_count() == 0);
  const std::string why = cuda::why_unavailable();
  CHECK_FALSE(why.empty());
  CHECK_ERROR(zeros({2}).to(cuda_device(0)), "kernels: CUDA is not available: " + why);
  CHECK_ERROR(zeros({2}, {.device = cuda_device(0)}), "kernels: CUDA is not available: " + why);
  CHECK_ERROR(cuda::synchronize(), "synchronize: CUDA is not available: " + why);
  CHECK_ERROR(cuda::Stream(), "Stream: CUDA is not available: " + why);
  CHECK_ERROR(cuda::device_properties(3), "device_properties: CUDA is not available: " + why);
  CHECK_NOTHROW(cuda::empty_cache());
  CHECK(close(zeros({2}) + 1, ones({2})));  // the CPU goes on
}

// From here on each test needs a device; on a machine without one it has nothing to check.
#define NEEDS_DEVICE \
  if (!cuda::is_available()) return
static const Device gpu = cuda_device(0);

TEST_CASE("devices and memory") {
  NEEDS_DEVICE;
  CHECK(cuda::device_count() >= 1);
  CHECK_FALSE(cuda::device_properties(0).name.empty());
  CHECK_ERROR(zeros({1}, {.device = cuda_device(cuda::device_count())}),
              text("kernels: no such CUDA device; got cuda:", cuda::device_count(), " of ", cuda::device_count()));
  cuda::empty_cache();
  const std::int64_t before = cuda::memory_stats().in_use;
  {
    const Tensor x = zeros({1000, 1000}, {.device = gpu});
    CHECK(cuda::memory_stats().in_use >= before + 4'000'000);
  }
  CHECK(cuda::memory_stats().in_use == before);
  const std::int64_t calls = cuda::memory_stats().system_calls;
  for (int i = 0; i < 100; ++i) zeros({1000, 1000}, {.device = gpu});
  CHECK(cuda::memory_stats().system_calls == calls);  // the freed block is used again
}

TEST_CASE("out of memory is an error after which work goes on") {
  NEEDS_DEVICE;
  const std::int64_t all = cuda::device_properties(0).memory;
  bool thrown = false;
  try {
    empty({2 * all}, {.dtype = uint8, .device = gpu});
  } catch (const Error& e) {
    thrown = e.kind() == ErrorKind::memory;
  }
  CHECK(thrown);
  CHECK(close(ones({8}, {.device = gpu}).cpu(), ones({8})));
}

TEST_CASE("copies: dtypes, layouts, there and back") {
  NEEDS_DEVICE;
  for (const test::Layout& l : test::layouts(sample({3, 4, 5}, float32, -100, 100))) {
    INFO(l.name);
    CHECK(test::same_bits(l.x.to(gpu).cpu(), l.x));
    const Tensor y = l.x.to(gpu);
    CHECK(test::same_bits(y.mT().contiguous().cpu(), l.x.mT().contiguous()));
    for (int t = 0; t < dtype_count; ++t) {
      const auto dtype = static_cast<DType>(t);
      if (is_unsigned(dtype)) continue;  // negative values: undefined
      CHECK(close(y.to(dtype).cpu(), l.x.to(dtype)));
    }
  }
  CHECK(close(arange(5, {.device = gpu}).cpu(), arange(5)));
  CHECK(close(full({2, 2}, 3.5, {.device = gpu}).cpu(), full({2, 2}, 3.5)));
}

TEST_CASE("every elementwise row agrees with the CPU, value and derivatives") {
  NEEDS_DEVICE;
  const auto compare = [](const char* name, auto f, double lo, double hi, int arity) {
    for (const DType t : {float32, float64}) {
      std::vector<Tensor> here, there;
      for (int i = 0; i < arity; ++i) {
        // Those have no derivative by their first operand.
        const bool known = i > 0 || (std::strcmp(name, "zeta") != 0 && std::strcmp(name, "igamma") != 0 && std::strcmp(name, "igammac") != 0);
        here.push_back(sample({7, 33}, t, lo, hi, static_cast<std::uint64_t>(i + 1)).requires_grad_(known));
        there.push_back(here.back().detach().to(gpu).requires_grad_(known));
      }
      const Tensor y = f(here), z = f(there);
      INFO(name, " ", ph::name(t));
      CHECK(close(z.detach().cpu(), y.detach(), t == float32 ? 3e-5 : 1e-11, t == float32 ? 1e-5 : 1e-12));
      if (!y.requires_grad()) continue;
      const Tensor g = sample(y.shape(), y.dtype(), -1, 1, 9);
      y.backward(g);
      z.backward(g.to(gpu));
      for (int i = 0; i < arity; ++i) {
        const auto k = static_cast<std::size_t>(i);
        if (here[k].grad().defined()) CHECK(close(there[k].grad().cpu(), here[k].grad(), t == float32 ? 1e-4 : 1e-10, t == float32 ? 1e-4 : 1e-11));
      }
    }
  };
  using In = const std::vector<Tensor>&;
#define UNARY(name, domain, saves, f, df, lo, hi, doc) if (#domain[0] != 'I') compare(#name, [](In x) { return ph::name(x[0]); }, lo, hi, 1);
#define UNARY1(name, p0, d0, domain, saves, f, df, lo, hi, doc) compare(#name, [](In x) { return ph::name(x[0]); }, lo, hi, 1);
#define UNARY2(name, p0, d0, p1, d1, domain, saves, f, df, lo, hi, doc) compare(#name, [](In x) { return ph::name(x[0]); }, lo, hi, 1);
#define BINARY(name, domain, saves, f, dfa, dfb, lo, hi, doc) \
  if (#domain[0] != 'I' && #domain[0] != 'Z') compare(#name, [](In x) { return ph::name(x[0], x[1]); }, lo, hi, 2);
#define TERNARY(name, domain, saves, f, dfa, dfb, dfc, lo, hi, doc) compare(#name, [](In x) { return ph::name(x[0], x[1], x[2]); }, lo, hi, 3);
#define PREDICATE(name, domain, f, doc) if (#domain[0] != 'I') compare(#name, [](In x) { return ph::name(x[0]); }, -2, 2, 1);
#define COMPARE(name, domain, f, doc) if (#domain[0] != 'I') compare(#name, [](In x) { return ph::name(x[0], x[1]); }, -2, 2, 2);
#include "playhead/tensor/elementwise.def"
}

TEST_CASE("elementwise: broadcasting, integers, half types, errors") {
  NEEDS_DEVICE;
  const Tensor a = sample({5, 1, 7}, float32), b = sample({3, 1}, float32, -2, 2, 2);
  CHECK(close((a.to(gpu) + b.to(gpu)).cpu(), a + b));
  CHECK(close((a.to(gpu) * 2.5).cpu(), a * 2.5));
  CHECK(close((a.to(gpu).to(bfloat16) + 1).cpu(), a.to(bfloat16) + 1, 1e-2));
  const Tensor i = arange(-5, 5), j = full({10}, 3, {.dtype = int64});
  CHECK(close(floor_divide(i.to(gpu), j.to(gpu)).cpu(), floor_divide(i, j)));
  CHECK(close((i.to(gpu).to(int8) * 60).cpu(), i.to(int8) * 60));
  CHECK_ERROR(floor_divide(i.to(gpu), i.to(gpu)), "floor_divide: integer division by zero");
}

TEST_CASE("matmul by cuBLAS") {
  NEEDS_DEVICE;
  const auto check = [](const Shape& p, const Shape& q, DType t) {
    const Tensor a = sample(p, t), b = sample(q, t, -2, 2, 2);
    INFO(p, " ", q, " ", ph::name(t));
    CHECK(close(matmul(a.to(gpu), b.to(gpu)).cpu(), matmul(a, b), t == float64 ? 1e-11 : 1e-4, t == float64 ? 1e-11 : 1e-4));
  };
  for (const DType t : {float32, float64}) {
    check({3, 4}, {4, 5}, t);
    check({64, 100}, {100, 30}, t);
    check({2, 3, 4}, {2, 4, 5}, t);
    check({2, 1, 3, 4}, {5, 4, 6}, t);
    check({4}, {4}, t);
    check({7, 4}, {4}, t);
    check({0, 4}, {4, 3}, t);
    check({3, 0}, {0, 4}, t);
  }
  const Tensor a = sample({6, 8}), b = sample({10, 8}, float64, -2, 2, 2);
  CHECK(close(matmul(a.to(gpu), b.to(gpu).mT()).cpu(), matmul(a, b.mT()), 1e-11));
  CHECK(close(matmul(a.to(gpu).slice(0, {0, 6, 2}), b.to(gpu).mT()).cpu(), matmul(a.slice(0, {0, 6, 2}), b.mT()), 1e-11));
}

TEST_CASE("hard case 18: a side stream's memory is not handed to another stream") {
  NEEDS_DEVICE;
  const cuda::Stream side(0);
  const Tensor x = sample({1 << 16}, float32).to(gpu);
  cuda::synchronize();
  for (int i = 0; i < 1000; ++i) {
    Tensor y;
    {
      const cuda::StreamGuard guard(side);
      y = x * static_cast<double>(i);
    }
    const Tensor noise = full({1 << 16}, -1., {.device = gpu});
    if (i % 100 == 0) {
      side.synchronize();
      CHECK(close(y.cpu(), x.cpu() * static_cast<double>(i), 1e-6));
    }
  }
}

TEST_CASE("hard case 16: CUDA in a forked child is an error, the CPU works there") {
  NEEDS_DEVICE;
  const Tensor x = ones({4}, {.device = gpu});
  const pid_t child = fork();
  if (child == 0) {
    int bad = 1;
    try {
      (void)(x + 1);
    } catch (const Error& e) {
      bad = std::string(e.what()).find("fork") == std::string::npos;
    }
    if (!close(ones({4}) + 1, full({4}, 2.f))) bad = 2;
    _exit(bad);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_SUITE_END();
