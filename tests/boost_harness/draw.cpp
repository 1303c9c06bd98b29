// Draws with Boost.Random what a request on standard input asks for, so that tests can compare.
//
// A request is one line:  generator distribution real seed count first second
// with generator 32 or 64, distribution u, n or b, real f or d, and the two parameters as hexadecimal floats:
// bounds of Caffe's uniform (its upper bound is raised by one step, as caffe_rng_uniform does), mean and
// standard deviation, or a probability. The answer, in binary: the values, then the next word as 64 bits.

#include <boost/math/special_functions/next.hpp>
#include <boost/random/bernoulli_distribution.hpp>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_real.hpp>
#include <boost/random/variate_generator.hpp>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

struct Request {
  char generator[8], distribution[8], real[8];
  unsigned long long seed;
  std::size_t count;
  double first, second;
};

template <class Real, class Engine, class Distribution>
void answer(Engine& engine, const Distribution& distribution, std::size_t count) {
  boost::variate_generator<Engine*, Distribution> draw(&engine, distribution);
  std::vector<Real> values(count);
  for (Real& value : values) value = static_cast<Real>(draw());
  std::fwrite(values.data(), sizeof(Real), count, stdout);
  const std::uint64_t next = engine();
  std::fwrite(&next, sizeof next, 1, stdout);
}

template <class Real, class Engine>
void choose_distribution(const Request& request) {
  Engine engine(static_cast<typename Engine::result_type>(request.seed));
  const Real first = static_cast<Real>(request.first), second = static_cast<Real>(request.second);
  switch (request.distribution[0]) {
    case 'u': {
      const Real raised = boost::math::nextafter(second, std::numeric_limits<Real>::max());
      return answer<Real>(engine, boost::uniform_real<Real>(first, raised), request.count);
    }
    case 'n':
      return answer<Real>(engine, boost::normal_distribution<Real>(first, second), request.count);
    default:
      return answer<Real>(engine, boost::bernoulli_distribution<Real>(first), request.count);
  }
}

template <class Engine>
void choose_real(const Request& request) {
  if (request.real[0] == 'f') return choose_distribution<float, Engine>(request);
  return choose_distribution<double, Engine>(request);
}

int main() {
  Request request;
  while (std::scanf("%7s %7s %7s %llu %zu %la %la", request.generator, request.distribution, request.real,
                    &request.seed, &request.count, &request.first, &request.second) == 7) {
    if (std::string(request.generator) == "64")
      choose_real<boost::mt19937_64>(request);
    else
      choose_real<boost::mt19937>(request);
  }
}
