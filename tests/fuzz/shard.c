/* SPDX-License-Identifier: MIT */
/* Any bytes as the lines that the stages of linkage read, or as the whole of a model: they are
 * taken, or refused in words. The first byte says which. */
#include <string.h>

#include "check.h"
#include "link/shard.h"

#define SPEC                                                                            \
	"{\"columns\":{\"given\":{\"from\":\"given\",\"as\":\"name\"},"                 \
	"\"handle\":{\"from\":\"handle\",\"as\":\"handle\"},"                           \
	"\"email\":{\"from\":\"email\",\"as\":\"email\"}},"                             \
	"\"comparisons\":[{\"name\":\"all\",\"ladders\":[{\"levels\":["                 \
	"{\"level\":\"same\",\"when\":\"exact(given)\",\"rarity\":[\"given\"],"         \
	"\"match\":0.9,\"near\":0.1},{\"level\":\"differs\",\"match\":0.1,"             \
	"\"near\":0.9}]}]}],\"blocks\":[{\"name\":\"given\",\"keys\":[\"given\"],"      \
	"\"divide\":[\"soundex(given)\"]},{\"name\":\"handle\",\"keys\":[\"handle\"]}," \
	"{\"name\":\"user\",\"keys\":[\"user(email)\"],\"divide\":[\"given\"]}]}"
static const char model_before[] =
	"{\"linkage\":" SPEC ",\"share\":{\"unrelated\":0.8,\"match\":0.1,\"near\":0.1},"
	"\"fields\":[{\"field\":\"all\",\"levels\":[{\"level\":\"same\",\"chance\":0.1,"
	"\"unrelated\":0.1,\"match\":0.9,\"near\":0.1},{\"level\":\"differs\",\"chance\":0.9,"
	"\"unrelated\":0.9,\"match\":0.1,\"near\":0.9}]}],"
	"\"plan\":{\"cap\":2,\"rules\":[\"given\",\"handle\",\"user\"]},\"whole\":";
static const char whole[] =
	"{\"profiles\":9,"
	"\"columns\":[{\"column\":\"given\",\"junk\":[],\"known\":9,\"met\":0.1,"
	"\"counts\":[\"ann\",3]},{\"column\":\"handle\",\"junk\":[\"x\\u001fy\"]}],"
	"\"decided\":[1,2,1],\"apart\":[3,4],\"single\":[],\"strong\":[\"x\"]}";

/* A shard by a model with this whole; NULL where it is refused. */
static struct crm_shard *shard_of(const struct crm_spec *spec, struct crm_slice of,
				  enum crm_shard_takes takes)
{
	struct crm_str model = CRM_STR_INIT;
	struct crm_shard *shard = NULL;
	struct crm_err err = {0};

	crm_str_adds(&model, model_before);
	crm_str_add(&model, of.ptr, of.len);
	crm_str_addc(&model, '}');
	if (crm_shard_new(&shard, spec, (struct crm_slice){model.ptr, model.len}, takes, &err)
	    != CRM_OK) {
		check(*err.text);
		crm_shard_free(shard);
		shard = NULL;
	}
	crm_str_release(&model);
	return shard;
}

static void add_lines(struct crm_shard *shard, const char *s, const char *end)
{
	struct crm_err err = {0};

	while (s < end) {
		const char *next = memchr(s, '\n', (size_t)(end - s));
		struct crm_slice line = {s, (size_t)((next ? next : end) - s)};

		check(crm_shard_add(shard, line, &err) == CRM_OK || *err.text);
		s = next ? next + 1 : end;
	}
}

static void run(struct crm_shard *shard, int stage)
{
	struct crm_str out = CRM_STR_INIT;

	if (stage == 0)
		crm_shard_key(shard, &out);
	else if (stage == 1)
		crm_shard_score(shard, -20, true, &out);
	else if (stage == 2)
		crm_shard_component(shard, &out);
	else
		crm_shard_cluster(shard, -20, true, &out);
	check(out.len == 0 || out.ptr[out.len - 1] == '\n');
	crm_str_release(&out);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static const enum crm_shard_takes takes[] = {CRM_SHARD_RECORDS, CRM_SHARD_KEYED,
						     CRM_SHARD_LINKED, CRM_SHARD_LINKED};
	static const char record[] = "{\"type\":\"record\",\"profile\":1,\"values\":{\"given\":"
				     "\"Ann\",\"handle\":[[\"x\",\"y\"]],\"email\":[\"a@b\"]}}";
	const char *s = (const char *)bytes + 1, *end = (const char *)bytes + len;
	static struct crm_spec *spec;
	struct crm_shard *shard;
	struct crm_err err = {0};
	int stage = len ? bytes[0] % 5 : 0;

	if (!spec)
		check(crm_spec_read(&spec, CRM_SLICE(SPEC), "spec", CRM_SLICE(""), &err) == CRM_OK);
	if (len == 0)
		return 0;
	if (stage < 4)
		shard = shard_of(spec, CRM_SLICE(whole), takes[stage]);
	else if (!(shard = shard_of(spec, (struct crm_slice){s, len - 1}, CRM_SHARD_RECORDS)))
		return 0;
	add_lines(shard, stage < 4 ? s : record, stage < 4 ? end : record + sizeof(record) - 1);
	run(shard, stage % 4);
	crm_shard_free(shard);
	return 0;
}
