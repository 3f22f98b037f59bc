// Runs a kernel's blocks one after the other, the threads of a block as fibers. What CUDA leaves undefined is made to
// fail: shared memory starts as NaN in every block, barriers that some threads miss are errors, and the order in which
// fibers run is the caller's (0 up, 1 down, 2 shuffled), so that a race gives different results.
#include <ucontext.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

struct Place {
    unsigned x;
};
Place threadIdx, blockIdx, blockDim, gridDim;

namespace emulator {

unsigned char* shared;

namespace {

constexpr size_t STACK = 1 << 16;
enum State { READY, AT_BLOCK_BARRIER, IN_WARP, DONE };

struct Fiber {
    ucontext_t context;
    State state;
    unsigned char* stack;
    unsigned char value[8];  // offered to the warp
};

std::vector<Fiber> fibers;
ucontext_t scheduler;
unsigned current;
void (*kernel)(void**);
void** arguments;

void body()
{
    kernel(arguments);
    fibers[current].state = DONE;
    swapcontext(&fibers[current].context, &scheduler);
}

void give_way(State state)
{
    const unsigned me = current;
    fibers[me].state = state;
    swapcontext(&fibers[me].context, &scheduler);
}

// Lets the fibers go on that have what they wait for; nullptr, or what is wrong.
const char* release(bool ran)
{
    const size_t count = fibers.size();
    const auto in = [](State state) {
        return std::count_if(fibers.begin(), fibers.end(), [=](const Fiber& f) { return f.state == state; });
    };
    if (size_t(in(AT_BLOCK_BARRIER)) == count) {
        for (auto& fiber : fibers) fiber.state = READY;
        return nullptr;
    }
    bool freed = false;
    for (size_t warp = 0; warp < count; warp += 32) {
        const auto begin = fibers.begin() + warp, end = fibers.begin() + std::min(count, warp + 32);
        if (std::all_of(begin, end, [](const Fiber& f) { return f.state == IN_WARP; })) {
            for (auto fiber = begin; fiber != end; ++fiber) fiber->state = READY;
            freed = true;
        }
    }
    if (freed || ran) return nullptr;
    if (in(IN_WARP)) return "a warp operation is not reached by all threads of the warp";
    return "__syncthreads() is not reached by all threads of the block";
}

const char* run_block(int order, std::mt19937& random)
{
    for (auto& fiber : fibers) {
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack;
        fiber.context.uc_stack.ss_size = STACK;
        fiber.context.uc_link = nullptr;
        makecontext(&fiber.context, body, 0);
        fiber.state = READY;
    }
    std::vector<unsigned> turn(fibers.size());
    std::iota(turn.begin(), turn.end(), 0u);
    if (order == 1) std::reverse(turn.begin(), turn.end());
    for (;;) {
        if (order == 2) std::shuffle(turn.begin(), turn.end(), random);
        bool ran = false;
        for (const unsigned thread : turn) {
            if (fibers[thread].state != READY) continue;
            ran = true;
            current = thread;
            threadIdx.x = thread;
            swapcontext(&scheduler, &fibers[thread].context);
        }
        if (std::all_of(fibers.begin(), fibers.end(), [](const Fiber& f) { return f.state == DONE; })) return nullptr;
        if (const char* wrong = release(ran)) return wrong;
    }
}

}  // namespace

void block_barrier() { give_way(AT_BLOCK_BARRIER); }

void exchange(unsigned mask, const void* mine, void* theirs, unsigned size, int lane_mask)
{
    const unsigned me = current, partner = me ^ lane_mask;
    if (mask != 0xFFFFFFFFu || partner / 32 != me / 32 || partner >= fibers.size()) abort();
    memcpy(fibers[me].value, mine, size);
    give_way(IN_WARP);
    memcpy(theirs, fibers[partner].value, size);
    give_way(IN_WARP);
}

}  // namespace emulator

extern "C" const char* emulator_launch(
    void (*kernel)(void**), void** arguments, unsigned blocks, unsigned threads, unsigned shared_bytes, int order)
{
    using namespace emulator;
    emulator::kernel = kernel;
    emulator::arguments = arguments;
    gridDim.x = blocks;
    blockDim.x = threads;
    fibers.resize(threads);
    std::vector<unsigned char> stacks(threads * STACK);
    for (unsigned t = 0; t < threads; ++t) fibers[t].stack = stacks.data() + t * STACK;
    std::mt19937 random(1);
    const char* wrong = nullptr;
    for (unsigned block = 0; block < blocks && !wrong; ++block) {
        blockIdx.x = block;
        shared = static_cast<unsigned char*>(malloc(shared_bytes));  // exactly, so that a sanitizer sees its end
        memset(shared, 0xFF, shared_bytes);
        wrong = run_block(order, random);
        free(shared);
    }
    return wrong;
}
