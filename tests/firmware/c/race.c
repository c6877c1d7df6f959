/* The interrupt handler and the code it interrupts on one object, at every distance from one another.
 *
 * Each gate is raced twice. To the last: both take until it refuses, and what they got together must be the budget,
 * exactly. And there and back: both take and give back for a while, after which exactly the budget must be there. A gate
 * that loads and stores must fail at either: a harness that cannot see that proves nothing. */
#include "checks.h"

enum { MAIN, HANDLER };
static volatile unsigned who;

struct gate {
    const char *name;
    uint32_t budget;
    void (*prepare)(void);
    int (*take)(void);
    void (*give)(void); /* NULL: what is taken is gone */
    int (*restore)(void); /* gives everything back and looks whether all is well */
};

/* ---- the gates */

static const oc_quota32_t quota = OC_RATE32(1, 1, 1000);
static oc_limiter32_t limiter;
static void fill(void) { oc_limiter32_reset(&limiter); }
static int acquire(void) { return oc_limiter32_try_acquire(&limiter, &quota, 1, 1000000, NULL) == OC_OK; }
static int limiter_is_empty(void) {
    uint32_t wait;
    return oc_limiter32_try_acquire(&limiter, &quota, 1, 1000000, &wait) == OC_RATE_LIMITED && wait == 1;
}

#define TRIALS 15
static const oc_tiny_policy32_t policy = OC_TINY_POLICY32(19, 19, 50000, 1000, TRIALS, 60000);
static oc_tiny_breaker32_t breaker;
static uint32_t now = UINT32_MAX - 5000; /* through the wrap */
static struct { oc_permit32_t permits[TRIALS + 1]; uint32_t held; } purses[2];
static void open(void) {
    oc_tiny_breaker32_open(&breaker, &policy, now);
    now += 1001;
}
static int enter(void) {
    uint32_t *held = &purses[who].held;
    if (*held > TRIALS || oc_tiny_breaker32_enter(&breaker, &policy, now, &purses[who].permits[*held], NULL) != OC_OK) return 0;
    ++*held;
    return 1;
}
static void leave(unsigned whose, oc_outcome_t outcome) {
    oc_tiny_breaker32_leave(&breaker, &policy, &purses[whose].permits[--purses[whose].held], outcome, now);
}
static void cancel(void) { leave(who, OC_OUTCOME_IGNORED); }
/* Every trial reports; the last one closes it, and none before. */
static int close(void) {
    unsigned whose;
    for (whose = 0; whose < 2; whose++)
        while (purses[whose].held) {
            if (oc_tiny_breaker32_state(&breaker) != OC_STATE_HALF_OPEN) return 0;
            leave(whose, OC_OUTCOME_SUCCESS);
        }
    return oc_tiny_breaker32_state(&breaker) == OC_STATE_CLOSED;
}

#define SLOTS 40
static oc_bulkhead32_t bulkhead = OC_BULKHEAD32_INIT(SLOTS);
static void nothing(void) {}
static int take_slot(void) { return oc_bulkhead32_enter(&bulkhead) == OC_OK; }
static void give_slot(void) { oc_bulkhead32_leave(&bulkhead); }
static int empty_slots(void) {
    uint32_t given = 0;
    while (oc_bulkhead32_leave(&bulkhead) == OC_OK) given++;
    return given == SLOTS && oc_bulkhead32_in_flight(&bulkhead) == 0;
}

/* The controls: a load and a store. */
static volatile uint32_t left;
static void fill_limiter(void) { left = 1000; }
static void fill_trials(void) { left = TRIALS; }
static void fill_slots(void) { left = SLOTS; }
static int naive_take(void) {
    uint32_t seen = left;
    if (seen == 0) return 0;
    left = seen - 1;
    return 1;
}
static void naive_give(void) { left = left + 1; }
static int well(void) { return 1; }

static const struct gate gates[] = {
    { "limiter32", 1000, fill, acquire, NULL, limiter_is_empty },
    { "breaker32 half-open", TRIALS, open, enter, cancel, close },
    { "bulkhead32", SLOTS, nothing, take_slot, give_slot, empty_slots },
};
static const struct gate controls[] = {
    { "limiter that loads and stores", 1000, fill_limiter, naive_take, NULL, well },
    { "trials that are loaded and stored", TRIALS, fill_trials, naive_take, naive_give, well },
    { "slots that are loaded and stored", SLOTS, fill_slots, naive_take, naive_give, well },
};

/* ---- the tick */

static const struct gate *volatile contest; /* NULL: the handler takes no part */
static volatile uint32_t there_and_back, by_handler, held_by_handler, ticks;
static uint32_t pace; /* units of the timer in a thousand instructions */

static void find_pace(void) {
    uint32_t from;
    volatile uint32_t i;
    start_counting();
    from = count_since(0);
    for (i = 0; i < 1000; i++) {} /* two loads, a store, an addition, a comparison, a jump */
    pace = count_since(from) / 6;
    if (pace == 0) pace = 1;
}

static void next_tick(void) {
    /* Never the same distance twice: 300 to 1,300 instructions after the end of the handler. */
    uint32_t units = pace * (300 + ticks * 37 % 997) / 1000;
    tick_after(units < 2 ? 2 : units);
}

void on_tick(void) {
    const struct gate *gate = contest;
    unsigned interrupted = who;
    int i;
    who = HANDLER;
    ticks++;
    if (gate != NULL && there_and_back) { /* takes at one tick, gives back at the next */
        if (held_by_handler) {
            gate->give();
            held_by_handler = 0;
        } else if (gate->take()) {
            held_by_handler = 1;
            by_handler++;
        }
    } else if (gate != NULL) {
        for (i = 0; i < 3; i++) by_handler += (uint32_t)gate->take();
    }
    who = interrupted;
    next_tick();
}

/* ---- the rounds */

struct score { uint32_t main, handler, over, short_of, wrong; };

static void to_the_last(const struct gate *gate, struct score *score) {
    uint32_t mine = 0, all;
    contest = gate;
    while (mine <= 2 * gate->budget && gate->take()) mine++;
    contest = NULL;
    all = mine + by_handler;
    score->main += mine;
    score->over += all > gate->budget ? all - gate->budget : 0;
    score->short_of += all < gate->budget ? gate->budget - all : 0;
}

static void there_and_back_again(const struct gate *gate, struct score *score) {
    uint32_t until = ticks + 10, mine = 0;
    there_and_back = 1;
    contest = gate;
    while ((int32_t)(ticks - until) < 0) {
        if (!gate->take()) continue;
        mine++;
        gate->give();
    }
    contest = NULL;
    there_and_back = 0;
    if (held_by_handler) {
        who = HANDLER;
        gate->give();
        who = MAIN;
    }
    held_by_handler = 0;
    score->main += mine;
    for (mine = 0; mine <= 2 * gate->budget && gate->take();) mine++;
    score->over += mine > gate->budget ? mine - gate->budget : 0;
    score->short_of += mine < gate->budget ? gate->budget - mine : 0;
}

/* A wrong gate must be found out, a right one stand it for a thousand ticks: each instruction is interrupted several
 * times. */
static void race(const struct gate *gate, int control) {
    int back;
    for (back = 0; back <= (gate->give != NULL); back++) {
        struct score score = { 0, 0, 0, 0, 0 };
        ticks = 0;
        next_tick();
        while (control ? ticks < 20000 && score.over == 0 : ticks < 1000) {
            gate->prepare();
            by_handler = 0;
            (back ? there_and_back_again : to_the_last)(gate, &score);
            score.handler += by_handler;
            score.wrong += !gate->restore();
        }
        stop_ticks();
        say(control ? "control: " : "");
        say(gate->name);
        say(back ? ", there and back" : ", to the last");
        tell(": main ", score.main);
        tell("  handler ", score.handler);
        if (control) {
            tell("  over, as it must be: ", score.over);
            CHECK(score.over > 0);
        } else {
            CHECK(score.main > 0 && score.handler > 0);
            CHECK(score.over == 0);
            CHECK(score.short_of == 0);
            CHECK(score.wrong == 0);
        }
    }
}

void races(void) {
    uint32_t i;
#ifdef CRITICAL_HOOKS
    uint32_t before = sections_entered;
#endif
    find_pace();
    tell("timer units in 1,000 instructions: ", pace);
    for (i = 0; i < sizeof gates / sizeof gates[0]; i++) race(&gates[i], 0);
#ifdef CRITICAL_HOOKS
    tell("critical sections, from C: ", sections_entered - before);
    CHECK(sections_entered - before > 1000);
#endif
    for (i = 0; i < sizeof controls / sizeof controls[0]; i++) race(&controls[i], 1);
}
