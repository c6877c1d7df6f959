#include "board.h"

void tell(const char *name, uint32_t value) {
    char digits[11];
    char *place = digits + 10;
    *place = 0;
    do { *--place = (char)('0' + value % 10); } while ((value /= 10) != 0);
    say(name);
    say(place);
    say("\n");
}
