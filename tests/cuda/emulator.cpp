// Runs a kernel's blocks one after the other, the threads of a block as fibers. What CUDA leaves undefined is made to
// fail: shared memory starts as NaN in every block, barriers that some threads miss are errors, and the order in which
// fibers run is the caller's (0 up, 1 down, 2 shuffled), so that a race gives different results.
#include <setjmp.h>
#include <ucontext.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
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

#ifdef __SANITIZE_ADDRESS__
using Context = ucontext_t;  // the sanitizer follows swapcontext to another stack, but no longjmp
#define SWITCH(from, to) swapcontext(&from, &to)
#else
struct Context : ucontext_t {  // left by setjmp, which makes no system calls
    jmp_buf place;
    bool left = false;
};
#define SWITCH(from, to)                                        \
    do {                                                        \
        from.left = true;                                       \
        if (_setjmp(from.place) == 0) {                         \
            if (to.left) _longjmp(to.place, 1);                 \
            setcontext(&to);                                    \
        }                                                       \
    } while (false)
#endif

struct Fiber {
    Context context;
    State state;
    std::unique_ptr<unsigned char[]> stack;
    unsigned char value[8];  // offered to the warp
};

std::deque<Fiber> fibers;  // as many as a launch had threads at most, kept and never moved; the first *count* run
size_t count;
Context scheduler;
unsigned current;
void (*kernel)(void**);
void** arguments;

void give_way(State state)
{
    const unsigned me = current;
    fibers[me].state = state;
    SWITCH(fibers[me].context, scheduler);
}

void body()
{
    for (;;) {  // a thread of one block after the other
        kernel(arguments);
        give_way(DONE);
    }
}

void make(Fiber& fiber)
{
    fiber.stack.reset(new unsigned char[STACK]);
    fiber.context = Context();
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.get();
    fiber.context.uc_stack.ss_size = STACK;
    fiber.context.uc_link = nullptr;
    makecontext(&fiber.context, body, 0);
}

// Lets the fibers go on that have what they wait for; nullptr, or what is wrong.
const char* release(bool ran)
{
    const auto end = fibers.begin() + count;
    const auto in = [=](State state) {
        return std::count_if(fibers.begin(), end, [=](const Fiber& f) { return f.state == state; });
    };
    if (size_t(in(AT_BLOCK_BARRIER)) == count) {
        for (size_t t = 0; t < count; ++t) fibers[t].state = READY;
        return nullptr;
    }
    bool freed = false;
    for (size_t warp = 0; warp < count; warp += 32) {
        const auto first = fibers.begin() + warp, last = fibers.begin() + std::min(count, warp + 32);
        if (std::all_of(first, last, [](const Fiber& f) { return f.state == IN_WARP; })) {
            for (auto fiber = first; fiber != last; ++fiber) fiber->state = READY;
            freed = true;
        }
    }
    if (freed || ran) return nullptr;
    if (in(IN_WARP)) return "a warp operation is not reached by all threads of the warp";
    return "__syncthreads() is not reached by all threads of the block";
}

const char* run_block(int order, std::mt19937& random)
{
    std::vector<unsigned> turn(count);
    std::iota(turn.begin(), turn.end(), 0u);
    if (order == 1) std::reverse(turn.begin(), turn.end());
    for (const unsigned thread : turn) fibers[thread].state = READY;
    for (size_t done = 0; done < count;) {
        if (order == 2) std::shuffle(turn.begin(), turn.end(), random);
        bool ran = false;
        for (const unsigned thread : turn) {
            if (fibers[thread].state != READY) continue;
            ran = true;
            current = thread;
            threadIdx.x = thread;
            SWITCH(scheduler, fibers[thread].context);
            done += fibers[thread].state == DONE;
        }
        if (done == count) break;
        if (const char* wrong = release(ran)) return wrong;
    }
    return nullptr;
}

}  // namespace

void block_barrier() { give_way(AT_BLOCK_BARRIER); }

void exchange(unsigned mask, const void* mine, void* theirs, unsigned size, int lane_mask)
{
    const unsigned me = current, partner = me ^ lane_mask;
    if (mask != 0xFFFFFFFFu || partner / 32 != me / 32 || partner >= count) abort();
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
    count = threads;
    while (fibers.size() < threads) make(fibers.emplace_back());
    std::mt19937 random(1);
    const char* wrong = nullptr;
    for (unsigned block = 0; block < blocks && !wrong; ++block) {
        blockIdx.x = block;
        shared = static_cast<unsigned char*>(malloc(shared_bytes));  // exactly, so that a sanitizer sees its end
        memset(shared, 0xFF, shared_bytes);
        wrong = run_block(order, random);
        free(shared);
    }
    if (wrong) fibers.clear();  // they are anywhere
    return wrong;
}
