/* SPDX-License-Identifier: MIT */
/* Numbers of documents: see id.h. */
#include "norm/id.h"

#include <string.h>

#include "norm/text.h"

bool crm_id_normalise(struct crm_slice text, struct crm_str *out)
{
	size_t start = out->len, n = start, same = 0, digits = 0;

	crm_text_key(text, out);
	for (size_t i = start; i < out->len; i++)
		if (out->ptr[i] >= 'a' && out->ptr[i] <= 'z')
			out->ptr[n++] = (char)(out->ptr[i] - 'a' + 'A');
		else if (out->ptr[i] != ' ')
			out->ptr[n++] = out->ptr[i];
	for (size_t i = start; i < n; i++)
		same += out->ptr[i] == out->ptr[start], digits += out->ptr[i] <= '9';
	out->len = digits == 0 || same == n - start ? start : n;
	out->ptr[out->len] = '\0';
	return out->len > start;
}

void crm_id_mask(struct crm_slice value, struct crm_str *out)
{
	size_t shown = value.len >= 6 ? 3 : value.len > 1;

	for (size_t i = shown; i < value.len; i++)
		crm_str_adds(out, "•");
	crm_str_add(out, value.ptr + value.len - shown, shown);
}
