/* run_c PATH...: replays recorded traces through the C interface and says where it differs from them.
 *
 * The families of the kinds cb, rl and bh are compared operation for operation; other kinds are the engine's own tests.
 * Folders are walked for .jsonl and .jsonl.gz; *_quirks* files are replayed only when named. The format is described in
 * tests/vectors/FORMAT.md. The last line says how many traces passed and failed; the exit code is 0 if none failed. */
#define _POSIX_C_SOURCE 200809L
#include "c/json.h"
#include <dirent.h>
#include <overcurrent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#define SHOWN 3
#define MOST_FAMILIES 256

/* Why the trace at hand did not pass; empty while it does. */
static char failure[1024];
static size_t op_index;

static int fail(const char *format, ...) {
  va_list arguments;
  if (failure[0] == '\0') {
    va_start(arguments, format);
    vsnprintf(failure, sizeof failure, format, arguments);
    va_end(arguments);
  }
  return 0;
}

struct fields {
  const struct json *op;
  const struct json *at[12];
};

static int open_op(const struct json *op, size_t width, struct fields *fields) {
  const struct json *child;
  size_t n = 0;
  fields->op = op;
  if (op->type != JSON_LIST || op->length != width)
    return fail("op %zu: not a list of %zu", op_index, width);
  for (child = op->first; child != NULL; child = child->next)
    fields->at[n++] = child;
  return 1;
}

static int differs(const struct fields *f, const char *name, const char *expected, const char *got) {
  return fail("op %zu %.*s: %s: expected %s, got %s", op_index, (int)(f->op->to - f->op->from), f->op->from, name,
              expected, got);
}

static int expect(const struct fields *f, size_t field, const char *name, long long got) {
  char a[32], b[32];
  if (f->at[field]->type == JSON_NUMBER && f->at[field]->number == got)
    return 1;
  snprintf(a, sizeof a, "%.*s", (int)(f->at[field]->to - f->at[field]->from), f->at[field]->from);
  snprintf(b, sizeof b, "%lld", got);
  return differs(f, name, a, b);
}

static int number(const struct json *value, long long least, long long most, long long *out) {
  if (value == NULL || value->type != JSON_NUMBER || value->number < least || value->number > most)
    return fail("op %zu: a number is missing or out of range", op_index);
  *out = value->number;
  return 1;
}

static int setting(const struct json *cfg, const char *name, long long most, long long *out) {
  const struct json *value = json_get(cfg, name);
  if (value == NULL || value->type != JSON_NUMBER || value->number < 0 || value->number > most)
    return fail("setting %s is missing or out of range", name);
  *out = value->number;
  return 1;
}

#define ANY 0x7fffffffffffffffLL

/* kind bh */
static void replay_bulkhead(const struct json *trace) {
  oc_bulkhead_t bulkhead;
  const struct json *op;
  long long max = 0;
  if (!setting(json_get(trace, "cfg"), "max", ANY, &max))
    return;
  if (max > 0xffffffffLL || oc_bulkhead_init(&bulkhead, (uint32_t)max, NULL) != OC_OK) {
    fail("refused settings: max %lld", max);
    return;
  }
  for (op = json_get(trace, "ops")->first; op != NULL; op = op->next, op_index++) {
    struct fields f;
    const char *event = "";
    long long answer, a = 0;
    if (!open_op(op, 6, &f))
      return;
    if (json_is(f.at[0], "acq")) {
      answer = oc_bulkhead_enter(&bulkhead) == OC_OK;
      event = answer ? "P" : "R";
    } else if (json_is(f.at[0], "rel") || json_is(f.at[0], "done")) {
      answer = oc_bulkhead_leave(&bulkhead) == OC_OK ? 1 : -1;
      event = json_is(f.at[0], "done") ? "F" : "";
    } else if (json_is(f.at[0], "max")) {
      if (!number(f.at[1], 0, 0xffffffffLL, &a))
        return;
      answer = oc_bulkhead_resize(&bulkhead, (uint32_t)a) == OC_OK ? 1 : -1;
    } else {
      fail("op %zu: unknown op", op_index);
      return;
    }
    max = oc_bulkhead_max(&bulkhead);
    a = max - (long long)oc_bulkhead_in_flight(&bulkhead);
    if (!expect(&f, 2, "r", answer) || !expect(&f, 3, "available", a < 0 ? 0 : a) || !expect(&f, 4, "max", max))
      return;
    if (!json_is(f.at[5], event)) {
      differs(&f, "event", "another", event);
      return;
    }
  }
}

/* kind rl */
static void replay_limiter(const struct json *trace) {
  const struct json *cfg = json_get(trace, "cfg"), *op;
  oc_cycle_t cycle;
  long long limit = 0, period = 0, timeout = 0;
  if (!setting(cfg, "limit", 0xffffffffLL, &limit) || !setting(cfg, "period", ANY, &period) ||
      !setting(cfg, "timeout", ANY, &timeout))
    return;
  if (oc_cycle_init(&cycle, (uint32_t)limit, (uint64_t)period, (uint64_t)timeout, 1, NULL) != OC_OK) {
    fail("refused settings");
    return;
  }
  for (op = json_get(trace, "ops")->first; op != NULL; op = op->next, op_index++) {
    struct fields f;
    oc_reservation_t promise;
    char event[32] = "";
    long long t = 0, n = 0, answer = 1;
    uint64_t now, blocked = 0, wait;
    int taken;
    if (!open_op(op, 9, &f) || !number(f.at[0], 0, ANY, &t))
      return;
    now = (uint64_t)t;
    if (json_is(f.at[1], "res") || json_is(f.at[1], "acq")) {
      if (!number(f.at[2], 0, 0xffffffffLL, &n))
        return;
      taken = oc_cycle_reserve(&cycle, (uint32_t)n, now, &promise, NULL) == OC_OK;
      snprintf(event, sizeof event, "%c%lld", taken ? 'S' : 'F', n);
      if (json_is(f.at[1], "res")) {
        answer = taken ? (long long)promise.wait_ns : -1;
      } else {
        /* Ours refuses at once; the reference holds a refused caller for the whole timeout. */
        blocked = taken ? promise.wait_ns : oc_cycle_timeout(&cycle);
        answer = taken;
      }
    } else if (json_is(f.at[1], "drain")) {
      oc_cycle_drain(&cycle, now);
      strcpy(event, "D0");
    } else if (json_is(f.at[1], "lim")) {
      if (!number(f.at[2], 1, 0xffffffffLL, &n))
        return;
      answer = oc_cycle_set_limit(&cycle, (uint32_t)n, now) == OC_OK ? 1 : -1;
    } else if (json_is(f.at[1], "tmo")) {
      if (!number(f.at[2], 0, ANY, &n))
        return;
      oc_cycle_set_timeout(&cycle, (uint64_t)n);
    } else if (!json_is(f.at[1], "nop")) {
      fail("op %zu: unknown op", op_index);
      return;
    }
    wait = oc_cycle_wait(&cycle, 1, now);
    if (!expect(&f, 3, "r", answer) || !expect(&f, 4, "blocked", (long long)blocked) ||
        !expect(&f, 5, "balance", (long long)oc_cycle_balance(&cycle, now)) ||
        !expect(&f, 6, "cycle", (long long)oc_cycle_number(&cycle, now)) ||
        !expect(&f, 7, "wait1", wait == OC_NEVER ? -1 : (long long)wait))
      return;
    if (!json_is(f.at[8], event)) {
      differs(&f, "event", "another", event);
      return;
    }
  }
}

/* kind cb */
static int breaker_settings(const struct json *cfg, oc_breaker_config_t *config) {
  const struct json *wait = json_get(cfg, "wait");
  long long size = 0, least = 0, trials = 0, fail_rate = 0, slow_rate = 0, slow = 0, stay = 0, to = 0, automatic = 0;
  long long ms = 0, multiplier = 0, cap = 0;
  if (!setting(cfg, "size", 0xffffffffLL, &size) || !setting(cfg, "min_calls", 0xffffffffLL, &least) ||
      !setting(cfg, "half_open_calls", 32767, &trials) || !setting(cfg, "fail_thr", 100000, &fail_rate) ||
      !setting(cfg, "slow_thr", 100000, &slow_rate) || !setting(cfg, "slow_dur", ANY, &slow) ||
      !setting(cfg, "half_open_max_wait", ANY / 1000000, &stay) || !setting(cfg, "half_open_max_wait_to", 1, &to) ||
      !setting(cfg, "auto", 1, &automatic))
    return 0;
  memset(config, 0, sizeof *config);
  /* The reference clamps a minimum to the window when it judges; we refuse such settings, so the clamp is here. */
  if (json_is(json_get(cfg, "window"), "count")) {
    config->window = OC_WINDOW_CALLS;
    config->window_calls = (uint32_t)size;
    config->min_calls = (uint32_t)(least < size ? least : size);
  } else if (json_is(json_get(cfg, "window"), "time")) {
    config->window = OC_WINDOW_TIME;
    config->window_buckets = (uint32_t)size;
    config->window_slice_ns = OC_SECOND;
    config->min_calls = (uint32_t)least;
  } else {
    return fail("unknown window");
  }
  config->failure_rate = (uint32_t)fail_rate;
  config->slow_rate = (uint32_t)slow_rate;
  config->slow_call_ns = (uint64_t)slow;
  config->trial_calls = (uint32_t)trials;
  config->trial_min = (uint32_t)(least < trials ? least : trials);
  config->auto_half_open = (uint32_t)automatic;
  config->trial_timeout_ns = (uint64_t)stay * 1000000u;
  config->trial_timeout = stay == 0 ? OC_TRIAL_NEVER : to == 1 ? OC_TRIAL_STAY_THEN_OPEN : OC_TRIAL_STAY_THEN_CLOSED;
  if (json_is(json_at(wait, 0), "fixed") && number(json_at(wait, 1), 1, ANY / 1000000, &ms)) {
    config->open_for_ns = (uint64_t)ms * 1000000u;
    return 1;
  }
  if (json_is(json_at(wait, 0), "exp") && number(json_at(wait, 1), 1, ANY / 1000000, &ms) &&
      number(json_at(wait, 2), 1, 1000000, &multiplier) && number(json_at(wait, 3), 1, ANY / 1000000, &cap)) {
    config->open_for_ns = (uint64_t)ms * 1000000u;
    config->open_for_multiplier_milli = (uint32_t)multiplier;
    config->open_for_cap_ns = (uint64_t)cap * 1000000u;
    return 1;
  }
  return fail("unknown wait");
}

/* Traces count time from the breaker's creation; deadlines may lie before it, so it begins an hour after our origin. */
static uint64_t instant(long long t, long long phase) {
  return UINT64_C(3600000000000) + (uint64_t)phase + (uint64_t)t;
}

/* What the trace did: its answer in `*answer`. */
static int step(const oc_breaker_t *b, const struct fields *f, uint64_t now, long long phase, long long *answer) {
  const struct json *op = f->at[1];
  oc_permit_t permit;
  long long a = 0, wait = 0;
  oc_outcome_t outcome = OC_OUTCOME_SUCCESS;
  oc_status_t status = OC_OK;
  *answer = 1;
  if (json_is(op, "acq")) {
    /* The permit is put aside: traces report late results and results of no call, to whatever is current. */
    *answer = oc_breaker_enter(b, now, &permit, NULL) == OC_OK;
  } else if (json_is(op, "ok") || json_is(op, "unr") || json_is(op, "rok") || json_is(op, "err") ||
             json_is(op, "rbad") || json_is(op, "xbadf")) {
    if (json_is(op, "err") || json_is(op, "rbad") || json_is(op, "xbadf"))
      outcome = OC_OUTCOME_FAILURE;
    if (!number(f->at[2], 0, ANY, &a))
      return 0;
    status = oc_breaker_record(b, outcome, (uint64_t)a, now);
  } else if (json_is(op, "ign") || json_is(op, "rel")) {
    status = oc_breaker_release(b, now);
  } else if (op->type == JSON_TEXT && op->text[0] == 'x') {
    if (!number(f->at[2], 0, ANY, &a) || !number(f->at[3], -ANY, ANY, &wait))
      return 0;
    if (json_is(op, "xerrf") || json_is(op, "xerru"))
      outcome = OC_OUTCOME_FAILURE;
    if (json_is(op, "xokf") || json_is(op, "xerrf"))
      status = oc_breaker_record_and_open_for(b, outcome, (uint64_t)a, (uint64_t)wait * 1000000u, now);
    else if (json_is(op, "xoku") || json_is(op, "xerru"))
      status = oc_breaker_record_and_open_until(b, outcome, (uint64_t)a, instant(wait, phase), now);
    else
      return fail("op %zu: unknown op", op_index);
  } else if (json_is(op, "tofor")) {
    if (!number(f->at[2], 0, ANY / 1000000, &a))
      return 0;
    *answer = oc_breaker_open_for(b, (uint64_t)a * 1000000u, now) == OC_OK ? 1 : -1;
  } else if (json_is(op, "tountil")) {
    if (!number(f->at[2], -ANY, ANY, &a))
      return 0;
    *answer = oc_breaker_open_until(b, instant(a, phase), now) == OC_OK ? 1 : -1;
  } else if (json_is(op, "reset")) {
    status = oc_breaker_reset(b, now);
  } else if (json_is(op, "nop")) {
    status = oc_breaker_settle(b, now);
  } else if (op->type == JSON_TEXT && op->length == 3 && op->text[0] == 't' && op->text[1] == 'o' &&
             op->text[2] >= '0' && op->text[2] <= '5') {
    *answer = oc_breaker_transition(b, op->text[2] - '0', now) == OC_OK ? 1 : -1;
  } else {
    return fail("op %zu: unknown op", op_index);
  }
  return status == OC_OK ? 1 : fail("op %zu: status %d", op_index, (int)status);
}

static void push(char *events, size_t room, const char *event) {
  size_t used = strlen(events);
  snprintf(events + used, room - used, "%s%s", used == 0 ? "" : " ", event);
}

/* The recorded events without those of single results: S, E and I are the host's to tell. */
static int compared(const struct json *text, char *events, size_t room) {
  const char *at = text->text, *end = at + text->length;
  char event[4];
  events[0] = '\0';
  if (text->type != JSON_TEXT)
    return fail("op %zu: events are no text", op_index);
  while (at < end) {
    size_t length = 0;
    while (at < end && *at == ' ')
      at++;
    while (at + length < end && at[length] != ' ')
      length++;
    if (length == 0)
      break;
    if (length > 3 || strchr("SEINFWRT", at[0]) == NULL || (length == 3) != (at[0] == 'T'))
      return fail("op %zu: unknown event", op_index);
    snprintf(event, sizeof event, "%.*s", (int)length, at);
    if (length != 1 || strchr("SEI", at[0]) == NULL)
      push(events, room, event);
    at += length;
  }
  return 1;
}

/* Refusals in the newest generation that refused. */
struct rejections {
  uint32_t generation;
  long long count;
};

static void published(const oc_journal_t *journal, struct rejections *rejections, char *events, size_t room) {
  oc_event_t event;
  events[0] = '\0';
  while (oc_journal_pop(journal, &event) == OC_OK) {
    char text[8];
    switch (event.kind) {
    case OC_EVENT_REFUSED:
      if (rejections->count == 0 || rejections->generation != event.generation) {
        rejections->generation = event.generation;
        rejections->count = 0;
      }
      rejections->count++;
      /* The reference counts these refusals and does not publish them. */
      if (event.reason != OC_FORCED_OPEN)
        push(events, room, "N");
      break;
    case OC_EVENT_TRIPPED:
      push(events, room, event.rule == OC_RULE_SLOW_RATE ? "W" : "F");
      break;
    case OC_EVENT_TRANSITION:
      snprintf(text, sizeof text, "T%d%d", (int)event.from, (int)event.to);
      push(events, room, text);
      break;
    default:
      push(events, room, "R");
    }
  }
}

static void replay_breaker(const struct json *trace) {
  const struct json *cfg = json_get(trace, "cfg"), *op;
  static oc_cell_t journal_cells[OC_JOURNAL_CELLS(64)];
  oc_journal_t journal = OC_JOURNAL_INIT(journal_cells);
  struct rejections rejections = {0, 0};
  oc_breaker_config_t config;
  oc_policy_t policy;
  oc_breaker_t breaker = {NULL, NULL, NULL, 0, 0, NULL, NULL};
  oc_error_t error;
  long long begin = 0, phase = 0;
  uint32_t outcomes;
  memset(journal_cells, 0, sizeof journal_cells);
  if (!setting(cfg, "init", 5, &begin) || !setting(cfg, "phase", 999999999, &phase) || !breaker_settings(cfg, &config))
    return;
  if (oc_policy_init(&policy, &config, &error) != OC_OK) {
    fail("refused settings: %.*s", (int)error.field_length, error.field);
    return;
  }
  outcomes = config.window_calls > config.trial_calls ? config.window_calls : config.trial_calls;
  breaker.n_cells = config.window == OC_WINDOW_CALLS ? OC_CALLS_CELLS(outcomes) : OC_TIME_CELLS(config.window_buckets);
  breaker.cells = calloc(breaker.n_cells, sizeof *breaker.cells);
  breaker.policy = &policy;
  breaker.journal = &journal;
  if (breaker.cells == NULL || oc_breaker_check(&breaker, NULL) != OC_OK ||
      oc_breaker_start(&breaker, (oc_state_t)begin, instant(0, phase)) != OC_OK) {
    fail("no breaker of these settings");
    free(breaker.cells);
    return;
  }
  for (op = json_get(trace, "ops")->first; op != NULL; op = op->next, op_index++) {
    struct fields f;
    oc_metrics_t seen;
    char expected[512], got[512];
    long long t = 0, answer = 0;
    uint64_t now;
    if (!open_op(op, 12, &f) || !number(f.at[0], 0, ANY, &t))
      break;
    now = instant(t, phase);
    if (!step(&breaker, &f, now, phase, &answer))
      break;
    if (oc_breaker_metrics(&breaker, now, &seen) != OC_OK) {
      fail("op %zu: no metrics", op_index);
      break;
    }
    published(&journal, &rejections, got, sizeof got);
    if (!expect(&f, 4, "r", answer) || !expect(&f, 5, "state", seen.state) || !expect(&f, 6, "buffered", seen.calls) ||
        !expect(&f, 7, "failed", seen.failed) || !expect(&f, 8, "slow", seen.slow) ||
        !expect(&f, 9, "slow_failed", seen.slow_failed) ||
        !expect(&f, 10, "not_permitted", rejections.generation == seen.generation ? rejections.count : 0) ||
        !compared(f.at[11], expected, sizeof expected))
      break;
    if (strcmp(expected, got) != 0) {
      differs(&f, "events", expected, got);
      break;
    }
  }
  if (oc_journal_dropped(&journal) != 0)
    fail("an operation with more events than the journal holds");
  free(breaker.cells);
}

/* Families and what became of their traces. */
static struct family {
  char name[48];
  unsigned passed, failed;
  unsigned long ops;
} families[MOST_FAMILIES];
static size_t n_families;
static unsigned others, files, quirks;

static struct family *family_of(const char *name, size_t length) {
  size_t n;
  struct family *made;
  if (length >= sizeof families[0].name)
    length = sizeof families[0].name - 1;
  for (n = 0; n < n_families; n++)
    if (strlen(families[n].name) == length && memcmp(families[n].name, name, length) == 0)
      return &families[n];
  if (n_families == MOST_FAMILIES)
    return &families[MOST_FAMILIES - 1];
  made = &families[n_families++];
  memcpy(made->name, name, length);
  made->name[length] = '\0';
  return made;
}

static void count(const char *name, size_t length, unsigned long ops, const char *where) {
  struct family *family = family_of(name, length);
  family->ops += ops;
  if (failure[0] == '\0') {
    family->passed++;
  } else if (++family->failed <= SHOWN) {
    printf("%s %s: %s\n", family->name, where, failure);
  } else if (family->failed == SHOWN + 1) {
    printf("%s: further failures are counted, not shown\n", family->name);
  }
}

static void replay(const char *line, size_t line_number, struct json_pool *pool) {
  const struct json *trace, *kind, *family, *ops, *id;
  char where[64];
  pool->used = 0;
  failure[0] = '\0';
  op_index = 0;
  trace = json_read(line, pool);
  kind = json_get(trace, "kind");
  family = json_get(trace, "family");
  ops = json_get(trace, "ops");
  id = json_get(trace, "id");
  snprintf(where, sizeof where, "line %zu", line_number);
  if (id != NULL && id->type == JSON_TEXT)
    snprintf(where, sizeof where, "%.*s", (int)id->length, id->text);
  if (trace == NULL || kind == NULL || kind->type != JSON_TEXT) {
    fail("not a trace");
    count("unknown", 7, 0, where);
    return;
  }
  if (json_is(kind, "window") || json_is(kind, "interval") || json_is(kind, "validate")) {
    others++;
    return;
  }
  if (ops == NULL || ops->type != JSON_LIST || json_get(trace, "cfg") == NULL)
    fail("a trace without cfg or ops");
  else if (json_is(kind, "cb"))
    replay_breaker(trace);
  else if (json_is(kind, "rl"))
    replay_limiter(trace);
  else if (json_is(kind, "bh"))
    replay_bulkhead(trace);
  else
    fail("unknown kind");
  if (family == NULL || family->type != JSON_TEXT)
    family = kind;
  count(family->text, family->length, ops == NULL ? 0 : (unsigned long)ops->length, where);
}

static void unreadable(const char *path, const char *why) {
  failure[0] = '\0';
  fail("%s", why);
  count("unreadable", 10, 0, path);
}

static void replay_file(const char *path) {
  gzFile file = gzopen(path, "rb"); /* reads plain files as they are */
  size_t room = 1 << 16, used = 0, line_number = 0;
  char *line = malloc(room);
  struct json_pool pool = {NULL, 0, 0};
  int bytes = -1, status;
  files++;
  while (file != NULL && line != NULL && (bytes = gzread(file, line + used, (unsigned)(room - used - 1))) >= 0) {
    char *begin = line, *end;
    used += (size_t)bytes;
    line[used] = '\0';
    if (bytes == 0 && used > 0)
      line[used++] = '\n'; /* a last line without an end */
    while ((end = memchr(begin, '\n', used - (size_t)(begin - line))) != NULL) {
      size_t nodes = (size_t)(end - begin) / 2 + 8;
      *end = '\0';
      line_number++;
      if (pool.room < nodes) {
        free(pool.nodes);
        pool.nodes = malloc(nodes * sizeof *pool.nodes);
        pool.room = pool.nodes == NULL ? 0 : nodes;
      }
      if (begin[strspn(begin, " \t\r")] != '\0')
        replay(begin, line_number, &pool);
      begin = end + 1;
    }
    used -= (size_t)(begin - line);
    memmove(line, begin, used);
    if (bytes == 0)
      break;
    if (used + 1 >= room / 2) {
      char *more = realloc(line, room *= 2);
      if (more == NULL)
        break;
      line = more;
    }
  }
  status = file == NULL ? -1 : gzclose_r(file);
  if (bytes != 0 || status != Z_OK)
    unreadable(path, "cannot be read");
  free(line);
  free(pool.nodes);
}

static int has_suffix(const char *name, const char *suffix) {
  size_t a = strlen(name), b = strlen(suffix);
  return a >= b && strcmp(name + a - b, suffix) == 0;
}

static void walk(const char *path, int named) {
  struct stat about;
  if (stat(path, &about) != 0) {
    unreadable(path, "does not exist");
  } else if (S_ISDIR(about.st_mode)) {
    struct dirent **entries;
    int n, i;
    if ((n = scandir(path, &entries, NULL, alphasort)) < 0) {
      unreadable(path, "cannot be read");
      return;
    }
    for (i = 0; i < n; i++) {
      char child[4096];
      const char *name = entries[i]->d_name;
      if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
          snprintf(child, sizeof child, "%s/%s", path, name) < (int)sizeof child)
        walk(child, 0);
      free(entries[i]);
    }
    free(entries);
  } else if (named || has_suffix(path, ".jsonl") || has_suffix(path, ".jsonl.gz")) {
    const char *slash = strrchr(path, '/');
    if (!named && strstr(slash == NULL ? path : slash, "_quirks") != NULL)
      quirks++;
    else
      replay_file(path);
  }
}

int main(int arguments, char **argument) {
  unsigned passed = 0, failed = 0;
  size_t n;
  int i;
  if (oc_abi_version() != OC_ABI_VERSION) {
    printf("library of another version\n");
    return 1;
  }
  for (i = 1; i < arguments; i++)
    walk(argument[i], 1);
  printf("%u files replayed through the C interface; %u *_quirks* files passed over (name one to replay it)\n", files,
         quirks);
  printf("%u traces and rows of other kinds left to the engine's own tests\n", others);
  printf("%-34s %7s %7s %9s\n", "family", "passed", "failed", "ops");
  for (n = 0; n < n_families; n++) {
    printf("%-34s %7u %7u %9lu\n", families[n].name, families[n].passed, families[n].failed, families[n].ops);
    passed += families[n].passed;
    failed += families[n].failed;
  }
  printf("%u passed, %u failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
