// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a test may call: skipping, roles of devices, child processes.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner.h"
#include "test.h"

const char *errno_name(int number)
{
	const char *name = number ? strerrorname_np(number) : "0";

	return name ? name : "unknown";
}

void skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(shared->skip, sizeof(shared->skip), format, args);
	va_end(args);

	_exit(EXIT_SKIP);
}

const char *device_in(const char *role)
{
	for (int i = 0; i < options.device_count; i++) {
		if (!strcmp(options.devices[i].role, role))
			return options.devices[i].bdf;
	}

	return NULL;
}

const char *need(const char *role)
{
	const char *bdf = device_in(role);

	if (!bdf)
		skip("needs a device as '%s': see tests/README.md, give --device %s=ADDRESS",
		     role, role);

	return bdf;
}

const char *strategy_name(void)
{
	return options.strategy;
}

int rounds(int thorough)
{
	int count = (long)thorough * options.effort / 100;

	return count ? count : 1;
}

unsigned long test_seed(void)
{
	return options.seed;
}

const char *test_again(void)
{
	return shared->again;
}

/* One write is one line, whoever else writes. */
void note(const char *format, ...)
{
	char line[2048];
	va_list args;
	int used;

	used = snprintf(line, sizeof(line), "%*s# ", options.indent, "");
	va_start(args, format);
	used += vsnprintf(line + used, sizeof(line) - used - 1, format, args);
	va_end(args);
	if (used > (int)sizeof(line) - 2)
		used = sizeof(line) - 2;
	line[used++] = '\n';
	expect_eq(write(STDOUT_FILENO, line, used), used);
}

void allow_log(const char *text)
{
	for (int i = 0; i < ALLOWED_MAX; i++) {
		if (!strcmp(shared->allowed[i], text))
			return;
		if (shared->allowed[i][0])
			continue;
		snprintf(shared->allowed[i], sizeof(shared->allowed[i]), "%s",
			 text);
		return;
	}

	ck_abort_msg("a test allows more than %d texts in the log", ALLOWED_MAX);
}

pid_t child_fork(void)
{
	return expect_ok(fork());
}

/* Not exit(): the buffers and the exit handlers are the parent's. */
void child_exit(void)
{
	_exit(0);
}

void child_join(pid_t child)
{
	int status;

	expect_eq(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		ck_abort_msg("a child of the test died of signal %d (%s)",
			     WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status))
		ck_abort_msg("a child of the test exited with %d",
			     WEXITSTATUS(status));
}

struct turn turn_new(void)
{
	struct turn turn;

	expect_ok(pipe(turn.fd));

	return turn;
}

void turn_give(struct turn *turn)
{
	expect_eq(write(turn->fd[1], "", 1), 1);
}

void turn_wait(struct turn *turn)
{
	char byte;

	expect_eq(read(turn->fd[0], &byte, 1), 1);
}
