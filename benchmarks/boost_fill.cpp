// The stand-in for Caffe: draws with Boost's distributions what a net's fillers ask for, in their order, and
// writes the raw values with write(2).
//
//   boost_fill SEED [OUT]  < requests
//
// A request is a line: u COUNT LOW HIGH (Caffe raises HIGH by one step), n COUNT MEAN STD, or c COUNT VALUE 0,
// with floats in hexadecimal. Without OUT the values are only drawn. A blob passes through one MiB of memory,
// which is kinder to the cache than Caffe's whole blobs are.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/math/special_functions/next.hpp>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_real.hpp>
#include <boost/random/variate_generator.hpp>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <vector>

static int output = -1;

template <class Draw>
void put(std::size_t count, Draw draw) {
  static std::vector<float> buffer(1 << 18);
  while (count > 0) {
    const std::size_t piece = std::min(count, buffer.size());
    for (std::size_t i = 0; i < piece; ++i) buffer[i] = draw();
    const char* begin = reinterpret_cast<const char*>(buffer.data());
    const char* end = begin + piece * sizeof(float);
    while (output >= 0 && begin < end) {
      const ssize_t written = write(output, begin, end - begin);
      if (written < 0) std::exit(1);
      begin += written;
    }
    count -= piece;
  }
}

int main(int argc, char** argv) {
  boost::mt19937 engine(static_cast<unsigned>(std::strtoul(argv[1], nullptr, 10)));
  if (argc > 2) output = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0666);
  char kind;
  std::size_t count;
  float first, second;
  while (std::scanf(" %c %zu %a %a", &kind, &count, &first, &second) == 4) {
    if (kind == 'u') {
      const float upper = boost::math::nextafter(second, std::numeric_limits<float>::max());
      boost::variate_generator<boost::mt19937*, boost::uniform_real<float>> draw(
          &engine, boost::uniform_real<float>(first, upper));
      put(count, draw);
    } else if (kind == 'n') {
      boost::variate_generator<boost::mt19937*, boost::normal_distribution<float>> draw(
          &engine, boost::normal_distribution<float>(first, second));
      put(count, draw);
    } else {
      put(count, [first] { return first; });
    }
  }
}
