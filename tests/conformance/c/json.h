/* A reader of the traces' JSON: integers, texts without escapes, lists and objects. */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>

enum json_type { JSON_NULL, JSON_NUMBER, JSON_TEXT, JSON_LIST, JSON_OBJECT };

struct json {
  enum json_type type;
  long long number;
  const char *text; /* of a text: points into the line */
  const char *key;  /* in an object: the name */
  size_t key_length;
  size_t length;        /* of a text: bytes; of a list or an object: elements */
  struct json *first;   /* of a list or an object */
  struct json *next;    /* the next element of the list or object this is in */
  const char *from;     /* the source text, for messages */
  const char *to;
};

/* Nodes come from here and are all given back at once. */
struct json_pool {
  struct json *nodes;
  size_t used, room;
};

/* The value in `text`, or NULL if it is not one. The pool must have room for a node per two bytes. */
struct json *json_read(const char *text, struct json_pool *pool);
/* The value of a name in an object, or NULL. */
const struct json *json_get(const struct json *object, const char *name);
/* The n-th element, or NULL. */
const struct json *json_at(const struct json *list, size_t n);
/* Whether a value is this text. */
int json_is(const struct json *value, const char *text);

#endif
