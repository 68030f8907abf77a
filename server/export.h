#ifndef SERVER_EXPORT_H
#define SERVER_EXPORT_H

/* A record in every form but HTML: metadata formats (data files under schema/formats, plus the AI-ready documents), packages. Worker. */

#include "server/api.h"

/* ${out} gets the document with this server's addresses filled in. ST_ABSENT: no such format; ST_UNSUPPORTED: not for this record. */
st_t export_write(struct req *r, const struct rec *rec, const char *format, struct buf *out, const char **media, struct err *e);
/* The Content-Type of what export_write() made: several formats share application/ld+json, and their profile tells them apart. */
const char *export_type(struct req *r, const char *name, const char *media);
/* The same for versions of so many files that a document must be written while it is sent: *body NULL where export_write() is to be used. */
st_t export_open(struct req *r, const struct rec *rec, const char *format, struct body **body, int64_t *len, const char **media, struct err *e);
/* The i-th form a record is offered in; false past the end. ${profile} may come back NULL. */
bool export_at(const struct req *r, size_t i, const char **name, const char **media, const char **profile, const char **title);
/* The form that Accept likes best; NULL: HTML. ${none}: nothing fits (406). */
const char *export_negotiate(struct req *r, bool *none);
/* FAIR Signposting: Link field of the landing page (level 1, at most 20 files), and the whole as a link set (level 2). */
void signpost_header(struct req *r, const struct rec *rec);

#endif
