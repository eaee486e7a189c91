// Keeps one GPU busy on demand, for nodes that have nvcc and no Python packages: the same words as gpuBusy.py.
#include <chrono>
#include <cstdio>
#include <cuda_runtime.h>

__global__ void spin(float *out) {
  const int at = blockIdx.x * blockDim.x + threadIdx.x;
  float x = out[at];
  for (int i = 0; i < 20000; i++) x = x * 1.0000001f + 0.0000001f;
  out[at] = x;
}

int main() {
  float *data = nullptr;
  const cudaError_t error = cudaMalloc(&data, sizeof(float) << 20);
  if (error != cudaSuccess) {
    printf("{\"missing\": [\"nvcc: %s\"]}\n", cudaGetErrorString(error));
    return 3;
  }
  printf("{\"with\": \"nvcc\"}\n");
  fflush(stdout);
  double ms = 0;
  while (scanf("%lf", &ms) == 1) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double, std::milli>(ms);
    while (std::chrono::steady_clock::now() < until) {
      spin<<<4096, 256>>>(data);
      cudaDeviceSynchronize();
    }
    printf("done\n");
    fflush(stdout);
  }
  return 0;
}
