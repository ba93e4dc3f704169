/* The loops of routines.ts in C: the yardstick of `deno task meter:c` and of routines_test.ts. */
#include <immintrin.h>
#include <stddef.h>

void movdir64b(char *p, size_t bytes, size_t step, const void *line)
{
	for (char *end = p + bytes; p != end; _mm_mfence())
		for (char *stop = p + step; p != stop; p += 64)
			_movdir64b(p, line);
}

void movdir64bOneFence(char *p, size_t bytes, size_t step, const void *line)
{
	for (char *end = p + bytes; p != end;)
		for (char *stop = p + step; p != stop; p += 64)
			_movdir64b(p, line);
	_mm_mfence();
}

/* A C compiler has no intrinsic for it, and memset would call the C library. */
void repStosb(char *p, size_t bytes, size_t step, size_t value)
{
	for (char *end = p + bytes; p != end;) {
		size_t count = step;
		__asm__ volatile("rep stosb" : "+D"(p), "+c"(count) : "a"(value) : "memory");
	}
}

void movnti(char *p, size_t bytes, size_t step, long long value)
{
	for (char *end = p + bytes; p != end; _mm_sfence())
		for (char *stop = p + step; p != stop; p += 64)
#pragma GCC unroll 8
			for (int i = 0; i < 64; i += 8)
				_mm_stream_si64((long long *)(p + i), value);
}

void clflushopt(char *p, size_t bytes, size_t step, size_t unused)
{
	(void)unused;
	for (char *end = p + bytes; p != end; _mm_mfence())
		for (char *stop = p + step; p != stop; p += 64)
			_mm_clflushopt(p);
}
