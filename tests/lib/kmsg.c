// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel log says during a test.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "kmsg.h"
#include "test.h"

int kmsg_open(void)
{
	int kmsg = expect_ok(open("/dev/kmsg",
				  O_RDONLY | O_NONBLOCK | O_CLOEXEC));

	expect_ok(lseek(kmsg, 0, SEEK_END));

	return kmsg;
}

static bool has_all(const char *record, va_list texts)
{
	const char *text;

	while ((text = va_arg(texts, const char *))) {
		if (!strstr(record, text))
			return false;
	}

	return true;
}

unsigned int kmsg_count(int kmsg, ...)
{
	unsigned int count = 0;
	char record[8192];
	va_list texts;
	ssize_t len;

	for (;;) {
		len = read(kmsg, record, sizeof(record) - 1);
		if (len < 0)
			break;
		record[len] = '\0';
		va_start(texts, kmsg);
		count += has_all(record, texts);
		va_end(texts);
	}
	/* Lines that were overwritten before they were read would be EPIPE. */
	expect_eq(errno, EAGAIN);

	return count;
}
