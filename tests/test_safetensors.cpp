// safetensors: round trips, the reference's bytes, every way a file can be malformed (hard case 21), and saving that cannot tear.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "playhead/io.h"

namespace fs = std::filesystem;
using ph::io::load_safetensors;
using ph::io::Metadata;
using ph::io::NamedTensors;
using ph::io::safetensors_bytes;
using ph::io::save_safetensors;

namespace {

/// A tensor whose bytes count up from `first` (0 and 1 in turn for bool).
ph::Tensor counting(const ph::Shape& shape, ph::DType dtype, int first = 1) {
  ph::Tensor x = ph::detail::make_tensor(shape, dtype, ph::cpu_device);
  auto* p = static_cast<unsigned char*>(x.data_ptr());
  for (std::size_t i = 0; i < x.nbytes(); ++i) p[i] = static_cast<unsigned char>((first + static_cast<int>(i)) & (dtype == ph::bool_ ? 1 : 255));
  return x;
}

std::string bytes_of(const ph::Tensor& x) { return {static_cast<const char*>(x.data_ptr()), x.nbytes()}; }

/// The bytes of a file with this header and data.
std::string file(const std::string& header, std::size_t data_size = 0) {
  std::uint64_t n = header.size();
  std::string out(8, '\0');
  std::memcpy(out.data(), &n, 8);
  return out + header + std::string(data_size, '\0');
}

std::string load_error(const std::string& bytes) {
  try {
    load_safetensors(bytes.data(), bytes.size());
  } catch (const ph::Error& e) {
    CHECK(e.kind() == ph::ErrorKind::value);
    return e.what();
  }
  return "no error";
}

/// A folder of the test's own, removed at its end.
struct Folder {
  fs::path path;
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "playhead-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~Folder() { fs::remove_all(path); }
  std::string operator/(const char* name) const { return (path / name).string(); }
  std::size_t files() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), {})); }
};

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void put(const std::string& path, const std::string& content) { std::ofstream(path, std::ios::binary) << content; }

}  // namespace

TEST_CASE("safetensors: every dtype and shape comes back with its bytes") {
  const ph::Shape shapes[] = {{}, {1}, {0}, {7}, {2, 3}, {1, 0, 5}, {2, 1, 2, 1, 2, 1}};
  NamedTensors tensors;
  for (int t = 0; t < ph::dtype_count; ++t) {
    const auto dtype = static_cast<ph::DType>(t);
    if (dtype == ph::complex128) continue;
    for (const auto& shape : shapes) tensors.emplace_back(ph::text(dtype, shape), counting(shape, dtype, t));
  }
  const Metadata metadata = {{"", ""}, {"a \"quoted\" \\ key", "line\nline\t\x01"}, {"zoë", "日本 😀"}};
  const std::string bytes = safetensors_bytes(tensors, metadata);
  const auto back = load_safetensors(bytes.data(), bytes.size());
  CHECK(back.metadata == metadata);
  REQUIRE(back.tensors.size() == tensors.size());
  for (const auto& [name, x] : tensors) {
    const ph::Tensor& y = back[name];
    CHECK(y.dtype() == x.dtype());
    CHECK(y.shape() == x.shape());
    CHECK(bytes_of(y) == bytes_of(x));
  }
  CHECK(safetensors_bytes({tensors.rbegin(), tensors.rend()}, {metadata.rbegin(), metadata.rend()}) == bytes);
  CHECK(safetensors_bytes(back.tensors, back.metadata) == bytes);
}

TEST_CASE("safetensors: the bytes are the reference's") {
  // Written by the Python package safetensors 0.8.0: save({...}, metadata={"b": "1", "a": "\x7f\x01é\"\\/\n"}).
  NamedTensors tensors;
  for (const auto& [name, dtype] : std::initializer_list<std::pair<const char*, ph::DType>>{
           {"00", ph::bool_}, {"01", ph::uint8}, {"02", ph::int8}, {"03", ph::int16}, {"04", ph::uint16}, {"05", ph::float16},
           {"06", ph::int32}, {"07", ph::uint32}, {"08", ph::float32}, {"09", ph::float64}, {"10", ph::int64},
           {"11", ph::uint64}, {"12", ph::complex64}})
    tensors.emplace_back(name, counting({1}, dtype, 0));
  const std::string header =
      R"({"__metadata__":{"a":")" "\x7f" R"(\u0001é\"\\/\n","b":"1"},"11":{"dtype":"U64","shape":[1],"data_offsets":[0,8]},)"
      R"("10":{"dtype":"I64","shape":[1],"data_offsets":[8,16]},"09":{"dtype":"F64","shape":[1],"data_offsets":[16,24]},)"
      R"("12":{"dtype":"C64","shape":[1],"data_offsets":[24,32]},"08":{"dtype":"F32","shape":[1],"data_offsets":[32,36]},)"
      R"("07":{"dtype":"U32","shape":[1],"data_offsets":[36,40]},"06":{"dtype":"I32","shape":[1],"data_offsets":[40,44]},)"
      R"("05":{"dtype":"F16","shape":[1],"data_offsets":[44,46]},"04":{"dtype":"U16","shape":[1],"data_offsets":[46,48]},)"
      R"("03":{"dtype":"I16","shape":[1],"data_offsets":[48,50]},"02":{"dtype":"I8","shape":[1],"data_offsets":[50,51]},)"
      R"("01":{"dtype":"U8","shape":[1],"data_offsets":[51,52]},"00":{"dtype":"BOOL","shape":[1],"data_offsets":[52,53]}})";
  std::string padded = header;
  while (padded.size() % 8) padded += ' ';
  std::string expected = file(padded);
  for (const int n : {8, 8, 8, 8, 4, 4, 4, 2, 2, 2, 1, 1, 1})
    for (int i = 0; i < n; ++i) expected += static_cast<char>(i);
  CHECK(safetensors_bytes(tensors, {{"b", "1"}, {"a", "\x7f\x01é\"\\/\n"}}) == expected);
  CHECK(safetensors_bytes({}) == file("{}      "));
  CHECK(safetensors_bytes({}, {{"a", "b"}}) == file(R"({"__metadata__":{"a":"b"}}      )"));
}

TEST_CASE("safetensors: headers of other writers") {
  // Any order of keys and of tensors, spaces, escapes, an empty tensor between others.
  const std::string bytes = file(R"({ "b" : {"shape":[ 2 ],"data_offsets":[1, 3],"dtype":"U8"},
      "\u00e9\ud83d\ude00\/" :{"dtype":"I8","data_offsets":[0,1],"shape":[]},"none":{"dtype":"F64","shape":[3,0],"data_offsets":[1,1]}}  )", 3);
  const auto loaded = load_safetensors(bytes.data(), bytes.size());
  REQUIRE(loaded.tensors.size() == 3);
  CHECK(loaded.tensors[0].first == "é😀/");
  CHECK(loaded.tensors[0].second.ndim() == 0);
  CHECK(loaded.tensors[1].first == "none");
  CHECK(loaded.tensors[1].second.shape() == ph::Shape{3, 0});
  CHECK(loaded["b"].shape() == ph::Shape{2});
  CHECK(loaded.contains("b"));
  CHECK(!loaded.contains("c"));
  CHECK_THROWS_WITH_AS(loaded["c"], "safetensors: no tensor has this name; got \"c\", the file has 3 tensors", ph::Error);
}

TEST_CASE("hard case 21: every malformed file is an error that says why") {
  const std::string dtypes = "BOOL, U8, I8, I16, U16, F16, BF16, I32, U32, F32, C64, F64, I64, U64";
  const auto one = [](const std::string& fields) { return "{\"x\":{" + fields + "}}"; };
  const auto with = [&](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return one("\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets);
  };
  const std::string entry = R"({"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
  const auto cut = [](std::uint64_t header, std::size_t size) {
    std::string s(8, '\0');
    std::memcpy(s.data(), &header, 8);
    return s + std::string(size - 8, ' ');
  };
  struct Case { std::string bytes, message; };
  const Case cases[] = {
      {"", "a file has at least 8 bytes; got 0"},
      {"1234567", "a file has at least 8 bytes; got 7"},
      {cut(1, 8), "header must lie inside the file; got header=1, file=8 bytes. Was the file cut short?"},
      {cut(100'000'000, 100), "header must lie inside the file; got header=100000000, file=100 bytes. Was the file cut short?"},
      {cut(100'000'001, 100), "header must be at most 100000000 bytes; got 100000001. Is it a safetensors file?"},
      {cut(UINT64_MAX, 100), "header must be at most 100000000 bytes; got 18446744073709551615. Is it a safetensors file?"},
      {cut(0, 8), "header must begin with {. Is it a safetensors file?"},
      {file(" {}"), "header must begin with {. Is it a safetensors file?"},
      {file("[]"), "header must begin with {. Is it a safetensors file?"},
      {file("{"), "header must have \" here; got byte 1 of 1"},
      {file("{}x"), "header must end after its closing brace; got byte 2 of 3"},
      {file(std::string("{}\0", 3)), "header must end after its closing brace; got byte 2 of 3"},
      {file("{,}"), "header must have \" here; got byte 1 of 3"},
      {file("{\"x\" 1}"), "header must have : here; got byte 5 of 7"},
      {file("{\"x\":1}"), "header must have { here; got byte 5 of 7"},
      {file("{\"x\":" + entry + ",}", 1), "header must have \" here; got byte 53 of 54"},
      {file("{\"x\":" + entry + " \"y\":" + entry + "}", 1), "header must have , here; got byte 53 of 105"},
      {file("{\"x"), "header must close its strings; got byte 3 of 3"},
      {file("{\"\n\":" + entry + "}", 1), "header must escape control characters; got byte 2 of 53"},
      {file("{\"\\x\":1}"), "header must not have an unknown escape; got byte 2 of 8"},
      {file("{\"\\"), "header must not have an unknown escape; got byte 2 of 3"},
      {file("{\"\\u12"), "header must have four hexadecimal digits after \\u; got byte 4 of 6"},
      {file("{\"\\u12g4\":1}"), "header must have four hexadecimal digits after \\u; got byte 6 of 12"},
      {file("{\"\\ud800\":1}"), "header must not have half a surrogate pair; got byte 2 of 12"},
      {file("{\"\\ud800\\u0041\":1}"), "header must not have half a surrogate pair; got byte 2 of 18"},
      {file("{\"\\udc00\\ud800\":1}"), "header must not have half a surrogate pair; got byte 2 of 18"},
      {file("{\"\x80\":1}"), "header must be valid UTF-8; got byte 2 of 7"},
      {file("{\"\xc0\xaf\":1}"), "header must be valid UTF-8; got byte 2 of 8"},              // overlong
      {file("{\"\xe0\x80\xaf\":1}"), "header must be valid UTF-8; got byte 2 of 9"},          // overlong
      {file("{\"\xed\xa0\x80\":1}"), "header must be valid UTF-8; got byte 2 of 9"},          // a surrogate
      {file("{\"\xf4\x90\x80\x80\":1}"), "header must be valid UTF-8; got byte 2 of 10"},     // past U+10FFFF
      {file("{\"\xe2\x82"), "header must be valid UTF-8; got byte 2 of 4"},                   // cut short
      {file(with("U8", "[1.0]", "[0,1]"), 1), "header must have a whole number here; got byte 28 of 55"},
      {file(with("U8", "[1e0]", "[0,1]"), 1), "header must have a whole number here; got byte 28 of 55"},
      {file(with("U8", "[-1]", "[0,1]"), 1), "header must have a whole number here; got byte 28 of 54"},
      {file(with("U8", "[01]", "[0,1]"), 1), "header must not have leading zeros; got byte 28 of 54"},
      {file(with("U8", "[9223372036854775808]", "[0,1]"), 1), "header must have numbers below 2^63; got byte 28 of 71"},
      {file(with("U8", "[1,]", "[0,1]"), 1), "header must have a whole number here; got byte 30 of 54"},
      {file(with("U8", "[1", "[0,1]"), 1), "header must have a whole number here; got byte 30 of 52"},
      {file(with("U8", "[[1]]", "[0,1]"), 1), "header must have a whole number here; got byte 28 of 55"},
      {file(std::string("{\"x\":") + std::string(100000, '['), 1), "header must have { here; got byte 5 of 100005"},
      {file("{\"x\":" + entry + ",\"x\":" + entry + "}", 1), "names must not repeat; got \"x\" twice"},
      {file("{\"x\":" + entry + ",\"\\u0078\":" + entry + "}", 1), "names must not repeat; got \"x\" twice"},
      {file(R"({"__metadata__":{},"__metadata__":{}})"), "names must not repeat; got \"__metadata__\" twice"},
      {file(R"({"__metadata__":{"a":"1","a":"2"}})"), "metadata keys must not repeat; got \"a\" twice"},
      {file(R"({"__metadata__":{"a":1}})"), "header must have \" here; got byte 21 of 24"},
      {file(R"({"__metadata__":"a"})"), "header must have { here; got byte 16 of 20"},
      {file(R"({"__metadata__":{"playhead.tied.b":"x"}})"),
       "a tied name must be new and lead to a tensor of the file; got \"b\" tied to \"x\""},
      {file(R"({"__metadata__":{"playhead.tied.x":"x"},"x":)" + entry + "}", 1),
       "a tied name must be new and lead to a tensor of the file; got \"x\" tied to \"x\""},
      {file("{\"x\":{}}"), "a tensor has dtype, shape and data_offsets, once each; got no dtype in tensor \"x\""},
      {file(one(R"("dtype":"U8","shape":[])")), "a tensor has dtype, shape and data_offsets, once each; got no data_offsets in tensor \"x\""},
      {file(one(R"("dtype":"U8","data_offsets":[0,1])")), "a tensor has dtype, shape and data_offsets, once each; got no shape in tensor \"x\""},
      {file(one(R"("dtype":"U8","dtype":"I8")")), "a tensor has dtype, shape and data_offsets, once each; got \"dtype\" in tensor \"x\""},
      {file(one(R"("strides":[1])")), "a tensor has dtype, shape and data_offsets, once each; got \"strides\" in tensor \"x\""},
      {file(with("F8_E4M3", "[1]", "[0,1]"), 1), "dtype must be one of " + dtypes + "; got \"F8_E4M3\" for tensor \"x\""},
      {file(with("f32", "[1]", "[0,4]"), 4), "dtype must be one of " + dtypes + "; got \"f32\" for tensor \"x\""},
      {file(with("U8", "[1]", "[]")), "data_offsets must be two numbers; got 0 for tensor \"x\""},
      {file(with("U8", "[1]", "[0,1,2]"), 1), "data_offsets must be two numbers; got 3 for tensor \"x\""},
      {file(with("U8", "[1]", "[1,0]"), 1), "data_offsets must be [begin, end]; got [1, 0] for tensor \"x\""},
      {file(with("U8", "[2]", "[0,2]"), 1), "the file is shorter than its header says; got 1 bytes of data, tensor \"x\" ends at 2. Was it cut short?"},
      {file(with("F32", "[2,3]", "[0,20]"), 20),
       "data_offsets must span what shape and dtype ask for; got [0, 20], shape=[2, 3], dtype=float32 (24 bytes) for tensor \"x\""},
      {file(with("F32", "[2,0]", "[0,4]"), 4),
       "data_offsets must span what shape and dtype ask for; got [0, 4], shape=[2, 0], dtype=float32 (0 bytes) for tensor \"x\""},
      // 2^62 elements of 4 bytes wrap to 0 bytes; so do 2^32 by 2^32.
      {file(with("F32", "[4611686018427387904]", "[0,0]")),
       "a tensor must have fewer than 2^63 bytes; got shape=[4611686018427387904], dtype=float32 for tensor \"x\""},
      {file(with("U8", "[4294967296,4294967296]", "[0,0]")),
       "a tensor must have fewer than 2^63 bytes; got shape=[4294967296, 4294967296], dtype=uint8 for tensor \"x\""},
      {file(with("U8", "[0,4294967296,4294967296]", "[0,0]")),
       "a tensor must have fewer than 2^63 bytes; got shape=[0, 4294967296, 4294967296], dtype=uint8 for tensor \"x\""},
      {file(with("U8", "[1099511627776]", "[0,1099511627776]"), 8),
       "the file is shorter than its header says; got 8 bytes of data, tensor \"x\" ends at 1099511627776. Was it cut short?"},
      {file(R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"y":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})", 3),
       "data must have no gaps and no overlaps; got begin=2 after end=1 at tensor \"y\""},
      {file(R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"y":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})", 3),
       "data must have no gaps and no overlaps; got begin=1 after end=2 at tensor \"y\""},
      {file(R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"y":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1),
       "data must have no gaps and no overlaps; got begin=0 after end=1 at tensor \"y\""},
      {file(with("U8", "[1]", "[1,2]"), 2), "data must have no gaps and no overlaps; got begin=1 after end=0 at tensor \"x\""},
      {file(with("U8", "[1]", "[0,1]"), 2), "data must end with the last tensor; got 2 bytes, described 1"},
      {file("{}", 1), "data must end with the last tensor; got 1 bytes, described 0"},
      {file(with("BOOL", "[1]", "[0,1]")) + '\2', "a BOOL must be 0 or 1; got another byte in tensor \"x\""},
      {file("{\"" + std::string(1000, 'n') + "\\u0000\":{}}"),
       "a tensor has dtype, shape and data_offsets, once each; got no dtype in tensor \"" + std::string(80, 'n') + "\"..."},
  };
  for (const auto& c : cases) CHECK(load_error(c.bytes) == "load_safetensors: " + c.message);

  std::string dims = "1";
  for (int i = 0; i < 100000; ++i) dims += ",1";
  CHECK(load_error(file(with("U8", "[" + dims + "]", "[0,0]"))) ==
        "load_safetensors: data_offsets must span what shape and dtype ask for; got [0, 0], shape=[1, 1, ... 100001 dimensions], "
        "dtype=uint8 (1 bytes) for tensor \"x\"");
}

TEST_CASE("hard case 21: a file cut anywhere, or with any byte changed, is an error or loads") {
  const std::string good = safetensors_bytes({{"w", counting({2, 3}, ph::float32)}, {"b", counting({}, ph::bool_)}}, {{"k", "v"}});
  for (std::size_t n = 0; n < good.size(); ++n) CHECK(load_error(good.substr(0, n)) != "no error");
  for (std::size_t i = 0; i < good.size(); ++i)
    for (int v = 0; v < 256; ++v) {
      std::string bad = good;
      bad[i] = static_cast<char>(v);
      load_error(bad);  // must not crash, nor throw anything else
    }
}

TEST_CASE("safetensors: what cannot be saved is refused before anything is written") {
  const Folder folder;
  const ph::Tensor x = counting({2}, ph::float32);
  const auto refused = [&](const NamedTensors& tensors, const Metadata& metadata, const char* message) {
    CHECK_THROWS_WITH_AS(save_safetensors(folder / "x", tensors, metadata), message, ph::Error);
    CHECK(folder.files() == 0);
  };
  refused({{"a", x}, {"a", counting({2}, ph::float32)}}, {}, "save_safetensors: names must not repeat; got \"a\" twice");
  refused({{"a", x}, {"a", x}}, {}, "save_safetensors: names must not repeat; got \"a\" twice");
  refused({{"__metadata__", x}}, {}, "save_safetensors: a tensor cannot be called \"__metadata__\", which the format reserves");
  refused({{"a\xff", x}}, {}, "save_safetensors: names must be valid UTF-8; got \"a\\xff\"");
  refused({{"a", x}}, {{"k", "\xc3"}}, "save_safetensors: metadata must be valid UTF-8; got \"\\xc3\"");
  refused({{"a", x}}, {{"k", "1"}, {"k", "2"}}, "save_safetensors: metadata keys must not repeat; got \"k\" twice");
  refused({{"a", x}}, {{"playhead.tied.b", "a"}},
          "save_safetensors: metadata keys must not begin with playhead.tied.; got \"playhead.tied.b\"");
  refused({{"a", counting({1}, ph::complex128)}}, {},
          "save_safetensors: the format has no complex128; got tensor \"a\". Save real and imag apart");
  refused({{"a", ph::Tensor()}}, {}, "save_safetensors: tensors must be defined; got an undefined one called \"a\"");
}

TEST_CASE("hard case 19: tied weights are stored once and tied again when loaded") {
  const ph::Tensor w = counting({4}, ph::float32), same = ph::detail::make_alias(w);
  const ph::Tensor other = ph::detail::make_view(w, {2}, {1}, 0);  // begins at the same address, but is another tensor
  const NamedTensors tensors = {{"wte", w}, {"head", same}, {"half", other}, {"e1", counting({0}, ph::float32)}, {"e2", counting({0}, ph::float32)}};
  const std::string bytes = safetensors_bytes(tensors, {{"a", "b"}});
  CHECK(bytes.find(R"({"__metadata__":{"a":"b","playhead.tied.wte":"head"},)") == 8);
  const auto back = load_safetensors(bytes.data(), bytes.size());
  CHECK(back.tensors.size() == 5);
  CHECK(back.metadata == Metadata{{"a", "b"}});
  CHECK(back["wte"].is_same(back["head"]));
  CHECK(!back["half"].shares_storage(back["head"]));
  CHECK(bytes_of(back["half"]) == bytes_of(w).substr(0, 8));
  CHECK(safetensors_bytes(back.tensors, back.metadata) == bytes);
}

TEST_CASE("safetensors: any layout is saved in row-major order") {
  const ph::Tensor x = counting({3, 4}, ph::int16);
  const NamedTensors views = {{"t", x.transpose(0, 1)}, {"s", x.slice(1, {1, 4, 2})}, {"e", x.select(0, 1).expand({2, 4})}};
  const std::string bytes = safetensors_bytes(views);
  const auto back = load_safetensors(bytes.data(), bytes.size());
  for (const auto& [name, v] : views) {
    CHECK(back[name].is_contiguous());
    CHECK(back[name].shape() == v.shape());
    CHECK(back[name].to_vector<std::int16_t>() == v.to_vector<std::int16_t>());
  }
}

TEST_CASE("safetensors: files") {
  const Folder folder;
  const std::string path = folder / "m.safetensors";
  const NamedTensors tensors = {{"w", counting({5}, ph::float64)}};
  save_safetensors(path, tensors, {{"step", "3"}});
  CHECK(contents(path) == safetensors_bytes(tensors, {{"step", "3"}}));
  CHECK(bytes_of(load_safetensors(path)["w"]) == bytes_of(tensors[0].second));
  CHECK(folder.files() == 1);

  // Permissions and links of the file that is replaced stay.
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("m.safetensors", folder / "link");
  save_safetensors(folder / "link", {});
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(contents(path) == safetensors_bytes({}));
  CHECK(fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));

  put(path, "1234567");
  CHECK_THROWS_WITH_AS(load_safetensors(path), ("load_safetensors: a file has at least 8 bytes; got 7 (" + path + ")").c_str(), ph::Error);
  const std::string missing = folder / "no/such";
  CHECK_THROWS_WITH_AS(load_safetensors(missing), ("load_safetensors: cannot open the file; got " + missing + " (No such file or directory)").c_str(),
                       ph::Error);
  CHECK_THROWS_WITH_AS(load_safetensors(folder.path.string()), ("load_safetensors: needs a regular file; got " + folder.path.string()).c_str(), ph::Error);
  CHECK_THROWS_WITH_AS(load_safetensors("/dev/zero"), "load_safetensors: needs a regular file; got /dev/zero", ph::Error);
  CHECK_THROWS_WITH_AS(save_safetensors("/dev/full", tensors), "save_safetensors: can only replace a regular file; got /dev/full", ph::Error);
  CHECK_THROWS_WITH_AS(save_safetensors(missing, tensors),
                       ("save_safetensors: cannot make a temporary file in the folder; got " + missing + " (No such file or directory)").c_str(), ph::Error);
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_AS(load_safetensors(folder / "pipe"), ph::Error);  // and does not wait for a writer
}

TEST_CASE("hard case 21: saving that fails half way leaves the old file and nothing else") {
  const Folder folder;
  const std::string path = folder / "m";
  save_safetensors(path, {{"w", counting({5}, ph::float64)}});
  const std::string before = contents(path);
  const pid_t child = ::fork();
  if (child == 0) {  // a disk that is full after 4 KiB
    const rlimit limit = {4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::signal(SIGXFSZ, SIG_IGN);
    try {
      save_safetensors(path, {{"w", counting({1 << 20}, ph::uint8)}});
    } catch (const ph::Error& e) {
      ::_exit(e.kind() == ph::ErrorKind::io ? 7 : 1);
    }
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 7);
  CHECK(contents(path) == before);
  CHECK(folder.files() == 1);
}

TEST_CASE("hard case 21: a process killed while it saves leaves the old file or the new one") {
  const Folder folder;
  const std::string path = folder / "m";
  const NamedTensors models[] = {{{"w", counting({1 << 20}, ph::uint8, 0)}}, {{"w", counting({3 << 20}, ph::uint8, 7)}}};
  const std::string whole[] = {safetensors_bytes(models[0]), safetensors_bytes(models[1])};
  save_safetensors(path, models[0]);
  for (int round = 0; round < 20; ++round) {
    const pid_t child = ::fork();
    if (child == 0)
      for (int i = 1;; ++i) save_safetensors(path, models[i % 2]);
    ::usleep(static_cast<useconds_t>(1000 + 700 * round));
    ::kill(child, SIGKILL);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    const std::string now = contents(path);
    CHECK((now == whole[0] || now == whole[1]));
  }
}
