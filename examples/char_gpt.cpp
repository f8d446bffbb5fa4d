// Trains a character-level transformer on text. Killed at any moment and started again with --resume, it ends with the same
// bits as if nothing had happened: every random choice depends on the seed and the step alone, and a checkpoint replaces the one before
// it as a whole.
#include <charconv>
#include <cstring>
#include <exception>

#include "char_gpt/corpus.h"
#include "char_gpt/model.h"
#include "char_gpt/report.h"
#include "playhead/io.h"
#include "playhead/optim.h"

namespace {

namespace fs = std::filesystem;

struct Options {
  std::string text = ".", out = "out/char_gpt";
  std::int64_t steps = 2000, seed = 1, threads = 0;
  bool resume = false;
};

constexpr std::int64_t context = 64, batch = 12, width = 128, heads = 4, save_every = 100;
constexpr int layers = 4;

void usage() {
  std::puts(
      "char_gpt [options]   trains a character-level transformer on text and lets it write\n\n"
      "  --text PATH     a file, or a folder of sources and documents (default .)\n"
      "  --steps N       optimiser steps (default 2000)\n"
      "  --seed N        the same seed gives the same bits (default 1)\n"
      "  --threads N     default: the cores of this machine; the bits do not depend on it\n"
      "  --out DIR       where checkpoint.safetensors, metrics.json, loss.svg and sample.txt go (default out/char_gpt)\n"
      "  --resume        continue from the checkpoint in DIR");
}

[[noreturn]] void fail(const std::string& why) { throw std::runtime_error(why); }

Options parse(int argc, char** argv) {
  Options o;
  const auto number = [&](int i, std::int64_t least) {
    std::int64_t v = 0;
    const char* s = argv[i];
    const auto r = std::from_chars(s, s + std::strlen(s), v);
    if (r.ec != std::errc() || *r.ptr || v < least) fail(std::string(argv[i - 1]) + " needs a number from " + std::to_string(least) + "; got " + s);
    return v;
  };
  for (int i = 1; i < argc; ++i) {
    const std::string a = argv[i];
    if (a == "--help" || a == "-h") {
      usage();
      std::exit(0);
    }
    if (a == "--resume") {
      o.resume = true;
      continue;
    }
    if (i + 1 == argc) fail(a + " needs a value; see --help");
    ++i;
    if (a == "--text") o.text = argv[i];
    else if (a == "--out") o.out = argv[i];
    else if (a == "--steps") o.steps = number(i, 1);
    else if (a == "--seed") o.seed = number(i, 0);
    else if (a == "--threads") o.threads = number(i, 1);
    else fail("unknown option " + a + "; see --help");
  }
  return o;
}

/// All that changes while training.
struct Run {
  CharGPT model;
  ph::optim::AdamW optimizer;
  History history;
  std::int64_t step = 0;

  Run(std::int64_t vocabulary)
      : model(vocabulary, context, width, heads, layers),
        optimizer(model.parameters(), {.lr = 1e-3, .beta2 = 0.99, .weight_decay = 0.1}) {}

  void save(const fs::path& path, const ph::io::Metadata& identity) {
    ph::io::NamedTensors all;
    for (auto& [name, x] : model.state_dict()) all.push_back({"model." + name, x});
    for (auto& [name, x] : optimizer.state_dict()) all.push_back({"optimizer." + name, x});
    std::vector<double> points;
    for (const Validation& v : history.validation) points.insert(points.end(), {static_cast<double>(v.step), v.loss});
    all.push_back({"history.train", ph::from_data(history.train)});
    all.push_back({"history.validation", ph::from_data(points)});
    ph::io::save_safetensors(path.string(), all, identity);
  }

  void load(const fs::path& path, const ph::io::Metadata& identity) {
    const ph::io::Safetensors file = ph::io::load_safetensors(path.string());
    for (const auto& [key, value] : identity)
      for (const auto& [k, v] : file.metadata)
        if (k == key && v != value) fail("the checkpoint is of another run: its " + key + " is " + v + ", not " + value);
    ph::nn::StateDict weights, state;
    for (const auto& [name, x] : file.tensors) {
      if (name.starts_with("model.")) weights.push_back({name.substr(6), x});
      if (name.starts_with("optimizer.")) state.push_back({name.substr(10), x});
    }
    model.load_state_dict(weights);
    optimizer.load_state_dict(state);
    history.train = file["history.train"].to_vector<double>();
    const std::vector<double> points = file["history.validation"].to_vector<double>();
    for (std::size_t i = 0; i + 1 < points.size(); i += 2) history.validation.push_back({static_cast<std::int64_t>(points[i]), points[i + 1]});
    step = optimizer.steps();
  }
};

Tensor loss_of(CharGPT& model, const Corpus::Batch& b) {
  const Tensor logits = model(b.x);  // [b, t, vocabulary]
  return ph::cross_entropy(logits.flatten(0, 1), b.y.flatten());
}

double validate(CharGPT& model, const Corpus& corpus) {
  const ph::no_grad guard;
  constexpr std::int64_t parts = 20;
  double sum = 0;
  for (std::int64_t k = 0; k < parts; ++k) sum += loss_of(model, corpus.validation_batch(k, parts, batch)).item<double>();
  return sum / static_cast<double>(parts);
}

std::string write_sample(CharGPT& model, const Corpus& corpus, std::uint64_t seed, int length) {
  const ph::no_grad guard;
  std::vector<std::int64_t> ids{corpus.id_of('\n')};
  std::string text;
  for (int i = 0; i < length; ++i) {
    const auto n = std::min<std::int64_t>(static_cast<std::int64_t>(ids.size()), context);
    const std::vector<std::int64_t> recent(ids.end() - n, ids.end());
    const Tensor logits = model(ph::from_data(recent, {1, n}));
    const std::vector<float> p = ph::softmax(logits.index({0, -1}) / 0.8, -1).to_vector<float>();
    double u = static_cast<double>(random_at(seed, 1u << 31, static_cast<std::uint64_t>(i)) >> 11) * 0x1p-53;
    std::size_t pick = 0;
    while (pick + 1 < p.size() && (u -= static_cast<double>(p[pick])) >= 0) ++pick;
    ids.push_back(static_cast<std::int64_t>(pick));
    text += corpus.symbol(ids.back());
  }
  return text;
}

void train(const Options& o) {
  if (o.threads) ph::set_num_threads(static_cast<int>(o.threads));
  const Corpus corpus(read_text(o.text), context);
  fs::create_directories(o.out);
  const fs::path out = o.out, checkpoint = out / "checkpoint.safetensors";
  const auto seed = static_cast<std::uint64_t>(o.seed);
  const ph::io::Metadata identity = {{"seed", std::to_string(o.seed)}, {"steps", std::to_string(o.steps)}, {"text", std::to_string(corpus.hash())}};

  ph::manual_seed(seed);
  Run run(corpus.vocabulary());
  ph::optim::CosineWarmup schedule(run.optimizer, {.warmup = std::min<std::int64_t>(100, o.steps / 10), .total = o.steps, .min_lr = 1e-4});
  if (o.resume && fs::exists(checkpoint)) run.load(checkpoint, identity);
  schedule.set_step(run.step);

  std::printf("%lld characters, %lld different, %.4f nats each if guessed by frequency alone; %lld parameters, %d threads\n",
              static_cast<long long>(corpus.size()), static_cast<long long>(corpus.vocabulary()), corpus.unigram_entropy(),
              static_cast<long long>(run.model.num_parameters()), ph::num_threads());
  if (run.step) std::printf("resumed at step %lld\n", static_cast<long long>(run.step));

  const std::int64_t validate_every = std::max<std::int64_t>(1, o.steps / 10);
  Progress progress(run.step, o.steps, batch * context);
  const std::vector<Tensor> parameters = run.model.parameters();
  while (run.step < o.steps) {
    const Tensor loss = loss_of(run.model, corpus.train_batch(seed, run.step, batch));
    run.optimizer.zero_grad();
    loss.backward();
    ph::optim::clip_grad_norm_(parameters, 1.0);
    run.optimizer.step();
    schedule.step();
    ++run.step;
    run.history.train.push_back(loss.item<double>());
    progress.update(run.step, run.history.recent());
    if (run.step % validate_every == 0 || run.step == o.steps) {
      run.history.validation.push_back({run.step, validate(run.model, corpus)});
      progress.milestone(run.step, run.history.recent(), run.history.validation.back().loss);
    }
    if (run.step % save_every == 0 || run.step == o.steps) run.save(checkpoint, identity);
  }

  const double speed = progress.tokens_per_second(run.step), validation = run.history.validation.back().loss;
  write_file(out / "loss.svg", loss_curve(run.history, corpus.unigram_entropy(), format("char-GPT, %lld steps", static_cast<long long>(o.steps))));
  const std::string sample = write_sample(run.model, corpus, seed, 500);
  write_file(out / "sample.txt", sample);
  write_file(out / "metrics.json",
             format("{\n  \"steps\": %lld,\n  \"train_loss\": %.17g,\n  \"validation_loss\": %.17g,\n  \"tokens_per_second\": %.1f,\n"
                    "  \"unigram_entropy\": %.17g,\n  \"seed\": %lld\n}\n",
                    static_cast<long long>(o.steps), run.history.recent(), validation, speed, corpus.unigram_entropy(), static_cast<long long>(o.seed)));
  std::printf("\n%s\n\nvalidation loss %.4f nats per character; guessing by frequency alone: %.4f\n", sample.c_str(), validation, corpus.unigram_entropy());
  std::printf("%.1f s, %.0f tokens/s. Written to %s: checkpoint.safetensors, metrics.json, loss.svg, sample.txt\n", progress.seconds(), speed, o.out.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    train(parse(argc, argv));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "char_gpt: %s\n", e.what());
    return 1;
  }
}
