/* A program that opens files, allocates, and has the USDT probes of servers and languages whose Debian packages are built without them. */
#include <stdlib.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/sdt.h>

static void work(void)
{
	char *kept = malloc(4096);
	FILE *file = fopen("/dev/null", "r");

	DTRACE_PROBE5(mysql, query__start, "select 1", 1, "db", "user", "host");
	DTRACE_PROBE1(mysql, query__done, 0);
	DTRACE_PROBE4(perl, sub__entry, "sub", "file", 1, "package");
	DTRACE_PROBE4(perl, sub__return, "sub", "file", 1, "package");
	DTRACE_PROBE4(ruby, method__entry, "class", "method", "file", 1);
	DTRACE_PROBE4(ruby, method__return, "class", "method", "file", 1);
	DTRACE_PROBE(ruby, gc__mark__begin);
	DTRACE_PROBE(ruby, gc__mark__end);
	DTRACE_PROBE(ruby, gc__sweep__begin);
	DTRACE_PROBE(ruby, gc__sweep__end);
	DTRACE_PROBE3(python, function__entry, "file", "function", 1);
	DTRACE_PROBE3(python, function__return, "file", "function", 1);
#ifdef NODE /* the two share names of probes, so that no program may have those of both */
	DTRACE_PROBE3(node, gc__start, 1, 0, kept);
	DTRACE_PROBE3(node, gc__done, 1, 0, kept);
#else
	DTRACE_PROBE1(python, gc__start, 0);
	DTRACE_PROBE1(python, gc__done, 0);
#endif
	if (file)
		fclose(file);
	free(kept);
}

int main(void)
{
	for (;;) {
		work();
		usleep(100000);
	}
}
