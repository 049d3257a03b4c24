// What the generated code needs of a C library. Memory lives for one call, so nothing is ever given back.

#include <stdlib.h>
#include <string.h>

extern unsigned char __heap_base;

static size_t next;

static void *take(size_t align, size_t size) {
  size_t start = ((next ? next : (size_t)&__heap_base) + align - 1) & ~(align - 1);
  size_t end = start + size;
  size_t have = __builtin_wasm_memory_size(0) << 16;
  if (end < start || (end > have && __builtin_wasm_memory_grow(0, (end - have + 65535) >> 16) == (size_t)-1)) {
    abort();
  }
  next = end;
  return (void *)start;
}

void *malloc(size_t size) { return take(16, size); }

// Fresh memory is zero, and none is used twice.
void *calloc(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    abort();
  }
  return take(16, bytes);
}

// The old block's size is not known, and all that lies behind it is ours to read.
void *realloc(void *old, size_t size) {
  void *fresh = take(16, size);
  return old ? memmove(fresh, old, size) : fresh;
}

void free(void *block) { (void)block; }

void abort(void) { __builtin_trap(); }

void *memcpy(void *to, const void *from, size_t size) { return memmove(to, from, size); }

// Volatile, so that the compiler does not make a call of memmove out of memmove.
void *memmove(void *to, const void *from, size_t size) {
  volatile char *target = to;
  const volatile char *source = from;
  if (target < source) {
    for (size_t at = 0; at < size; at++) target[at] = source[at];
  } else {
    for (size_t at = size; at > 0; at--) target[at - 1] = source[at - 1];
  }
  return to;
}

void *memset(void *to, int byte, size_t size) {
  volatile char *target = to;
  for (size_t at = 0; at < size; at++) target[at] = (char)byte;
  return to;
}

int memcmp(const void *a, const void *b, size_t size) {
  const unsigned char *left = a, *right = b;
  for (size_t at = 0; at < size; at++) {
    if (left[at] != right[at]) return left[at] < right[at] ? -1 : 1;
  }
  return 0;
}

size_t strlen(const char *text) {
  size_t length = 0;
  while (text[length]) length++;
  return length;
}
