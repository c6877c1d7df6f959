/* A TCP client that protects a sick server, and itself: a rate limiter and a circuit breaker around each request, retries
 * with growing waits. The server is part of the program: on loopback, broken for its first requests.
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

#define BROKEN 4 /* requests that the server drops before it recovers */

static const oc_quota_t quota = OC_RATE(200, OC_SECOND, 10);
static const oc_policy_t policy = OC_POLICY_CALLS(10, 3, 50000, 50 * OC_MILLISECOND, 1);
static oc_limiter_t limiter = OC_LIMITER_INIT;
static oc_cell_t cells[OC_CALLS_CELLS(10)];
static const oc_breaker_t breaker = OC_BREAKER_INIT(policy, cells);

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

/* A request that is protected: waits for its turn, stays away from an open breaker, tries again. */
static int call(const struct sockaddr_in *server, int attempts) {
  uint64_t wait = 5 * OC_MILLISECOND;
  while (attempts-- > 0) {
    oc_reservation_t turn;
    oc_refusal_t refusal;
    oc_permit_t permit;
    int failed;
    if (oc_breaker_enter(&breaker, now(), &permit, &refusal) != OC_OK) {
      printf("breaker open: back in %.1f ms\n", (double)refusal.retry_after_ns / 1e6);
      pause_for(refusal.retry_after_ns == OC_NEVER ? wait : refusal.retry_after_ns);
      continue;
    }
    if (oc_limiter_reserve(&limiter, &quota, 1, OC_SECOND, now(), &turn, &refusal) != OC_OK) {
      oc_breaker_cancel(&breaker, &permit);
      return -1;
    }
    pause_for(turn.wait_ns);
    failed = request(server);
    oc_breaker_leave(&breaker, &permit, failed ? OC_OUTCOME_FAILURE : OC_OUTCOME_SUCCESS, now());
    puts(failed ? "request failed" : "request answered");
    if (!failed)
      return 0;
    pause_for(wait);
    wait *= 2;
  }
  return -1;
}

int main(void) {
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  pthread_t server;
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
    answered += call(&address, 10) == 0;
  printf("%d of 5 calls answered\n", answered);
  return answered == 5 ? 0 : 1;
}
