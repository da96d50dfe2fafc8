#include "base/str.h"
static inline void crm_html_text(struct crm_slice h, struct crm_str *o){crm_str_add(o,h.ptr,h.len);}
