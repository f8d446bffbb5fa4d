// Stable sorting, selection and searching along one axis of any layout. Every type is mapped to unsigned keys in sort order;
// a key and its position make a number that is sorted by radix (long rows, in parallel) or comparison (short ones).
#include <algorithm>
#include <type_traits>

#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/cpu/reduce_layout.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {
namespace {

using std::int64_t, std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t;

constexpr int64_t piece = 16384;         // elements that one thread takes at a time, at least
constexpr int64_t radix_from = 512;      // shorter rows are sorted by comparison
constexpr int64_t rank_up_to = 24;       // and the shortest by counting
constexpr int64_t few_up_to = 16;             // of an order, found while the row goes by
constexpr int64_t long_row = 1 << 17;    // sorted by several threads, in chunks
constexpr int64_t long_chunks = 16;

// --- keys: unsigned integers of the element's width, in sort order. NaN is the largest, -0 is 0. ---

template <class T> struct KeyOf {
  using Key = std::conditional_t<sizeof(T) == 1, uint8_t, std::conditional_t<sizeof(T) == 2, uint16_t,
                                 std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>>;
  static constexpr bool is_float = !std::is_integral_v<T>;
  static constexpr Key top = static_cast<Key>(Key(1) << (8 * sizeof(T) - 1));
  static constexpr Key infinity = static_cast<Key>(sizeof(T) == 8 ? 0x7ff0000000000000u : sizeof(T) == 4 ? 0x7f800000u
                                                   : __is_same(T, Half) ? 0x7c00u : 0x7f80u);
  static Key of(T x) {
    const Key b = __builtin_bit_cast(Key, x);
    if constexpr (is_float) {
      const Key magnitude = static_cast<Key>(b & ~top);
      if (magnitude > infinity) return static_cast<Key>(~Key(0));
      return magnitude == 0 ? top : b & top ? static_cast<Key>(~b) : static_cast<Key>(b | top);
    } else {
      return std::is_signed_v<T> ? static_cast<Key>(b ^ top) : b;
    }
  }
  /// Whether the element can be had from its key; zeros and NaN have lost their sign and payload.
  static bool is_exact(Key k) { return !is_float || (k != top && k != static_cast<Key>(~Key(0))); }
  static T from(Key k) {
    if constexpr (is_float) return __builtin_bit_cast(T, k & top ? static_cast<Key>(k ^ top) : static_cast<Key>(~k));
    else return static_cast<T>(std::is_signed_v<T> ? static_cast<Key>(k ^ top) : k);
  }
};

// --- entries: a key and where it came from. All are different, so that any sort is stable. ---

/// Keys of up to 32 bits.
struct Packed {
  uint64_t bits;
  Packed() = default;
  Packed(uint64_t key, uint64_t position) : bits(key << 32 | position) {}
  uint64_t key() const { return bits >> 32; }
  uint64_t position() const { return bits & 0xffffffffu; }
  friend bool operator<(Packed a, Packed b) { return a.bits < b.bits; }
};
struct Pair {
  uint64_t key_, position_;
  Pair() = default;
  Pair(uint64_t key, uint64_t position) : key_(key), position_(position) {}
  uint64_t key() const { return key_; }
  uint64_t position() const { return position_; }
  friend bool operator<(Pair a, Pair b) { return a.key_ < b.key_ || (a.key_ == b.key_ && a.position_ < b.position_); }
};

/// Sorts e[0..n), which is in order of position, by the lowest `bytes` bytes of its keys. `other` is scratch of the same size.
/// Gives back which of the two holds the result.
template <class E> E* radix_sort(E* e, E* other, int64_t n, int bytes) {
  const int64_t chunks = n >= long_row ? long_chunks : 1, length = (n + chunks - 1) / chunks;
  Scratch counts(chunks * 256 * 8);
  int64_t* count = counts.as<int64_t>();  // [chunks, 256]
  for (int byte = 0; byte < bytes; ++byte) {
    auto digit = [byte](const E& x) { return x.key() >> (8 * byte) & 255; };
    parallel_for(chunks, 1, [&](int64_t c, int64_t) {
      int64_t* mine = count + c * 256;
      std::fill(mine, mine + 256, 0);
      for (int64_t i = c * length; i < std::min(n, (c + 1) * length); ++i) ++mine[digit(e[i])];
    });
    int64_t before = 0;
    bool trivial = false;  // one digit for all
    for (int64_t d = 0; d < 256; ++d) {
      const int64_t start = before;
      for (int64_t c = 0; c < chunks; ++c) {
        const int64_t k = count[c * 256 + d];
        count[c * 256 + d] = before;
        before += k;
      }
      trivial |= before - start == n;
    }
    if (trivial) continue;
    parallel_for(chunks, 1, [&](int64_t c, int64_t) {
      int64_t next[256];
      std::copy(count + c * 256, count + (c + 1) * 256, next);
      for (int64_t i = c * length; i < std::min(n, (c + 1) * length); ++i) other[next[digit(e[i])]++] = e[i];
    });
    std::swap(e, other);
  }
  return e;
}

/// A few: each goes to the place that the number of smaller ones says. No branch to guess wrong.
template <class E> void rank_sort(E* e, int64_t n) {
  E sorted[rank_up_to];
  int64_t rank[rank_up_to] = {};
  for (int64_t i = 1; i < n; ++i)
    for (int64_t k = 0; k < i; ++k) {
      const bool later = e[k] < e[i];
      rank[i] += later, rank[k] += !later;
    }
  for (int64_t i = 0; i < n; ++i) sorted[rank[i]] = e[i];
  std::copy(sorted, sorted + n, e);
}

template <class E> E* sort_entries(E* e, E* other, int64_t n, int bytes) {
  if (n >= radix_from) return radix_sort(e, other, n, bytes);
  if (n <= rank_up_to) rank_sort(e, n);
  else std::sort(e, e + n);
  return e;
}

// --- which elements of a row to put in order ---

/// The keys of a row.
template <class T> struct Keys {
  using Key = typename KeyOf<T>::Key;
  const char* x;
  int64_t step;  // bytes
  Key flip;      // all ones to sort descending
  Key operator[](int64_t i) const { return static_cast<Key>(KeyOf<T>::of(*reinterpret_cast<const T*>(x + i * step)) ^ flip); }
};

template <class T, class E> void take_all(const Keys<T>& keys, int64_t n, E* e) {
  for (int64_t i = 0; i < n; ++i) e[i] = E(keys[i], static_cast<uint64_t>(i));
}

/// The first `count` of the order, kept in order while the row goes by. Of equal keys the earlier ones are there already.
template <class T, class E> void take_few(const Keys<T>& keys, int64_t n, int64_t count, E* e) {
  int64_t filled = 0;
  for (int64_t i = 0; i < n; ++i) {
    const uint64_t k = keys[i];
    if (filled == count && k >= e[filled - 1].key()) continue;
    if (filled < count) ++filled;
    int64_t to = filled - 1;
    for (; to > 0 && k < e[to - 1].key(); --to) e[to] = e[to - 1];
    e[to] = E(k, static_cast<uint64_t>(i));
  }
}

/// Of some more, up to `room` candidates that are not behind the worst of the best `count` so far. Returns how many.
template <class T, class E> int64_t take_pool(const Keys<T>& keys, int64_t n, int64_t count, int64_t room, E* e) {
  uint64_t worst = 0;
  int64_t filled = 0;
  bool full = false;
  for (int64_t i = 0; i < n; ++i) {
    const uint64_t k = keys[i];
    if (full && k >= worst) continue;
    e[filled++] = E(k, static_cast<uint64_t>(i));
    if (filled < room) continue;
    std::nth_element(e, e + count - 1, e + filled);
    worst = e[count - 1].key();
    filled = count, full = true;
  }
  return filled;
}

/// Only the elements whose leading bits are those of the wanted part of the order. Returns how many, and how many come before them.
struct Part {
  int64_t filled, before;
};
template <class T, class E> Part take_part(const Keys<T>& keys, int64_t n, int64_t first, int64_t count, E* e) {
  constexpr int bits = sizeof(T) == 1 ? 8 : 11, shift = 8 * sizeof(T) - bits;
  int64_t counts[1 << bits] = {};
  for (int64_t i = 0; i < n; ++i) ++counts[keys[i] >> shift];
  int64_t low = 0, before = 0, filled = 0;
  while (before + counts[low] <= first) before += counts[low++];
  int64_t high = low;
  for (int64_t upto = before + counts[low]; upto < first + count;) upto += counts[++high];
  for (int64_t i = 0; i < n; ++i) {
    const auto k = keys[i];
    const int64_t part = static_cast<int64_t>(k >> shift);
    if (part >= low && part <= high) e[filled++] = E(k, static_cast<uint64_t>(i));
  }
  return {filled, before};
}

// --- rows ---

enum class Way : uint8_t { all, few, pool, part };

/// A call along rows: where they are, and which part of their order is wanted.
struct Job {
  explicit Job(int ndim) : kept(ndim) {}
  Dims kept;
  const char* in;
  char *values, *indices;
  int64_t n, step, value_step, index_step;  // along the axis; bytes
  int64_t first, count;                     // of the order
  bool descending, sorted;

  Way way() const {
    if (first == 0 && count <= few_up_to && count < n) return Way::few;
    if (count * 8 > n || n < radix_from) return Way::all;
    return first == 0 ? Way::pool : Way::part;
  }
  int64_t room() const { return way() == Way::few ? count : way() == Way::pool ? std::max<int64_t>(2 * count, 64) : n; }
  bool needs_other() const { return count == n && n >= radix_from; }
};

template <class T, class E> void sort_row(const Job& j, int64_t row, E* e, E* other) {
  using K = KeyOf<T>;
  using Key = typename K::Key;
  const char* x = j.in + j.kept.offset<&Dim::in>(row);
  const Key flip = j.descending ? static_cast<Key>(~Key(0)) : Key(0);
  const Keys<T> keys{x, j.step, flip};
  int64_t first = j.first, n = j.n;
  switch (j.way()) {
    case Way::all: take_all(keys, n, e); break;
    case Way::few: take_few(keys, n, j.count, e), n = j.count; break;
    case Way::pool: n = take_pool(keys, n, j.count, j.room(), e); break;
    case Way::part: {
      const Part part = take_part(keys, n, first, j.count, e);
      n = part.filled, first -= part.before;
    }
  }
  if (j.count == j.n) {
    e = sort_entries(e, other, n, sizeof(Key));
  } else if (j.way() != Way::few) {
    const int64_t last = first + j.count;
    if (first > 0) std::nth_element(e, e + first, e + n);
    if (last < n) std::nth_element(e + first, e + last - 1, e + n);
    if (j.sorted) std::sort(e + first, e + last);
  }
  char* values = j.values ? j.values + j.kept.offset<&Dim::out>(row) : nullptr;
  char* indices = j.indices ? j.indices + j.kept.offset<&Dim::out2>(row) : nullptr;
  for (int64_t i = 0; i < j.count; ++i) {
    const E entry = e[first + i];
    const int64_t position = static_cast<int64_t>(entry.position());
    if (values) {
      const Key k = static_cast<Key>(static_cast<Key>(entry.key()) ^ flip);
      *reinterpret_cast<T*>(values + i * j.value_step) = K::is_exact(k) ? K::from(k) : *reinterpret_cast<const T*>(x + position * j.step);
    }
    if (indices) *reinterpret_cast<int64_t*>(indices + i * j.index_step) = position;
  }
}

template <class T, class E> void sort_rows(const Job& j) {
  const int64_t rows = j.kept.numel(), item = static_cast<int64_t>(sizeof(E));
  auto range = [&](int64_t b, int64_t e) {
    Scratch a(j.room() * item), other(j.needs_other() ? j.n * item : 0);
    for (; b < e; ++b) sort_row<T, E>(j, b, a.as<E>(), other.as<E>());
  };
  // Few long rows one after the other, each by all threads.
  if (j.count == j.n && j.n >= long_row && rows < long_chunks) range(0, rows);
  else parallel_for(rows, std::max<int64_t>(1, piece / j.n), range);
}

template <class T> void sort_as(const Job& j) {
  sort_rows<T, std::conditional_t<sizeof(T) <= 4, Packed, Pair>>(j);
}

/// Calls f(T{}) for the C++ type whose keys are those of `t`.
template <class F> void for_type(DType t, const F& f) {
  switch (t) {
    case DType::boolean: case DType::uint8: return f(uint8_t{});
    case DType::uint16: return f(uint16_t{});
    case DType::uint32: return f(uint32_t{});
    case DType::uint64: return f(uint64_t{});
    case DType::int8: return f(std::int8_t{});
    case DType::int16: return f(std::int16_t{});
    case DType::int32: return f(std::int32_t{});
    case DType::int64: return f(int64_t{});
    case DType::float16: return f(Half{});
    case DType::bfloat16: return f(BFloat16{});
    case DType::float32: return f(float{});
    default: return f(double{});
  }
}

void select(const SelectCall& c) {
  Job j(c.in.ndim);
  add_dims_but(c.axis, c.in, c.values, c.indices, j.kept);
  auto stride = [&](const View& v) { return absent(v) || v.ndim == 0 ? 0 : v.strides[c.axis] * static_cast<int64_t>(itemsize(v.dtype)); };
  const View& out = absent(c.values) ? c.indices : c.values;
  j.in = c.in.as<char>(), j.values = c.values.as<char>(), j.indices = c.indices.as<char>();
  j.n = c.in.ndim > 0 ? c.in.shape[c.axis] : 1, j.count = c.in.ndim > 0 ? out.shape[c.axis] : 1;
  j.step = stride(c.in), j.value_step = stride(c.values), j.index_step = stride(c.indices);
  j.first = c.first, j.descending = c.descending, j.sorted = c.sorted;
  if (j.count == 0 || j.kept.numel() == 0) return;
  for_type(c.in.dtype, [&](auto t) { sort_as<decltype(t)>(j); });
}

void sort(const SortCall& c) {
  select({.values = c.values, .indices = c.indices, .in = c.in, .axis = c.axis, .first = 0, .descending = c.descending, .sorted = true});
}

// --- searching ---

template <class T> void search(const SearchCall& c) {
  const int64_t n = c.sorted.ndim > 0 ? c.sorted.shape[c.sorted.ndim - 1] : 1;
  const int64_t per_row = c.sorted.ndim > 1 ? c.values.shape[c.values.ndim - 1] : c.values.numel;
  const T *sorted = c.sorted.as<T>(), *values = c.values.as<T>();
  int64_t* out = c.out.as<int64_t>();
  parallel_for(c.values.numel, 1024, [&](int64_t b, int64_t e) {
    for (; b < e; ++b) {
      const T* row = sorted + b / per_row * n;
      const auto key = KeyOf<T>::of(values[b]);
      int64_t low = 0, size = n;
      while (size > 0) {
        const int64_t half = size / 2;
        const auto k = KeyOf<T>::of(row[low + half]);
        const bool after = c.right ? k <= key : k < key;
        low = after ? low + half + 1 : low;
        size = after ? size - half - 1 : half;
      }
      out[b] = low;
    }
  });
}

void searchsorted(const SearchCall& c) {
  for_type(c.values.dtype, [&](auto t) { search<decltype(t)>(c); });
}

// --- rows in lexicographic order ---

template <class T> void lexsort(const View& order, const View& rows) {
  using K = KeyOf<T>;
  const int64_t n = order.numel, m = rows.shape[1];
  int64_t* out = order.as<int64_t>();
  for (int64_t i = 0; i < n; ++i) out[i] = i;
  const T* x = rows.as<T>();
  std::sort(out, out + n, [x, m](int64_t a, int64_t b) {
    for (int64_t c = 0; c < m; ++c) {
      const auto p = K::of(x[a * m + c]), q = K::of(x[b * m + c]);
      if (p != q) return p < q;
    }
    return a < b;
  });
}

void lexsort_rows(const View& order, const View& rows) {
  for_type(rows.dtype, [&](auto t) { lexsort<decltype(t)>(order, rows); });
}

}  // namespace

void fill_sort(Kernels& k) {
  k.sort = sort;
  k.select = select;
  k.searchsorted = searchsorted;
  k.lexsort = lexsort_rows;
}

}  // namespace ph::cpu
