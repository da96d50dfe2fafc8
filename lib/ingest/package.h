/* SPDX-License-Identifier: MIT */
/*
 * package: a zip archive of XML files, which is what an office document is (ECMA-376
 * part 2), read piece by piece.
 *
 * The archive comes from a stranger. Its limits: CRM_PART_MAX bytes of a file once it is
 * unpacked; of more than 10 MiB at most CRM_PART_RATIO times what it takes in the archive
 * (whatever the archive says of itself); elements CRM_PART_DEPTH deep; CRM_PACKAGE_FILES
 * files. A document type, and with it any entity but the five of XML, is refused; nothing
 * is ever fetched. Memory does not grow with the size of a file.
 */
#ifndef CRM_PACKAGE_H
#define CRM_PACKAGE_H

#include "base/status.h"
#include "base/str.h"

#define CRM_PART_MAX ((uint64_t)256 * 1024 * 1024)
#define CRM_PART_RATIO 200
#define CRM_PART_DEPTH 64
#define CRM_PACKAGE_FILES 10000

struct crm_package;

/* Opens the archive behind fd, which it takes ownership of. *package is new, on success:
 * free with crm_package_free. CRM_DATA when it is no archive or one beyond the limits. */
enum crm_status crm_package_open(struct crm_package **package, int fd, struct crm_err *err);
void crm_package_free(struct crm_package *package);
/* Is there a file of this name? Case does not count, as in part 2, 7.2.3.5. */
bool crm_package_has(const struct crm_package *package, const char *name);

struct crm_xml_attributes;

/* What is called for the parts of an XML text. Names are without prefix. All that is passed
 * is borrowed: valid during the call. Each returns whether reading is to go on. */
struct crm_xml_handler {
	bool (*start)(void *data, const char *name, const struct crm_xml_attributes *attributes);
	bool (*end)(void *data, const char *name);
	bool (*text)(void *data, const char *bytes, size_t len); /* in pieces of any size */
	void *data;
};

/* The value of an attribute, its prefix left aside; ptr NULL when there is none. */
struct crm_slice crm_xml_attribute(const struct crm_xml_attributes *attributes, const char *name);
/* The same, for an attribute that has a prefix: r:id is not id. */
struct crm_slice crm_xml_prefixed(const struct crm_xml_attributes *attributes, const char *name);

struct crm_part;

/* Opens an XML file of package (borrowed). *part is new, on success: free with
 * crm_part_free before the package. CRM_DATA as above. */
enum crm_status crm_part_open(struct crm_part **part, struct crm_package *package, const char *name,
			      const struct crm_xml_handler *handler, struct crm_err *err);
void crm_part_free(struct crm_part *part);
/* Reads a piece (16 KiB), calling the handler for what is in it; *more says whether there
 * is any left, and is wanted. CRM_DATA when it is no XML or beyond the limits. */
enum crm_status crm_part_read(struct crm_part *part, bool *more, struct crm_err *err);

/* All of a file at once: for short ones. */
enum crm_status crm_package_read(struct crm_package *package, const char *name,
				 const struct crm_xml_handler *handler, struct crm_err *err);

#endif
