// A host program with threads of its own: four workers calibrate four sensors at once, each with its own small model and
// its own tape, while the host keeps its own types and its own error handling.
#include <playhead/playhead.h>

#include <cmath>
#include <cstdio>
#include <thread>
#include <vector>

namespace {

struct Sensor {
  double gain, offset;               // the truth, which a real host would not know
  double found_gain = 0, found_offset = 0;
};

// Fits reading = gain * x + offset by gradient descent on the mean squared error.
void calibrate(Sensor& sensor) {
  std::vector<double> inputs, readings;
  for (int i = 0; i < 64; ++i) {
    inputs.push_back(i / 32.0 - 1);
    readings.push_back(sensor.gain * inputs.back() + sensor.offset);
  }
  // The host's memory, not copied.
  const ph::Tensor x = ph::from_blob(inputs.data(), {64}), y = ph::from_blob(readings.data(), {64});
  ph::Tensor w = ph::zeros({2}, {.dtype = ph::float64, .requires_grad = true});
  for (int step = 0; step < 200; ++step) {
    const ph::Tensor error = x * w[0] + w[1] - y;
    const ph::Tensor g = ph::grad((error * error).mean(), w);
    ph::no_grad guard;
    w.sub_(g * 0.5);
  }
  sensor.found_gain = w[0].item<double>();
  sensor.found_offset = w[1].item<double>();
}

}  // namespace

int main() {
  std::vector<Sensor> sensors = {{2, 1}, {-3, 0.5}, {0.25, -4}, {1, 0}};
  std::vector<std::thread> workers;
  for (Sensor& s : sensors) workers.emplace_back([&s] { calibrate(s); });
  for (std::thread& t : workers) t.join();

  bool good = true;
  for (const Sensor& s : sensors) {
    std::printf("gain %6.3f  offset %6.3f\n", s.found_gain, s.found_offset);
    good = good && std::abs(s.gain - s.found_gain) < 1e-6 && std::abs(s.offset - s.found_offset) < 1e-6;
  }
  try {
    ph::zeros({2, 3}) + ph::zeros({4});
    good = false;
  } catch (const ph::Error& e) {
    std::printf("an error is an exception: %s\n", e.what());
  }
  return good ? 0 : 1;
}
