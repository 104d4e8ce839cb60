// Times LEMON's cost scaling on one network, as shipped: cheapest flow of the net positions at unit cost.
// g++ -O3 -march=native -std=c++17 -w -o lemon_driver lemon_driver.cpp
// lemon_driver FILE RUNS SECONDS: FILE holds int64 nodes, edges; int32 tail[], head[] in order of tail; int64 capacity[].
// No run begins after SECONDS. Prints for each run the seconds (of the processor) of building and solving, then the cost of the remainder,
// and the memory in KiB with the network loaded and at the peak.
#include <lemon/cost_scaling.h>
#include <lemon/static_graph.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

template <class T>
static void read(std::vector<T>& into, FILE* file) {
  if (fread(into.data(), sizeof(T), into.size(), file) != into.size()) exit(2);
}

// The highest resident memory of this process alone; ru_maxrss would start from the parent's.
static long peak() {
  long kib = 0;
  char line[256];
  FILE* file = fopen("/proc/self/status", "r");
  while (file && fgets(line, sizeof line, file)) sscanf(line, "VmHWM: %ld", &kib);
  if (file) fclose(file);
  return kib;
}

int main(int count, char** words) {
  if (count != 4) return 2;
  FILE* file = fopen(words[1], "rb");
  std::vector<int64_t> size(2);
  if (!file) return 2;
  read(size, file);
  std::vector<int32_t> tail(size[1]), head(size[1]);
  std::vector<int64_t> capacity(size[1]);
  read(tail, file), read(head, file), read(capacity, file);
  const long before = peak();
  long long remainder = 0;
  const std::clock_t start = std::clock();
  for (int run = 0; run < atoi(words[2]); run++) {
    const std::clock_t began = std::clock();
    if (run && double(began - start) / CLOCKS_PER_SEC > atof(words[3])) break;
    int solved = 0;
    do {
      lemon::StaticDigraph graph;
      std::vector<std::pair<int, int>> arcs(size[1]);
      for (int64_t e = 0; e < size[1]; e++) arcs[e] = {tail[e], head[e]};
      graph.build((int)size[0], arcs.begin(), arcs.end());
      lemon::StaticDigraph::ArcMap<int64_t> upper(graph), cost(graph, 1);
      lemon::StaticDigraph::NodeMap<int64_t> supply(graph, 0);
      for (int64_t e = 0; e < size[1]; e++) {
        upper[graph.arc((int)e)] = capacity[e];
        supply[graph.node(tail[e])] += capacity[e];
        supply[graph.node(head[e])] -= capacity[e];
      }
      lemon::CostScaling<lemon::StaticDigraph, int64_t, int64_t> solver(graph);
      if (solver.upperMap(upper).costMap(cost).supplyMap(supply).run() != solver.OPTIMAL) return 1;
      remainder = 0;
      for (int64_t e = 0; e < size[1]; e++) remainder += solver.flow(graph.arc((int)e));
      solved++;
    } while (run && double(std::clock() - began) / CLOCKS_PER_SEC < 0.2);  // the clock may go in steps of some milliseconds
    printf("%.6f\n", double(std::clock() - began) / CLOCKS_PER_SEC / solved);
  }
  printf("%lld %ld %ld\n", remainder, before, peak());
}
