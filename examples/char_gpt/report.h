// What a run leaves for people: the progress line, the loss curve as a picture, the figures as JSON.
#pragma once
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

struct Validation {
  std::int64_t step;
  double loss;
};

/// Losses by step; the part of a run that the picture shows.
struct History {
  std::vector<double> train;  // of every step
  std::vector<Validation> validation;
  /// Mean of the last `n` training losses.
  double recent(std::size_t n = 100) const {
    n = std::min(n, train.size());
    double s = 0;
    for (std::size_t i = train.size() - n; i < train.size(); ++i) s += train[i];
    return n ? s / static_cast<double>(n) : NAN;
  }
};

/// Replaces the file as a whole, so that a reader never sees half of it.
inline void write_file(const std::filesystem::path& path, const std::string& content) {
  const std::filesystem::path part = path.string() + ".part";
  {
    std::ofstream out(part, std::ios::binary);
    out << content;
    if (!out.flush()) throw std::runtime_error("cannot write " + part.string());
  }
  std::filesystem::rename(part, path);
}

template <class... A>
std::string format(const char* f, A... a) {
  std::string s(static_cast<std::size_t>(std::snprintf(nullptr, 0, f, a...)), '\0');
  std::snprintf(s.data(), s.size() + 1, f, a...);
  return s;
}

/// One line that is written over itself on a terminal, and lines of their own elsewhere.
class Progress {
 public:
  Progress(std::int64_t first, std::int64_t steps, std::int64_t tokens_per_step)
      : first_(first), steps_(steps), tokens_(tokens_per_step), terminal_(isatty(STDOUT_FILENO)), start_(Clock::now()), shown_(start_) {}
  void update(std::int64_t step, double loss) {
    const auto now = Clock::now();
    if (!terminal_ || now - shown_ < std::chrono::milliseconds(100)) return;
    shown_ = now;
    std::printf("\r\033[K%s", line(step, loss).c_str());
    std::fflush(stdout);
  }
  /// A line that stays.
  void milestone(std::int64_t step, double loss, double validation) {
    std::printf("%s%s  validation %.4f\n", terminal_ ? "\r\033[K" : "", line(step, loss).c_str(), validation);
    std::fflush(stdout);
  }
  double tokens_per_second(std::int64_t step) const {
    return static_cast<double>((step - first_) * tokens_) / std::max(seconds(), 1e-9);
  }
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  std::string line(std::int64_t step, double loss) const {
    const auto left = static_cast<int>(seconds() / static_cast<double>(std::max<std::int64_t>(step - first_, 1)) * static_cast<double>(steps_ - step));
    return format("step %5lld/%lld  loss %.4f  %6.0f tokens/s  %d:%02d left", static_cast<long long>(step), static_cast<long long>(steps_), loss,
                  tokens_per_second(step), left / 60, left % 60);
  }
  std::int64_t first_, steps_, tokens_;
  bool terminal_;
  Clock::time_point start_, shown_;
};

/// The loss curve as SVG, readable on light and dark ground.
inline std::string loss_curve(const History& h, double entropy, const std::string& title) {
  constexpr double width = 720, height = 400, left = 56, right = 120, top = 40, bottom = 44;
  const auto n = static_cast<double>(std::max<std::size_t>(h.train.size(), 2));
  double low = entropy, high = entropy;
  for (const double v : h.train) low = std::min(low, v), high = std::max(high, v);
  for (const Validation& v : h.validation) low = std::min(low, v.loss), high = std::max(high, v.loss);
  low = std::floor(low * 2) / 2, high = std::ceil(high * 2) / 2;
  const auto x = [&](double step) { return left + (width - left - right) * step / n; };
  const auto y = [&](double loss) { return top + (height - top - bottom) * (high - loss) / (high - low); };
  std::string s = format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n"
      "<style>:root{color-scheme:light dark}rect.ground{fill:#fff}text{fill:#333}.grid{stroke:#ddd}.train{stroke:#4c8dd0}.val{stroke:#d9622b;fill:#d9622b}"
      ".entropy{stroke:#777}@media(prefers-color-scheme:dark){rect.ground{fill:#16181c}text{fill:#ccc}.grid{stroke:#333}.entropy{stroke:#999}}</style>\n"
      "<rect class=\"ground\" width=\"100%%\" height=\"100%%\"/>\n<text x=\"%g\" y=\"22\" font-size=\"14\">%s</text>\n", width, height, left, title.c_str());
  const double step_y = high - low > 3 ? 1 : 0.5;
  for (double v = low; v <= high + 1e-9; v += step_y)
    s += format("<line class=\"grid\" x1=\"%g\" x2=\"%g\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"%g\" y=\"%.1f\" text-anchor=\"end\">%.1f</text>\n", left,
                width - right, y(v), y(v), left - 8, y(v) + 4, v);
  for (int i = 0; i <= 4; ++i)
    s += format("<text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">%.0f</text>\n", x(n * i / 4), height - bottom + 18, n * i / 4);
  s += format("<text x=\"%g\" y=\"%g\" text-anchor=\"middle\">step</text><text x=\"%g\" y=\"34\">nats per character</text>\n",
              (left + width - right) / 2, height - 8, left);
  // At most a point per pixel: the mean of the steps that fall there.
  const std::size_t stride = std::max<std::size_t>(1, h.train.size() / 540);
  s += "<polyline class=\"train\" fill=\"none\" stroke-width=\"1.2\" points=\"";
  for (std::size_t i = 0; i < h.train.size(); i += stride) {
    double sum = 0;
    const std::size_t end = std::min(i + stride, h.train.size());
    for (std::size_t j = i; j < end; ++j) sum += h.train[j];
    s += format("%.1f,%.1f ", x(static_cast<double>(i)), y(sum / static_cast<double>(end - i)));
  }
  s += "\"/>\n<polyline class=\"val\" style=\"fill:none\" stroke-width=\"2\" points=\"";
  for (const Validation& v : h.validation) s += format("%.1f,%.1f ", x(static_cast<double>(v.step)), y(v.loss));
  s += "\"/>\n";
  for (const Validation& v : h.validation) s += format("<circle class=\"val\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>\n", x(static_cast<double>(v.step)), y(v.loss));
  s += format("<line class=\"entropy\" stroke-dasharray=\"5 4\" x1=\"%g\" x2=\"%g\" y1=\"%.1f\" y2=\"%.1f\"/>\n", left, width - right, y(entropy), y(entropy));
  const double at = width - right + 8;
  s += format("<text x=\"%g\" y=\"%.1f\">unigram %.2f</text>\n", at, y(entropy) + 4, entropy);
  if (!h.validation.empty()) s += format("<text x=\"%g\" y=\"%.1f\">validation %.2f</text>\n", at, y(h.validation.back().loss) + 4, h.validation.back().loss);
  if (!h.train.empty()) s += format("<text x=\"%g\" y=\"%.1f\">training %.2f</text>\n", at, y(h.recent()) + 18, h.recent());
  return s + "</svg>\n";
}
