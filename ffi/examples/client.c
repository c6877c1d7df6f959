/* A TCP client that protects a sick server, and itself: a rate limiter and a circuit breaker around each request; retries
 * with growing, jittered waits, and no more of them than a share of the calls. The server is part of the program: on loopback,
 * broken for its first requests.
 *
 *   cc client.c $(pkg-config --cflags --libs overcurrent) -lpthread -o client */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <overcurrent.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BROKEN 4   /* requests that the server drops before it recovers */
#define ATTEMPTS 8 /* at one call, waits for an open breaker among them */

static const oc_quota_t quota = OC_RATE(200, OC_SECOND, 10);
static const oc_policy_t policy = OC_POLICY_CALLS(10, 3, 50000, 50 * OC_MILLISECOND, 1);
static const oc_backoff_t backoff = OC_BACKOFF(5 * OC_MILLISECOND, 2000, OC_SECOND, OC_JITTER_EQUAL);
static const oc_retry_budget_policy_t retries = OC_RETRY_BUDGET_POLICY(200, 1, 20); /* one for every five calls */
static oc_limiter_t limiter = OC_LIMITER_INIT;
static oc_retry_budget_t budget = OC_RETRY_BUDGET_INIT;
static oc_counters_t counters = OC_COUNTERS_INIT;
static oc_cell_t cells[OC_CALLS_CELLS(10)];
static const oc_breaker_t breaker = {
    .policy = &policy, .cells = cells, .n_cells = OC_CALLS_CELLS(10), .counters = &counters};

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * OC_SECOND + (uint64_t)t.tv_nsec;
}

static void pause_for(uint64_t ns) {
  struct timespec t;
  t.tv_sec = (time_t)(ns / OC_SECOND);
  t.tv_nsec = (long)(ns % OC_SECOND);
  nanosleep(&t, NULL);
}

static void *serve(void *argument) {
  int listener = *(int *)argument, served = 0, client;
  while ((client = accept(listener, NULL, NULL)) >= 0) {
    char request[16];
    if (++served > BROKEN && read(client, request, sizeof request) > 0 && write(client, "pong", 4) != 4)
      perror("server");
    close(client);
  }
  return NULL;
}

/* One request: 0 if it was answered. */
static int request(const struct sockaddr_in *server) {
  char answer[4];
  int ok, s = socket(AF_INET, SOCK_STREAM, 0);
  ok = s >= 0 && connect(s, (const struct sockaddr *)server, sizeof *server) == 0 &&
       send(s, "ping", 4, MSG_NOSIGNAL) == 4 && read(s, answer, sizeof answer) == 4;
  if (s >= 0)
    close(s);
  return ok ? 0 : -1;
}

/* One attempt that is protected: waits for its turn, stays away from an open breaker. */
static oc_status_t attempt(const struct sockaddr_in *server, oc_refusal_t *refusal, int *failed) {
  oc_reservation_t turn;
  oc_permit_t permit;
  oc_status_t status = oc_breaker_enter(&breaker, now(), &permit, refusal);
  if (status != OC_OK)
    return status;
  status = oc_limiter_reserve(&limiter, &quota, 1, OC_SECOND, now(), &turn, refusal);
  if (status != OC_OK) {
    oc_breaker_cancel(&breaker, &permit);
    return status;
  }
  pause_for(turn.wait_ns);
  *failed = request(server) != 0;
  oc_breaker_leave(&breaker, &permit, *failed ? OC_OUTCOME_FAILURE : OC_OUTCOME_SUCCESS, now());
  return OC_OK;
}

/* A call: tries again while that may help and the budget pays for it. */
static int call(const struct sockaddr_in *server, uint32_t seed) {
  oc_delays_t delays = OC_DELAYS_INIT;
  oc_retry_budget_deposit(&budget, &retries, now());
  for (;;) {
    oc_refusal_t refusal;
    int failed = 1;
    oc_status_t status = attempt(server, &refusal, &failed);
    uint64_t wait, told = status == OC_OK ? 0 : refusal.retry_after_ns;
    if (status == OC_OK && !failed) {
      puts("request answered");
      return 0;
    }
    wait = oc_delays_next(&delays, &backoff, oc_random(now(), seed), told);
    printf("%s: again in %.1f ms\n", status == OC_OK ? "request failed" : oc_status_name(status), (double)wait / 1e6);
    if (wait == OC_NEVER || delays.attempt >= ATTEMPTS)
      return -1;
    /* What was refused here cost the server nothing. */
    if (status == OC_OK && oc_retry_budget_try_withdraw(&budget, &retries, now(), NULL, NULL) != OC_OK)
      return -1;
    pause_for(wait);
  }
}

int main(void) {
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  pthread_t server;
  oc_counts_t counts;
  int listener = socket(AF_INET, SOCK_STREAM, 0), i, answered = 0;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 8) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &length) != 0 ||
      pthread_create(&server, NULL, serve, &listener) != 0) {
    perror("loopback");
    return 1;
  }
  for (i = 0; i < 5; i++)
    answered += call(&address, (uint32_t)getpid()) == 0;
  oc_counters_get(&counters, &counts);
  printf("%d of 5 calls answered, %u retries left, the breaker tripped %u times\n", answered,
         oc_retry_budget_available(&budget, &retries, now()), (unsigned)counts.trips);
  return answered == 5 ? 0 : 1;
}
