#ifndef SCHEMA_FORMAT_H
#define SCHEMA_FORMAT_H

/*
 * A metadata format is a data file under schema/formats/: name, media type, namespaces, and the mapping from the canonical record.
 * The mapping language is described in docs/formats/crosswalk.md. Adding a format needs no C.
 */

#include "schema/schema.h"

/* Bytes that stand in every rendition where this server's own addresses go; filled in while serving (DESIGN 4). Neither byte is legal
 * in XML or JSON text, so no record can hold one. */
#define MARK_BASE	'\x01'		/* "https://repo.example.ac.jp", no slash at the end */
#define MARK_OAI	'\x02'		/* "oai:repo.example.ac.jp:" */

struct format {
	const char *name;		/* "oai_dc", "datacite-json", "schema-org" */
	const char *media;		/* "application/ld+json" */
	const char *title;		/* for people */
	const char *oai_prefix;		/* NULL: not harvested */
	const char *xml_ns, *xml_schema;	/* as ListMetadataFormats says */
	const char *profile;		/* profile URI for Signposting, or NULL */
	const char *inside;		/* the kept format whose <payload> this one is: harvested from there; or NULL */
	bool kept;			/* rendered when the record changes; else on request */
	bool is_xml;
	uint32_t crosswalk_version;	/* changing it re-dates the format's records */
	void *map;			/* the compiled mapping: schema/ only */
};

/* The view a crosswalk reads: the canonical record plus computed members. Build it once for all formats. */
struct record_view {
	const json_t *doc;		/* canonical */
	const char *id, *parent;
	uint32_t version, revision;
	const char *state;
	int64_t created, modified, published;
	const json_t *files;		/* array as in the canonical record's "files", at most 1,000; NULL = none */
	uint64_t files_total, bytes_total;
	const json_t *facts;		/* enriched members (variables, ...) or NULL; harvested formats never look at it */
	bool files_open;		/* may anybody fetch the content now? */
};

/* Render with marks. ST_UNSUPPORTED: this record cannot be expressed in the format (it is then not offered). */
st_t xwalk_write(const struct schema *s, const struct format *f, const struct record_view *v, struct buf *out, struct err *e);
/* Replace the marks: ${base} without a slash at the end, ${oai} "oai:...:" . */
st_t marks_fill(struct buf *out, struct slice rendition, struct slice base, struct slice oai);

/* InvenioRDM record JSON <-> canonical, lossless through custom_fields["azekura:..."]. ${warn}: array of strings or NULL. */
st_t invenio_read(const struct schema *s, const json_t *rdm /* {"metadata":..., "access":..., "custom_fields":...} */, json_t **doc, json_t *warn, struct err *e);
st_t invenio_write(const struct schema *s, const json_t *doc, json_t **rdm /* metadata, access, custom_fields, pids */, struct err *e);

#endif
