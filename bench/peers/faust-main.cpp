// The frame around a Faust program for the benchmarks: runs instances of it side by side in blocks of 128 frames at 48 kHz,
// mixes them, and prints the seconds of the block loop.
//
// Arguments: frames, channels, instances, file of values (`instance name value` a line), file to write (f32, interleaved),
// file of the input (f32, planar), channels of the input.
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#ifndef FAUSTFLOAT
#define FAUSTFLOAT float
#endif

struct Meta {
  void declare(const char*, const char*) {}
};

struct UI {
  std::map<std::string, FAUSTFLOAT*> zones;
  void openTabBox(const char*) {}
  void openHorizontalBox(const char*) {}
  void openVerticalBox(const char*) {}
  void closeBox() {}
  void addButton(const char* label, FAUSTFLOAT* zone) { zones[label] = zone; }
  void addCheckButton(const char* label, FAUSTFLOAT* zone) { zones[label] = zone; }
  void addVerticalSlider(const char* label, FAUSTFLOAT* zone, FAUSTFLOAT, FAUSTFLOAT, FAUSTFLOAT, FAUSTFLOAT) { zones[label] = zone; }
  void addHorizontalSlider(const char* label, FAUSTFLOAT* zone, FAUSTFLOAT, FAUSTFLOAT, FAUSTFLOAT, FAUSTFLOAT) { zones[label] = zone; }
  void addNumEntry(const char* label, FAUSTFLOAT* zone, FAUSTFLOAT, FAUSTFLOAT, FAUSTFLOAT, FAUSTFLOAT) { zones[label] = zone; }
  void addHorizontalBargraph(const char*, FAUSTFLOAT*, FAUSTFLOAT, FAUSTFLOAT) {}
  void addVerticalBargraph(const char*, FAUSTFLOAT*, FAUSTFLOAT, FAUSTFLOAT) {}
  void declare(FAUSTFLOAT*, const char*, const char*) {}
};

struct dsp {
  virtual ~dsp() {}
};

<<includeIntrinsic>>
<<includeclass>>

int main(int argc, char** argv) {
  if (argc != 8) return 2;
#if defined(__SSE__)
  _mm_setcsr(_mm_getcsr() | 0x8040);  // denormals are zero, as in Faust's own frames
#endif
  const int kBlock = 128;
  const int64_t frames = std::atoll(argv[1]);
  const int channels = std::atoi(argv[2]);
  const int count = std::atoi(argv[3]);
  const int inputs = std::atoi(argv[7]);
  std::vector<std::unique_ptr<mydsp>> instances;
  std::vector<UI> controls(count);
  for (int i = 0; i < count; i++) {
    instances.emplace_back(new mydsp());
    instances[i]->init(48000);
    instances[i]->buildUserInterface(&controls[i]);
  }
  std::ifstream values(argv[4]);
  int which;
  std::string name;
  double value;
  while (values >> which >> name >> value) {
    if (!controls[which].zones.count(name)) {
      std::fprintf(stderr, "the program has no control %s\n", name.c_str());
      return 3;
    }
    *controls[which].zones[name] = static_cast<FAUSTFLOAT>(value);
  }

  std::vector<float> sound;
  if (inputs > 0) {
    std::ifstream file(argv[6], std::ios::binary | std::ios::ate);
    sound.resize(file.tellg() / sizeof(float));
    file.seekg(0);
    file.read(reinterpret_cast<char*>(sound.data()), sound.size() * sizeof(float));
  }
  const int64_t period = inputs > 0 ? static_cast<int64_t>(sound.size()) / inputs : 0;
  std::vector<float> in(inputs * kBlock), out(channels * kBlock), mix(channels * kBlock);
  std::vector<float*> ins(inputs), outs(channels);
  for (int c = 0; c < inputs; c++) ins[c] = in.data() + c * kBlock;
  for (int c = 0; c < channels; c++) outs[c] = out.data() + c * kBlock;
  std::vector<float> all(frames * channels);

  const auto begun = std::chrono::steady_clock::now();
  for (int64_t at = 0; at < frames; at += kBlock) {
    const int part = static_cast<int>(frames - at < kBlock ? frames - at : kBlock);
    for (int c = 0; c < inputs; c++)
      for (int i = 0; i < part; i++) ins[c][i] = sound[c * period + (at + i) % period];
    std::memset(mix.data(), 0, mix.size() * sizeof(float));
    for (int n = 0; n < count; n++) {
      instances[n]->compute(part, ins.data(), outs.data());
      for (int c = 0; c < channels; c++)
        for (int i = 0; i < part; i++) mix[c * kBlock + i] += outs[c][i];
    }
    for (int c = 0; c < channels; c++)
      for (int i = 0; i < part; i++) all[(at + i) * channels + c] = mix[c * kBlock + i];
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::ofstream(argv[5], std::ios::binary).write(reinterpret_cast<char*>(all.data()), all.size() * sizeof(float));
  std::printf("%.9f\n", took.count());
  return 0;
}
