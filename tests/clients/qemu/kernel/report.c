// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel says, at the first serial port.
 */
#include <stdarg.h>

#include "kernel.h"

#define SERIAL		0x3f8
#define LINE_STATUS	(SERIAL + 5)
#define  ROOM		0x20

static void put(char c)
{
	while (!(in8(LINE_STATUS) & ROOM))
		;
	out8(SERIAL, c);
}

static void put_text(const char *text)
{
	while (*text)
		put(*text++);
}

static void put_number(u32 value, u32 base)
{
	char digits[12];
	int count = 0;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (count)
		put(digits[--count]);
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	for (; *format; format++) {
		if (*format != '%') {
			put(*format);
			continue;
		}
		switch (*++format) {
		case 's':
			put_text(va_arg(args, const char *));
			break;
		case 'u':
			put_number(va_arg(args, u32), 10);
			break;
		case 'x':
			put_text("0x");
			put_number(va_arg(args, u32), 16);
			break;
		}
	}
	va_end(args);
	put('\n');
}

void expect(const char *test, u32 got, u32 want)
{
	/* The same tests again, after a reset, have names of their own. */
	const char *when = machine_boots() ? "_after_reset" : "";

	if (got == want)
		say("ok %s%s", test, when);
	else
		say("not ok %s%s: got %x, expected %x", test, when, got, want);
}
