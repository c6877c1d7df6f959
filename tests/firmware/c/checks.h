/* The parts of the run, in their order. */
#ifndef CHECKS_H
#define CHECKS_H
#include "board.h"

/* Before the reset. */
int is_first_start(void);
void checks(void);
void save_and_restart(void);
/* After it. */
void check_what_was_kept(void);
void races(void);

#endif
