/* SPDX-License-Identifier: MIT */
/* libzip unpacks, libxml2's push parser reads; both a piece at a time. The parser builds no
 * tree and knows no entities, so that what it holds is the piece and the open elements. */
#include "ingest/package.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#include "base/mem.h"

#define PIECE ((size_t)16 * 1024)
#define RATIO_FROM ((uint64_t)10 * 1024 * 1024)

struct crm_package {
	zip_t *zip;
};

struct crm_part {
	char *name;
	zip_file_t *file;
	uint64_t packed, unpacked; /* bytes: in the archive; so far */
	xmlParserCtxt *xml;
	const struct crm_xml_handler *handler;
	int depth;
	bool stopped;
	const char *refused; /* why; static */
};

struct crm_xml_attributes {
	const xmlChar **list; /* of five pointers each: name, prefix, URI, value, its end */
	int n;
};

/* --- the archive --- */

static enum crm_status check_archive(struct crm_package *package, struct crm_err *err)
{
	if (zip_get_num_entries(package->zip, 0) > CRM_PACKAGE_FILES)
		return crm_fail(err, CRM_DATA, "is an archive of more than %d files",
				CRM_PACKAGE_FILES);
	return CRM_OK;
}

enum crm_status crm_package_open(struct crm_package **out, int fd, struct crm_err *err)
{
	struct crm_package *package = crm_calloc(1, sizeof(*package));
	enum crm_status rc;
	int code = 0;

	package->zip = zip_fdopen(fd, 0, &code);
	if (!package->zip) {
		zip_error_t error;

		close(fd);
		zip_error_init_with_code(&error, code);
		rc = crm_fail(err, CRM_DATA, "cannot be unpacked: %s", zip_error_strerror(&error));
		zip_error_fini(&error);
	} else {
		rc = check_archive(package, err);
	}
	if (rc == CRM_OK)
		*out = package;
	else
		crm_package_free(package);
	return rc;
}

void crm_package_free(struct crm_package *package)
{
	if (!package)
		return;
	if (package->zip)
		zip_discard(package->zip);
	free(package);
}

bool crm_package_has(const struct crm_package *package, const char *name)
{
	return zip_name_locate(package->zip, name, ZIP_FL_NOCASE) >= 0;
}

/* --- libxml2's calls --- */

static struct crm_slice find(const struct crm_xml_attributes *a, const char *name, bool prefixed)
{
	for (int i = 0; i < a->n; i++) {
		const xmlChar **at = a->list + (ptrdiff_t)i * 5;

		if (!strcmp((const char *)at[0], name) && (!prefixed || at[1]))
			return (struct crm_slice){(const char *)at[3], (size_t)(at[4] - at[3])};
	}
	return (struct crm_slice){NULL, 0};
}

struct crm_slice crm_xml_attribute(const struct crm_xml_attributes *attributes, const char *name)
{
	return find(attributes, name, false);
}

struct crm_slice crm_xml_prefixed(const struct crm_xml_attributes *attributes, const char *name)
{
	return find(attributes, name, true);
}

static void stop(struct crm_part *part)
{
	part->stopped = true;
	xmlStopParser(part->xml);
}

static void refuse(struct crm_part *part, const char *why)
{
	part->refused = why;
	stop(part);
}

static void on_start(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
		     int n_namespaces, const xmlChar **namespaces, int n, int n_defaulted,
		     const xmlChar **list)
{
	struct crm_part *part = data;
	struct crm_xml_attributes attributes = {list, n};

	(void)prefix, (void)uri, (void)n_namespaces, (void)namespaces, (void)n_defaulted;
	if (part->stopped)
		return;
	if (++part->depth > CRM_PART_DEPTH)
		refuse(part, "has elements too deep in each other");
	else if (!part->handler->start(part->handler->data, (const char *)name, &attributes))
		stop(part);
}

static void on_end(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct crm_part *part = data;

	(void)prefix, (void)uri;
	if (part->stopped)
		return;
	part->depth--;
	if (!part->handler->end(part->handler->data, (const char *)name))
		stop(part);
}

static void on_text(void *data, const xmlChar *text, int len)
{
	struct crm_part *part = data;

	if (!part->stopped
	    && !part->handler->text(part->handler->data, (const char *)text, (size_t)len))
		stop(part);
}

static void on_document_type(void *data, const xmlChar *name, const xmlChar *id,
			     const xmlChar *system)
{
	(void)name, (void)id, (void)system;
	refuse(data, "has a document type, which is refused");
}

static void on_error(void *data, xmlError *error)
{
	(void)data, (void)error; /* xmlCtxtGetLastError has it */
}

static xmlParserCtxt *new_parser(struct crm_part *part)
{
	xmlSAXHandler sax = {
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_text,
		.ignorableWhitespace = on_text,
		.cdataBlock = on_text,
		.internalSubset = on_document_type,
		.serror = on_error,
	};
	xmlParserCtxt *xml = xmlCreatePushParserCtxt(&sax, part, NULL, 0, NULL);

	if (xml)
		xmlCtxtUseOptions(xml, XML_PARSE_NONET);
	return xml;
}

/* --- a file of the archive --- */

static bool is_bomb(const struct crm_part *part, uint64_t size)
{
	return size > RATIO_FROM && size / CRM_PART_RATIO > part->packed;
}

static enum crm_status check_size(const struct crm_part *part, uint64_t size, struct crm_err *err)
{
	if (size > CRM_PART_MAX)
		return crm_fail(err, CRM_DATA, "%.200s is larger than %llu MiB", part->name,
				(unsigned long long)CRM_PART_MAX / 1024 / 1024);
	if (is_bomb(part, size))
		return crm_fail(err, CRM_DATA,
				"%.200s is a zip bomb: more than %d times larger unpacked",
				part->name, CRM_PART_RATIO);
	return CRM_OK;
}

static enum crm_status open_file(struct crm_part *part, struct crm_package *package,
				 struct crm_err *err)
{
	zip_int64_t index = zip_name_locate(package->zip, part->name, ZIP_FL_NOCASE);
	zip_stat_t info;
	enum crm_status rc;

	if (index < 0 || zip_stat_index(package->zip, (zip_uint64_t)index, 0, &info))
		return crm_fail(err, CRM_DATA, "lacks %.200s", part->name);
	if ((info.valid & ZIP_STAT_ENCRYPTION_METHOD) && info.encryption_method != ZIP_EM_NONE)
		return crm_fail(err, CRM_DATA, "has a password: save it without one");
	part->packed = info.comp_size;
	if ((rc = check_size(part, info.size, err)) != CRM_OK)
		return rc;
	part->file = zip_fopen_index(package->zip, (zip_uint64_t)index, 0);
	if (!part->file)
		return crm_fail(err, CRM_DATA, "%.200s cannot be unpacked: %s", part->name,
				zip_strerror(package->zip));
	return CRM_OK;
}

enum crm_status crm_part_open(struct crm_part **out, struct crm_package *package, const char *name,
			      const struct crm_xml_handler *handler, struct crm_err *err)
{
	struct crm_part *part = crm_calloc(1, sizeof(*part));
	enum crm_status rc;

	part->name = crm_strdup(name);
	part->handler = handler;
	rc = open_file(part, package, err);
	if (rc == CRM_OK && !(part->xml = new_parser(part)))
		rc = crm_fail(err, CRM_BUG, "cannot start the XML parser");
	if (rc == CRM_OK)
		*out = part;
	else
		crm_part_free(part);
	return rc;
}

void crm_part_free(struct crm_part *part)
{
	if (!part)
		return;
	if (part->file)
		zip_fclose(part->file);
	if (part->xml)
		xmlFreeParserCtxt(part->xml);
	free(part->name);
	free(part);
}

static enum crm_status parse(struct crm_part *part, const char *bytes, size_t len,
			     struct crm_err *err)
{
	int failed = xmlParseChunk(part->xml, bytes, (int)len, len == 0);

	if (part->refused)
		return crm_fail(err, CRM_DATA, "%.200s %s", part->name, part->refused);
	if (failed && !part->stopped)
		return crm_fail(err, CRM_DATA, "%.200s is damaged: no good XML at its line %d",
				part->name, part->xml->input ? part->xml->input->line : 0);
	return CRM_OK;
}

enum crm_status crm_part_read(struct crm_part *part, bool *more, struct crm_err *err)
{
	char piece[PIECE];
	zip_int64_t n = part->stopped ? 0 : zip_fread(part->file, piece, sizeof(piece));
	enum crm_status rc;

	*more = false;
	if (part->stopped)
		return CRM_OK;
	if (n < 0)
		return crm_fail(err, CRM_DATA, "%.200s is damaged: %s", part->name,
				zip_error_strerror(zip_file_get_error(part->file)));
	part->unpacked += (uint64_t)n;
	if ((rc = check_size(part, part->unpacked, err)) != CRM_OK
	    || (rc = parse(part, piece, (size_t)n, err)) != CRM_OK)
		return rc;
	*more = n > 0 && !part->stopped;
	return CRM_OK;
}

enum crm_status crm_package_read(struct crm_package *package, const char *name,
				 const struct crm_xml_handler *handler, struct crm_err *err)
{
	struct crm_part *part;
	enum crm_status rc = crm_part_open(&part, package, name, handler, err);
	bool more = true;

	if (rc != CRM_OK)
		return rc;
	while (more && rc == CRM_OK)
		rc = crm_part_read(part, &more, err);
	crm_part_free(part);
	return rc;
}
