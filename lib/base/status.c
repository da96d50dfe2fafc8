/* SPDX-License-Identifier: MIT */
/* The one place that turns a status into an exit code; see crm(7), EXIT STATUS. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

static const int exit_codes[] = {
	[CRM_OK] = 0,      [CRM_ASIDE] = 1, [CRM_USAGE] = 64, [CRM_DATA] = 65, [CRM_NO_INPUT] = 66,
	[CRM_REMOTE] = 69, [CRM_BUG] = 70,  [CRM_IO] = 74,    [CRM_BUSY] = 75, [CRM_CONFIG] = 78,
};

enum crm_status crm_fail(struct crm_err *err, enum crm_status status, const char *fmt, ...)
{
	va_list ap;

	err->status = status;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return status;
}

int crm_status_exit(enum crm_status status)
{
	return exit_codes[status];
}
