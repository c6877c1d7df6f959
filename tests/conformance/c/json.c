#include "json.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *skip(const char *at) {
  while (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')
    at++;
  return at;
}

static struct json *node(struct json_pool *pool, enum json_type type, const char *from) {
  struct json *made;
  if (pool->used == pool->room)
    return NULL;
  made = &pool->nodes[pool->used++];
  memset(made, 0, sizeof *made);
  made->type = type;
  made->from = from;
  return made;
}

/* A text from its opening quote; where it ends in `*end`. */
static const char *text_end(const char *at, const char **end) {
  const char *begin = ++at;
  while (*at != '"') {
    if (*at == '\0' || *at == '\\')
      return NULL;
    at++;
  }
  *end = at + 1;
  return begin;
}

static struct json *value(const char *at, const char **end, struct json_pool *pool, int depth);

static struct json *elements(const char *at, const char **end, struct json_pool *pool, int depth) {
  char close = *at == '{' ? '}' : ']';
  struct json *made = node(pool, close == '}' ? JSON_OBJECT : JSON_LIST, at), **tail;
  if (made == NULL || depth > 16)
    return NULL;
  tail = &made->first;
  at = skip(at + 1);
  while (*at != close) {
    struct json *child;
    const char *key = NULL;
    size_t key_length = 0;
    if (close == '}') {
      const char *after;
      if (*at != '"' || (key = text_end(at, &after)) == NULL)
        return NULL;
      key_length = (size_t)(after - 1 - key);
      at = skip(after);
      if (*at != ':')
        return NULL;
      at = skip(at + 1);
    }
    if ((child = value(at, &at, pool, depth + 1)) == NULL)
      return NULL;
    child->key = key;
    child->key_length = key_length;
    *tail = child;
    tail = &child->next;
    made->length++;
    at = skip(at);
    if (*at == ',') {
      at = skip(at + 1);
      if (*at == close)
        return NULL;
    } else if (*at != close) {
      return NULL;
    }
  }
  made->to = *end = at + 1;
  return made;
}

static struct json *value(const char *at, const char **end, struct json_pool *pool, int depth) {
  struct json *made;
  if (*at == '{' || *at == '[')
    return elements(at, end, pool, depth);
  if (*at == '"') {
    if ((made = node(pool, JSON_TEXT, at)) == NULL || (made->text = text_end(at, end)) == NULL)
      return NULL;
    made->length = (size_t)(*end - 1 - made->text);
    made->to = *end;
    return made;
  }
  if (*at == '-' || (*at >= '0' && *at <= '9')) {
    char *after;
    if ((made = node(pool, JSON_NUMBER, at)) == NULL)
      return NULL;
    errno = 0;
    made->number = strtoll(at, &after, 10);
    if (errno != 0 || after == at || *after == '.' || *after == 'e' || *after == 'E')
      return NULL; /* the traces hold whole numbers only */
    made->to = *end = after;
    return made;
  }
  if (strncmp(at, "null", 4) == 0 && (made = node(pool, JSON_NULL, at)) != NULL) {
    made->to = *end = at + 4;
    return made;
  }
  return NULL;
}

struct json *json_read(const char *text, struct json_pool *pool) {
  const char *end;
  struct json *made = value(skip(text), &end, pool, 0);
  return made != NULL && *skip(end) == '\0' ? made : NULL;
}

const struct json *json_get(const struct json *object, const char *name) {
  const struct json *child;
  if (object == NULL || object->type != JSON_OBJECT)
    return NULL;
  for (child = object->first; child != NULL; child = child->next)
    if (child->key_length == strlen(name) && memcmp(child->key, name, child->key_length) == 0)
      return child;
  return NULL;
}

const struct json *json_at(const struct json *list, size_t n) {
  const struct json *child;
  if (list == NULL || list->type != JSON_LIST)
    return NULL;
  for (child = list->first; child != NULL && n > 0; n--)
    child = child->next;
  return child;
}

int json_is(const struct json *value, const char *text) {
  return value != NULL && value->type == JSON_TEXT && value->length == strlen(text) &&
         memcmp(value->text, text, value->length) == 0;
}
