/* SPDX-License-Identifier: MIT */
/*
 * Runs a command on a terminal of its own and types at it:
 *
 *	terminal COLUMNS PROMPT KEYS COMMAND [ARGUMENT ...]
 *
 * Each key is typed when PROMPT has been shown once more; after the last one the terminal is
 * hung up at the next prompt. What was shown goes to standard output; the exit code is the
 * command's.
 */
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char shown[1 << 20];

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (; *what && (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

/* Shows and types until the command is gone, or nothing is left to type. */
static void talk(int terminal, const char *prompt, const char *keys)
{
	size_t len = 0, typed = 0;
	ssize_t n;

	while (len < sizeof(shown) - 1
	       && (n = read(terminal, shown + len, sizeof(shown) - 1 - len)) > 0) {
		fwrite(shown + len, 1, (size_t)n, stdout);
		len += (size_t)n;
		while (typed < count(shown, prompt)) {
			if (!keys[typed])
				return;
			if (write(terminal, &keys[typed++], 1) != 1)
				return;
		}
	}
}

int main(int argc, char **argv)
{
	struct winsize size = {.ws_row = 50};
	int terminal, status;
	pid_t child;

	if (argc < 5)
		return 64;
	size.ws_col = (unsigned short)atoi(argv[1]);
	child = forkpty(&terminal, NULL, NULL, &size);
	if (child < 0) {
		perror("terminal");
		return 70;
	}
	if (child == 0) {
		execvp(argv[4], argv + 4);
		perror(argv[4]);
		_exit(127);
	}
	talk(terminal, argv[2], argv[3]);
	close(terminal);
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
