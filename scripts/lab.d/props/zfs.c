/* Stands for the module of ZFS, which Debian doesn't ship built: functions of the names that the tools attach to, which do nothing. */
#include <linux/module.h>

#define OPERATION(name) \
	noinline int name(void *a, void *b); \
	noinline int name(void *a, void *b) { barrier(); return a == b; } \
	EXPORT_SYMBOL(name)

OPERATION(zpl_iter_read);
OPERATION(zpl_iter_write);
OPERATION(zpl_open);
OPERATION(zpl_fsync);

MODULE_LICENSE("GPL");
