// In-place ops, views and the tape: hard cases 1 and 2, and leaks (19).
#include <algorithm>
#include <cstdint>

#include "harness.h"
#include "playhead/autograd/custom.h"
#include "playhead/tensor/allocator.h"

using namespace ph;
using test::close;
using test::leaf;
using test::sample;

TEST_SUITE_BEGIN("inplace");

TEST_CASE("hard case 1: a row changed in place") {
  Tensor r = leaf({3, 3});
  Tensor x = r.clone();
  x[1].mul_(2);
  sum(x).backward();
  CHECK(r.grad().to_vector<double>() == std::vector<double>{1, 1, 1, 2, 2, 2, 1, 1, 1});
}

TEST_CASE("hard case 1: through a chain of views") {
  Tensor r = leaf({4, 5});
  Tensor x = r * 1;
  unbind(x, 0)[2].narrow(0, 1, 3).mul_(3);
  Tensor t = x.mT().slice(0, {0, 4, 2});
  t.add_(t.detach() * 0 + 1);
  sum(x * x).backward();
  Tensor want = r.detach().clone();
  want[2].narrow(0, 1, 3).mul_(3);
  Tensor columns = want.mT().slice(0, {0, 4, 2});
  columns.add_(1);
  Tensor factor = want * 2;
  factor[2].narrow(0, 1, 3).mul_(3);
  CHECK(close(r.grad(), factor));
}

TEST_CASE("hard case 1: a saved tensor that changed is an error, whoever changed it") {
  const std::string message = "mul: saved tensor was changed in place after it was recorded; got shape=[3], version 1, saved at 0. Clone it before the change";
  const auto check = [&](auto change) {
    Tensor a = leaf({3}) * 1;
    const Tensor y = sum(a * a);
    change(a);
    CHECK_ERROR(y.backward(), message);
  };
  check([](Tensor& a) { a.add_(1); });
  check([](Tensor& a) { a.slice(0, {1, 2}).zero_(); });
  check([](Tensor& a) { a.detach().mul_(2); });
  check([](Tensor& a) { a.reshape({1, 3}).fill_(7); });
  check([](Tensor& a) { a.copy_(sample({3})); });
  check([](Tensor& a) {
    const no_grad guard;
    a.sub_(1);
  });
}

TEST_CASE("hard case 1: leaves") {
  Tensor x = leaf({2, 2});
  CHECK_ERROR(x.add_(1), "add_: a leaf that requires a gradient must not be changed in place; got shape=[2, 2]. Use no_grad, or work on a clone");
  CHECK_ERROR(x[0].zero_(), "fill_: a view of a leaf that requires a gradient must not be changed in place; got shape=[2]. Use no_grad, or work on a clone");
  const std::uint32_t before = x.version();
  {
    const no_grad guard;
    x.add_(1);
  }
  CHECK(x.version() == before + 1);
  CHECK(x.is_leaf());
}

TEST_CASE("a view takes part in what its base becomes") {
  Tensor w = leaf({2});
  Tensor x = zeros({3, 2}, {.dtype = float64});
  Tensor row = x[1], other = x[2];
  CHECK_FALSE(other.requires_grad());
  row.add_(w);
  CHECK(x.requires_grad());
  CHECK(row.requires_grad());
  CHECK(other.requires_grad());  // its base has a history now; its own part has no gradient
  CHECK(close(grad(sum(row * 3), w, {.retain_graph = true}), full({2}, 3., {.dtype = float64})));
  CHECK(close(grad(sum(other), w), zeros({2}, {.dtype = float64})));
}

TEST_CASE("what is overwritten gets no gradient") {
  Tensor r = leaf({4});
  Tensor x = r * 2;
  x.slice(0, {0, 2}).zero_();
  x.slice(0, {2, 3}).copy_(sample({1}));
  sum(x).backward();
  CHECK(r.grad().to_vector<double>() == std::vector<double>{0, 0, 0, 2});
  Tensor s = leaf({4});
  Tensor y = s * 2;
  y.fill_(1);
  sum(y).backward();
  CHECK(close(s.grad(), zeros({4}, {.dtype = float64})));
}

TEST_CASE("copy_ carries the gradient to its source, broadcast and cast") {
  Tensor a = leaf({3}, float32), b = leaf({2, 3});
  Tensor x = b * 1;
  x.copy_(a);
  sum(x * sample({2, 3})).backward();
  CHECK(a.grad().dtype() == float32);
  CHECK(close(a.grad(), sum(sample({2, 3}), {0}), 1e-6));
  CHECK(close(b.grad(), zeros({2, 3}, {.dtype = float64})));
}

TEST_CASE("second derivatives through an in-place change of a view") {
  Tensor r = leaf({3});
  Tensor x = r * r;
  x.slice(0, {0, 2}).mul_(r.slice(0, {0, 2}));
  const Tensor g = grad(sum(x), r, {.create_graph = true});  // 3r^2 where cubed, else 2r
  CHECK(close(grad(sum(g), r), cat({6 * r.detach().slice(0, {0, 2}), full({1}, 2., {.dtype = float64})}, 0)));
}

TEST_CASE("a view of another dtype") {
  Tensor z = sample({3}).to(complex128).requires_grad_() * 1;
  CHECK_ERROR(real(z).mul_(2), "mul_: a change to a view of another dtype cannot be recorded; got view=float64, base=complex128. Change the base instead");
  const no_grad guard;
  CHECK_NOTHROW(real(z).mul_(2));
}

TEST_CASE("hard case 2: overlap") {
  Tensor x = sample({3});
  CHECK_ERROR(x.unsqueeze(0).expand({3, 3}).add_(1),
              "add_: several elements are the same memory (an expanded tensor?); got shape=[3, 3], strides=[0, 1]. Clone it first");
  for (int round = 0; round < 100; ++round) {
    Tensor a = sample({17, 17});
    const Tensor want = a + a.mT();
    a.add_(a.mT());
    REQUIRE(close(a, want));
    Tensor b = sample({1000});
    const Tensor shifted = b.slice(0, {None, -1}).clone();
    Tensor tail = b.slice(0, {1, None});
    tail.copy_(b.slice(0, {None, -1}));
    REQUIRE(close(b.slice(0, {1, None}), shifted));
    Tensor c = sample({1000});
    const Tensor sums = c.slice(0, {None, -1}) + 1;
    Tensor out = c.slice(0, {1, None});
    try {
      add_out(out, c.slice(0, {None, -1}), 1);
      REQUIRE(close(out, sums));
    } catch (const Error&) {
    }
  }
}

// --- random programs -----------------------------------------------------------------------------------------------

namespace {

// A small stream of numbers.
struct Dice {
  std::uint64_t s;
  int operator()(int n) {
    s ^= s << 13, s ^= s >> 7, s ^= s << 17;
    return static_cast<int>(s % static_cast<std::uint64_t>(n));
  }
};

// One view of a 2-d or 1-d tensor, chosen by the dice.
Tensor view_of_kind(const Tensor& x, int kind, int at) {
  if (x.ndim() == 0) return x;
  const std::int64_t n = x.size(0);
  switch (kind) {
    case 0: return x.select(0, at % n);
    case 1: return x.slice(0, {at % n, None, 2});
    case 2: return x.slice(-1, {None, None, -1});
    case 3: return x.ndim() == 2 ? x.mT() : x.unsqueeze(0);
    case 4: return x.reshape({-1});
    default: return x.narrow(0, 0, (n + 1) / 2);
  }
}

// The interpreter's way to change a view: functionally, by an index tensor of the base's elements.
struct Interpreter {
  Tensor flat;  // all elements of the base, out of place
  void write(const Tensor& places, const Tensor& value) { flat = index_put(flat, {places.reshape({-1})}, value.reshape({-1})); }
  Tensor read(const Tensor& places) const { return flat.index({places.reshape({-1})}).reshape(places.shape()); }
};

}  // namespace

TEST_CASE("hard case 1: random programs of view, in-place and out-of-place ops agree with an interpreter that clones, or throw") {
  int finished = 0, refused = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    Dice dice{seed * 0x9e3779b97f4a7c15u};
    Tensor r1 = leaf({4, 3}, float64, 0.5, 1.5, seed), r2 = r1.detach().clone().requires_grad_();
    // The same program twice: on real views, and on the interpreter, whose "views" are tensors of element numbers.
    Tensor base = r1 * 1;
    Interpreter it{(r2 * 1).reshape({-1})};
    std::vector<Tensor> views{base}, places{arange(12).reshape({4, 3})};
    Tensor extra1 = sum(base) * 0, extra2 = sum(it.flat) * 0;
    bool threw = false;
    try {
      const int length = 2 + dice(11);
      for (int step = 0; step < length; ++step) {
        const auto k = static_cast<std::size_t>(dice(static_cast<int>(views.size())));
        const int what = dice(8), kind = dice(6), at = dice(4);
        Tensor v = views[k];
        const Tensor p = places[k];
        if (what < 3) {
          views.push_back(view_of_kind(v, kind, at));
          places.push_back(view_of_kind(p, kind, at));
          // A reshape that had to copy is no view; both sides forget it.
          if (!views.back().shares_storage(base)) views.pop_back(), places.pop_back();
        } else if (what == 3) {
          v.mul_(1.5);
          it.write(p, it.read(p) * 1.5);
        } else if (what == 4) {
          const Tensor other = views[static_cast<std::size_t>(dice(static_cast<int>(views.size())))];
          const std::size_t j = static_cast<std::size_t>(&*std::find_if(views.begin(), views.end(), [&](const Tensor& t) { return t.is_same(other); }) - views.data());
          const Tensor factor1 = sum(other) * 0.1, factor2 = sum(it.read(places[j])) * 0.1;
          v.add_(factor1);
          it.write(p, it.read(p) + factor2);
        } else if (what == 5) {
          v.exp_();
          it.write(p, exp(it.read(p)));
          v.mul_(0.3);
          it.write(p, it.read(p) * 0.3);
        } else if (what == 6) {
          v.fill_(0.25);
          it.write(p, full(p.shape(), 0.25, {.dtype = float64}));
        } else {
          extra1 = extra1 + sum(v * v);
          extra2 = extra2 + sum(it.read(p) * it.read(p));
        }
      }
      const Tensor weights = sample({4, 3}, float64, -1, 1, seed + 1000);
      (sum(base * weights) + extra1).backward();
    } catch (const Error& e) {
      // The only thing that may be refused: a value that backward needs was changed.
      const std::string text = e.what();
      INFO(text);
      REQUIRE(text.find("changed in place") != std::string::npos);
      threw = true;
    }
    if (threw) {
      ++refused;
      continue;
    }
    const Tensor weights = sample({4, 3}, float64, -1, 1, seed + 1000);
    (sum(it.flat.reshape({4, 3}) * weights) + extra2).backward();
    INFO("program ", seed);
    REQUIRE(close(base, it.flat.reshape({4, 3}), 1e-12));
    REQUIRE(close(r1.grad(), r2.grad(), 1e-10));
    ++finished;
  }
  CHECK(finished > 150);
  CHECK(refused > 5);
}

// --- hard case 19 --------------------------------------------------------------------------------------------------

namespace {
struct Keeper : Function<Keeper> {
  static Tensor forward(Context& ctx, const Tensor& x) {
    const Tensor y = x * 2;
    ctx.save_for_backward({x, y, x.slice(0, {0, 2})});
    return y;
  }
  static std::vector<Tensor> backward(Context& ctx, const Tensor& g) { return {g * 2 + ctx.saved(0) * 0 + ctx.saved(1) * 0}; }
};
}  // namespace

TEST_CASE("hard case 19: nothing leaks") {
  Tensor x = leaf({8});
  const auto round = [&](int i) {
    Tensor y = Keeper::apply(x);
    Tensor z = y * 1;
    z.slice(0, {0, 4}).mul_(y.slice(0, {4, 8}));
    z.exp_();
    if (i % 3 == 0) {
      const Tensor g = grad(sum(z * z), x, {.create_graph = true});
      x.set_grad({});
      return;  // the second graph is dropped unused
    }
    if (i % 3 == 1) {
      y.mul_(2);
      CHECK_THROWS_AS(sum(z * y).backward(), Error);  // y was saved by the slice's product
    }
    x.set_grad({});
  };
  for (int i = 0; i < 300; ++i) round(i);
  const std::int64_t before = memory_stats().in_use;
  for (int i = 0; i < 3000; ++i) round(i);
  CHECK(memory_stats().in_use == before);
}

TEST_CASE("an in-place op that keeps its own operand makes no cycle") {
  const std::int64_t before = memory_stats().in_use;
  {
    Tensor w = leaf({64}), x = leaf({64}) * 1;
    x.mul_(w);
    x.mul_(x);
    x.div_(w);
    x.pow_(w);
  }
  CHECK(memory_stats().in_use == before);
}

TEST_SUITE_END();
