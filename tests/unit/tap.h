/* SPDX-License-Identifier: MIT */
/*
 * tap: what a unit test needs to speak the Test Anything Protocol. A test is a program
 * that calls ok(), is_str(), is_int() and returns done(); prove(1) reads it.
 */
#ifndef CRM_TAP_H
#define CRM_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count, tap_failed;

/* One test: good or not. Returns good, so that details can be printed after. */
__attribute__((unused, format(printf, 2, 3))) static bool ok(bool good, const char *title, ...)
{
	va_list args;

	va_start(args, title);
	printf("%sok %d - ", good ? "" : "not ", ++tap_count);
	vprintf(title, args);
	putchar('\n');
	va_end(args);
	tap_failed += !good;
	return good;
}

/* Are two strings the same? Either may be NULL. */
__attribute__((unused)) static bool is_str(const char *got, const char *want, const char *title)
{
	bool same = got && want ? !strcmp(got, want) : got == want;

	if (!ok(same, "%s", title))
		printf("#      got: %s\n# expected: %s\n", got ? got : "(null)",
		       want ? want : "(null)");
	return same;
}

__attribute__((unused)) static bool is_int(long long got, long long want, const char *title)
{
	if (!ok(got == want, "%s", title))
		printf("#      got: %lld\n# expected: %lld\n", got, want);
	return got == want;
}

/* A test that cannot run here, with the reason. */
__attribute__((unused)) static void skip(const char *title, const char *why)
{
	printf("ok %d - %s # SKIP %s\n", ++tap_count, title, why);
}

/* Says how many tests there were; the exit code of the program. */
__attribute__((unused)) static int done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif
