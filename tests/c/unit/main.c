/* The functions of the C interface, every one, with NULL where it must be refused; sequences are run_c's, which replays traces. */
#include "unit.h"

int main(void) {
  settings();
  limiters();
  breakers();
  tiny_breakers();
  gates();
  retries();
  events();
  puts("C interface: all checks passed");
  return 0;
}
