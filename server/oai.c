/*
 * OAI-PMH 2.0 (openarchives.org, document of 2015-01-08). Arguments are judged in the order of section 3.6: verb, then the set of arguments,
 * then their values, then what they name. Records come as kept renditions; a page is head, fragments, tail. Whole pages are kept
 * compressed while nothing changes: only the head, which holds the time, is made anew.
 */

#include "server/oai.h"

#include <pthread.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/xml.h"
#include "net/url.h"
#include "server/api.h"
#include "server/negotiate.h"
#include "store/changes.h"
#include "store/deposit.h"

#define HEADERS_FACTOR 5		/* headers in an answer for each record in one */
#define PAGE_SETS 500
#define PAGE_SOFT ((size_t)8 << 20)	/* a page of records ends here at the latest: memory is bounded however large they are */
#define ARG_MAX ((size_t)128 << 10)
#define PAGE_BYTES_MAX ((size_t)256 << 20)
#define TYPE "text/xml; charset=utf-8"
#define RETRY_AFTER "5"

/* ---- Kept pages and counts. ---- */

#define PEERS 257
#define PAGES 2048

struct page {
	uint64_t key, generation;	/* of the request; of the change log */
	uint64_t used;
	char *deflated;			/* raw deflate, its last block final */
	size_t n;
	uint32_t crc, plain;		/* CRC-32 and length of what it holds */
};

struct oai {
	pthread_mutex_t lock;
	struct page pages[PAGES];
	size_t bytes, max;
	uint64_t clock;
	struct { char peer[46]; unsigned n; } peers[PEERS];
};

struct oai *oai_new(size_t cache_bytes)
{
	struct oai *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return NULL;
	o->max = cache_bytes;
	pthread_mutex_init(&o->lock, NULL);
	return o;
}

void oai_free(struct oai *o)
{
	size_t i;

	if (o == NULL)
		return;
	for (i = 0; i < PAGES; i++)
		free(o->pages[i].deflated);
	pthread_mutex_destroy(&o->lock);
	free(o);
}

static bool alnum(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* One more request of this peer? Open addressing over few entries; a full table counts nobody. */
static bool peer_enter(struct oai *o, const char *peer, unsigned max)
{
	size_t i, at = hash64(peer, strlen(peer), 0) % PEERS;
	bool ok = true;

	pthread_mutex_lock(&o->lock);
	for (i = 0; i < 8; i++, at = (at + 1) % PEERS) {
		if (o->peers[at].n == 0)
			snprintf(o->peers[at].peer, sizeof(o->peers[at].peer), "%s", peer);
		else if (strcmp(o->peers[at].peer, peer) != 0)
			continue;
		ok = o->peers[at].n < max;
		if (ok)
			o->peers[at].n++;
		break;
	}
	pthread_mutex_unlock(&o->lock);
	return ok;
}

static void peer_leave(struct oai *o, const char *peer)
{
	size_t i, at = hash64(peer, strlen(peer), 0) % PEERS;

	pthread_mutex_lock(&o->lock);
	for (i = 0; i < 8; i++, at = (at + 1) % PEERS) {
		if (o->peers[at].n > 0 && strcmp(o->peers[at].peer, peer) == 0) {
			o->peers[at].n--;
			break;
		}
	}
	pthread_mutex_unlock(&o->lock);
}

static void page_drop(struct oai *o, struct page *p)
{
	o->bytes -= p->n;
	free(p->deflated);
	memset(p, 0, sizeof(*p));
}

/* Copy of the kept page into ${out}, between what the caller puts before and after. */
static bool page_get(struct oai *o, uint64_t key, uint64_t generation, struct buf *out, uint32_t *crc, uint32_t *plain)
{
	struct page *p = &o->pages[key % PAGES];
	bool hit;

	pthread_mutex_lock(&o->lock);
	hit = p->deflated != NULL && p->key == key && p->generation == generation;
	if (hit) {
		p->used = ++o->clock;
		hit = buf_add(out, p->deflated, p->n) == ST_OK;
		*crc = p->crc;
		*plain = p->plain;
	}
	pthread_mutex_unlock(&o->lock);
	return hit;
}

static void page_put(struct oai *o, uint64_t key, uint64_t generation, struct slice deflated, uint32_t crc, uint32_t plain)
{
	struct page *p = &o->pages[key % PAGES];
	char *copy = deflated.n > o->max / 8 ? NULL : slice_dup(deflated);
	size_t i;

	if (copy == NULL)
		return;
	pthread_mutex_lock(&o->lock);
	if (p->deflated != NULL)
		page_drop(o, p);
	while (o->bytes + deflated.n > o->max) {
		struct page *old = NULL;

		for (i = 0; i < PAGES; i++)
			if (o->pages[i].deflated != NULL && (old == NULL || o->pages[i].used < old->used))
				old = &o->pages[i];
		page_drop(o, old);
	}
	p->key = key;
	p->generation = generation;
	p->used = ++o->clock;
	p->deflated = copy;
	p->n = deflated.n;
	p->crc = crc;
	p->plain = plain;
	o->bytes += deflated.n;
	pthread_mutex_unlock(&o->lock);
}

/* ---- Arguments. ---- */

enum arg { A_VERB, A_IDENTIFIER, A_PREFIX, A_FROM, A_UNTIL, A_SET, A_TOKEN, A_COUNT };
static const char *const arg_names[A_COUNT] = { "verb", "identifier", "metadataPrefix", "from", "until", "set", "resumptionToken" };

enum verb { V_NONE, V_IDENTIFY, V_FORMATS, V_SETS, V_IDENTIFIERS, V_RECORDS, V_GET };
static const struct { const char *name; enum verb verb; unsigned need, may; } verbs[] = {
	{ "Identify", V_IDENTIFY, 0, 0 },
	{ "ListMetadataFormats", V_FORMATS, 0, 1u << A_IDENTIFIER },
	{ "ListSets", V_SETS, 0, 1u << A_TOKEN },
	{ "ListIdentifiers", V_IDENTIFIERS, 1u << A_PREFIX, 1u << A_FROM | 1u << A_UNTIL | 1u << A_SET | 1u << A_TOKEN },
	{ "ListRecords", V_RECORDS, 1u << A_PREFIX, 1u << A_FROM | 1u << A_UNTIL | 1u << A_SET | 1u << A_TOKEN },
	{ "GetRecord", V_GET, 1u << A_IDENTIFIER | 1u << A_PREFIX, 0 },
};

struct oaireq {
	struct req *r;
	struct slice arg[A_COUNT];	/* p NULL: absent */
	unsigned seen, twice, empty;
	bool unknown, bad_escape, bad_token;
	enum verb verb;
	struct buf errors;		/* <error> elements so far */
	bool hide_args;			/* badVerb, badArgument: request has no attributes */
	int64_t now;			/* what the snapshot lacks is dated no earlier */
	struct buf *out;
};

/* Could ${s} be a URI? The request element may repeat nothing else as identifier (OAI-PMH.xsd: anyURI). */
static bool is_uri(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!alnum(s.p[i]) && (s.p[i] == '\0' || strchr("-._~:/?@!$&'()*+,;=", s.p[i]) == NULL || i == 0))
			return false;
	return s.n > 0 && (s.p[0] > '9');
}

static void fail(struct oaireq *q, const char *code, const char *text)
{
	buf_addf(&q->errors, "<error code=\"%s\">%s</error>", code, text);
	if (strcmp(code, "badVerb") == 0 || strcmp(code, "badArgument") == 0)
		q->hide_args = true;
}

static void read_pairs(struct oaireq *q, struct slice rest)
{
	struct buf k = BUF_INIT(256), v = BUF_INIT(ARG_MAX);
	st_t st;

	while (rest.p != NULL && (st = query_next(&rest, &k, &v)) != ST_EOF) {
		size_t i;

		if (st != ST_OK || !utf8_valid(buf_slice(&v), NULL)) {
			q->bad_escape = true;
			q->bad_token = q->bad_token || slice_eq_str(buf_slice(&k), arg_names[A_TOKEN]);
			continue;
		}
		for (i = 0; i < A_COUNT; i++)
			if (slice_eq_str(buf_slice(&k), arg_names[i]))
				break;
		if (i == A_COUNT) {
			q->unknown = true;
			continue;
		}
		if (q->seen & 1u << i)
			q->twice |= 1u << i;
		if (v.n == 0)
			q->empty |= 1u << i;
		q->seen |= 1u << i;
		q->arg[i] = slice_of(arena_dup(q->r->arena, v.p == NULL ? "" : v.p, v.n), v.n);
	}
	buf_release(&k);
	buf_release(&v);
}

/* Section 3.6: badVerb, badArgument. False: errors were set. */
static bool judge(struct oaireq *q)
{
	unsigned need, may;
	size_t i, v;

	for (v = 0; v < sizeof(verbs) / sizeof(verbs[0]); v++)
		if (slice_eq_str(q->arg[A_VERB], verbs[v].name))
			break;
	if (q->arg[A_VERB].p == NULL || v == sizeof(verbs) / sizeof(verbs[0]) || q->twice & 1u << A_VERB) {
		fail(q, "badVerb", q->twice & 1u << A_VERB ? "the verb is given more than once" :
		    q->arg[A_VERB].p == NULL ? "the verb is missing" : "there is no such verb in OAI-PMH 2.0");
		return false;
	}
	q->verb = verbs[v].verb;
	need = verbs[v].need | 1u << A_VERB;
	may = verbs[v].may;
	if (q->bad_escape)
		fail(q, "badArgument", "an argument is not properly encoded UTF-8");
	if (q->unknown)
		fail(q, "badArgument", "an argument is not known");
	/* A resumption token stands alone (4.3, 4.5, 4.6). */
	if (q->seen & may & 1u << A_TOKEN) {
		need = may = 1u << A_VERB | 1u << A_TOKEN;
		if (q->seen & ~may)
			fail(q, "badArgument", "resumptionToken is an exclusive argument");
	}
	for (i = 1; i < A_COUNT; i++) {
		unsigned bit = 1u << i;

		if (q->twice & bit)
			buf_addf(&q->errors, "<error code=\"badArgument\">%s is given more than once</error>", arg_names[i]);
		else if (need & bit && !(q->seen & bit))
			buf_addf(&q->errors, "<error code=\"badArgument\">%s is missing</error>", arg_names[i]);
		else if (q->seen & bit && !((need | may) & bit) && !(q->seen & 1u << A_TOKEN && verbs[v].may & 1u << A_TOKEN))
			buf_addf(&q->errors, "<error code=\"badArgument\">%s does not go with this verb</error>", arg_names[i]);
		else if (q->empty & bit)
			buf_addf(&q->errors, "<error code=\"badArgument\">%s is empty</error>", arg_names[i]);
	}
	/* A harvester that asks with a spoilt token is told so as well. */
	if (may & 1u << A_TOKEN && (q->bad_token || q->empty & 1u << A_TOKEN))
		buf_adds(&q->errors, "<error code=\"badResumptionToken\">this token was not given out here</error>");
	if (q->errors.n > 0)
		q->hide_args = true;
	return q->errors.n == 0;
}

static bool unreserved(struct slice s, bool colons)
{
	size_t i;
	bool start = true;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == ':' && colons && !start) {
			start = true;
			continue;
		}
		if (c == 0 || c >= 0x80 || (strchr("-_.!~*'()", c) == NULL && !(c >= '0' && c <= '9') && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z')))
			return false;
		start = false;
	}
	return s.n > 0 && !start;
}

/* ---- The envelope. ---- */

static void envelope_start(struct oaireq *q, struct buf *out)
{
	struct xml w;
	char when[ISO8601_LEN];
	size_t i;

	iso8601(when, q->now);
	xml_init(&w, out);
	xml_decl(&w);
	buf_adds(out, "<OAI-PMH xmlns=\"http://www.openarchives.org/OAI/2.0/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
	    "xsi:schemaLocation=\"http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd\">");
	xml_elem(&w, "responseDate", slice_str(when));
	xml_start(&w, "request");
	for (i = 0; !q->hide_args && (q->arg[A_IDENTIFIER].p == NULL || is_uri(q->arg[A_IDENTIFIER])) && i < A_COUNT; i++)
		if (q->arg[i].p != NULL)
			xml_attr(&w, arg_names[i], q->arg[i]);
	xml_text(&w, slice_str(BASE(q->r)));
	xml_text(&w, SLICE("/oai"));
	xml_end(&w);
}

static void envelope_end(struct buf *out)
{
	buf_adds(out, "</OAI-PMH>\n");
}

/* ---- Identify, ListMetadataFormats. ---- */

static void identify(struct oaireq *q, struct kv_txn *t)
{
	struct site *site = q->r->site;
	struct feed_item first;
	char when[ISO8601_LEN];
	struct xml w;

	iso8601(when, cat_earliest(t));
	xml_init(&w, q->out);
	xml_start(&w, "Identify");
	xml_elem(&w, "repositoryName", slice_str(site->name));
	xml_elem(&w, "baseURL", slice_str(req_str(q->r, "%s/oai", site->base)));
	xml_elem(&w, "protocolVersion", SLICE("2.0"));
	xml_elem(&w, "adminEmail", slice_str(site->email));
	xml_elem(&w, "earliestDatestamp", slice_str(when));
	xml_elem(&w, "deletedRecord", SLICE("persistent"));
	xml_elem(&w, "granularity", SLICE("YYYY-MM-DDThh:mm:ssZ"));
	xml_elem(&w, "compression", SLICE("gzip"));
	xml_start(&w, "description");
	xml_start(&w, "oai-identifier");
	xml_attr(&w, "xmlns", SLICE("http://www.openarchives.org/OAI/2.0/oai-identifier"));
	xml_attr(&w, "xsi:schemaLocation", SLICE("http://www.openarchives.org/OAI/2.0/oai-identifier http://www.openarchives.org/OAI/2.0/oai-identifier.xsd"));
	xml_elem(&w, "scheme", SLICE("oai"));
	xml_elem(&w, "repositoryIdentifier", slice_of(site->oai_prefix + 4, strlen(site->oai_prefix) - 5));
	xml_elem(&w, "delimiter", SLICE(":"));
	xml_elem(&w, "sampleIdentifier", slice_str(req_str(q->r, "%s%s", site->oai_prefix,
	    cat_feed(t, NULL, SLICE_NULL, 0, INT64_MIN, INT64_MAX, &first, 1) == 1 ? first.id : "k7x2m-9q494")));
	xml_end(&w);
	xml_end(&w);
	xml_end(&w);
}

/* The kept format that ${f} is harvested from: itself, or the envelope it stands in. NULL: it is not harvested. */
static const struct format *source_of(struct oaireq *q, const struct format *f)
{
	return f->kept ? f : f->inside != NULL ? schema_format(q->r->site->repo->schema, f->inside) : NULL;
}

/* What stands in <payload> of an envelope, declarations included. */
static struct slice payload_of(struct slice envelope)
{
	static const char open[] = "<payload>", close[] = "</payload>";
	const char *from = memmem(envelope.p, envelope.n, open, sizeof(open) - 1), *to = NULL, *p;

	for (p = from; p != NULL; p = memmem(p + 1, envelope.n - (size_t)(p + 1 - envelope.p), close, sizeof(close) - 1))
		to = p;
	if (to == NULL || to == from)
		return SLICE_NULL;
	return slice_of(from + sizeof(open) - 1, (size_t)(to - from) - (sizeof(open) - 1));
}

static const struct format *format_by_prefix(struct oaireq *q, struct slice prefix)
{
	const struct format *f;
	size_t i;

	for (i = 0; (f = schema_format_at(q->r->site->repo->schema, i)) != NULL; i++)
		if (f->oai_prefix != NULL && slice_eq_str(prefix, f->oai_prefix) && source_of(q, f) != NULL)
			return f;
	return NULL;
}

/* "oai:host:ID" exactly as served: never case-folded (oai-identifier guidelines, 2.6). */
static bool item_of(struct oaireq *q, char id[PID_LEN + 1])
{
	struct slice s = q->arg[A_IDENTIFIER];
	size_t n = strlen(q->r->site->oai_prefix);

	if (!slice_starts(s, q->r->site->oai_prefix))
		return false;
	s = slice_of(s.p + n, s.n - n);
	return pid_parse(id, s) && slice_eq_str(s, id);
}

static void format_elem(struct oaireq *q, const struct format *f)
{
	struct xml w;

	xml_init(&w, q->out);
	xml_start(&w, "metadataFormat");
	xml_elem(&w, "metadataPrefix", slice_str(f->oai_prefix));
	xml_elem(&w, "schema", slice_str(f->xml_schema));
	xml_elem(&w, "metadataNamespace", slice_str(f->xml_ns));
	xml_end(&w);
}

static void list_formats(struct oaireq *q, struct kv_txn *t)
{
	bool one = q->arg[A_IDENTIFIER].p != NULL, known = false;
	char id[PID_LEN + 1] = "";
	const struct format *f;
	size_t i, before;

	if (one && !item_of(q, id)) {
		fail(q, "idDoesNotExist", "there is no item of that identifier");
		return;
	}
	buf_adds(q->out, "<ListMetadataFormats>");
	before = q->out->n;
	for (i = 0; (f = schema_format_at(q->r->site->repo->schema, i)) != NULL; i++) {
		struct slice bytes;
		int64_t stamp;
		bool deleted = false;

		if (f->oai_prefix == NULL || source_of(q, f) == NULL)
			continue;
		if (one) {
			if (cat_rendition(t, source_of(q, f)->name, id, &bytes, &stamp, &deleted) != ST_OK)
				continue;
			known = true;
		}
		if (!deleted)
			format_elem(q, f);
	}
	if (q->out->n == before)
		fail(q, one && !known ? "idDoesNotExist" : "noMetadataFormats",
		    one && !known ? "there is no item of that identifier" : "this item is offered in no format");
	buf_adds(q->out, "</ListMetadataFormats>");
}

/* ---- Records. ---- */

static void header_elem(struct oaireq *q, struct kv_txn *t, const char *id, int64_t stamp, bool deleted)
{
	char *sets[64], when[ISO8601_LEN];
	struct xml w;
	size_t n, i;

	iso8601(when, stamp);
	xml_init(&w, q->out);
	xml_start(&w, "header");
	if (deleted)
		xml_attr(&w, "status", SLICE("deleted"));
	xml_start(&w, "identifier");
	xml_text(&w, slice_str(q->r->site->oai_prefix));
	xml_text(&w, slice_str(id));
	xml_end(&w);
	xml_elem(&w, "datestamp", slice_str(when));
	n = cat_sets_of(t, id, sets, 64);
	for (i = 0; i < n && i < 64; i++) {
		xml_elem(&w, "setSpec", slice_str(sets[i]));
		free(sets[i]);
	}
	xml_end(&w);
}

static void record_elem(struct oaireq *q, struct kv_txn *t, const struct format *f, const char *id)
{
	struct slice bytes;
	int64_t stamp;
	bool deleted;
	st_t st;

	st = cat_rendition(t, source_of(q, f)->name, id, &bytes, &stamp, &deleted);
	if (st != ST_OK) {
		log_warn("oai", "not listed record=%s format=%s reason=\"%s\"", id, f->name, st_name(st));
		return;
	}
	buf_adds(q->out, "<record>");
	header_elem(q, t, id, stamp, deleted);
	if (!deleted) {
		buf_adds(q->out, "<metadata>");
		if (!f->kept)
			bytes = payload_of(bytes);
		(void)!marks_fill(q->out, bytes, slice_str(BASE(q->r)), slice_str(q->r->site->oai_prefix));
		buf_adds(q->out, "</metadata>");
	}
	buf_adds(q->out, "</record>");
}

static void get_record(struct oaireq *q, struct kv_txn *t)
{
	const struct format *f = format_by_prefix(q, q->arg[A_PREFIX]), *other;
	char id[PID_LEN + 1];
	struct slice bytes;
	int64_t stamp;
	bool deleted, known = false;
	size_t i;

	if (item_of(q, id))
		for (i = 0; (other = schema_format_at(q->r->site->repo->schema, i)) != NULL && !known; i++)
			known = other->oai_prefix != NULL && other->kept && cat_rendition(t, other->name, id, &bytes, &stamp, &deleted) == ST_OK;
	if (!known) {
		fail(q, "idDoesNotExist", "there is no item of that identifier");
		return;
	}
	if (f == NULL || cat_rendition(t, source_of(q, f)->name, id, &bytes, &stamp, &deleted) != ST_OK) {
		fail(q, "cannotDisseminateFormat", "this item is not offered in that format: ask ListMetadataFormats");
		return;
	}
	buf_adds(q->out, "<GetRecord>");
	record_elem(q, t, f, id);
	buf_adds(q->out, "</GetRecord>");
}

/* ---- Lists. ---- */

static void token_elem(struct oaireq *q, const struct oai_token *next, uint64_t cursor, uint64_t total)
{
	struct buf text = BUF_INIT(1024);

	buf_addf(q->out, "<resumptionToken completeListSize=\"%llu\" cursor=\"%llu\"", (unsigned long long)total, (unsigned long long)cursor);
	if (next == NULL) {
		buf_adds(q->out, "/>");
	} else {
		(void)!oai_token_write(&text, next, q->r->site->repo->secret);
		buf_addf(q->out, ">%s</resumptionToken>", text.p == NULL ? "" : text.p);
	}
	buf_release(&text);
}

/* from and until, both ends inclusive, of one granularity (2.7.1, 3.3.1). */
static bool read_dates(struct oaireq *q, struct oai_token *k)
{
	bool from_day = false, until_day = false;

	k->from = INT64_MIN;
	k->until = INT64_MAX;
	if (q->arg[A_FROM].p != NULL && !iso8601_parse(q->arg[A_FROM], &k->from, &from_day))
		fail(q, "badArgument", "from is not YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ");
	if (q->arg[A_UNTIL].p != NULL && !iso8601_parse(q->arg[A_UNTIL], &k->until, &until_day))
		fail(q, "badArgument", "until is not YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ");
	if (q->errors.n > 0)
		return false;
	if (until_day)
		k->until += 86399;
	if (q->arg[A_FROM].p != NULL && q->arg[A_UNTIL].p != NULL && from_day != until_day)
		fail(q, "badArgument", "from and until differ in granularity");
	else if (k->from > k->until)
		fail(q, "badArgument", "from is later than until");
	return q->errors.n == 0;
}

/* A list request without a token becomes the token of its first page. False: an error was set. */
static bool first_page(struct oaireq *q, struct kv_txn *t, struct oai_token *k)
{
	struct cat_set any;
	const struct format *f;

	memset(k, 0, sizeof(*k));
	k->verb = q->verb == V_RECORDS ? 'R' : 'I';
	if (!read_dates(q, k))
		return false;
	if (!unreserved(q->arg[A_PREFIX], false)) {
		fail(q, "badArgument", "metadataPrefix holds characters it cannot have");
		return false;
	}
	f = format_by_prefix(q, q->arg[A_PREFIX]);
	if (f == NULL) {
		fail(q, "cannotDisseminateFormat", "there is no such format here: ask ListMetadataFormats");
		return false;
	}
	snprintf(k->format, sizeof(k->format), "%s", f->name);
	if (q->arg[A_SET].p != NULL) {
		if (!unreserved(q->arg[A_SET], true) || q->arg[A_SET].n >= sizeof(k->set)) {
			fail(q, "badArgument", "set is no setSpec");
			return false;
		}
		if (cat_sets(t, SLICE_NULL, &any, 1) == 0) {
			fail(q, "noSetHierarchy", "this repository has no sets");
			return false;
		}
		cat_set_release(&any);
		memcpy(k->set, q->arg[A_SET].p, q->arg[A_SET].n);
	}
	k->upto = changes_last(t);
	k->total = cat_feed_count(t, source_of(q, f)->name, slice_str(k->set), k->from, k->until);
	return true;
}

static bool read_token(struct oaireq *q, struct oai_token *k, char verb)
{
	if (oai_token_read(k, q->arg[A_TOKEN], q->r->site->repo->secret) && k->verb == verb)
		return true;
	fail(q, "badResumptionToken", "this token was not given out here for this request");
	return false;
}

/*
 * What changed after the first page belongs to the next harvest: the sequence ends before it. When that took all that was left, one
 * item that has moved on is given again: a page must not be empty (OAI-PMH.xsd), and it was promised by the token.
 */
static size_t feed_page(struct kv_txn *t, const struct oai_token *k, const char *format, struct feed_item *items, size_t max)
{
	struct slice set = slice_str(k->set);
	size_t n = cat_feed(t, format, set, k->after, k->from, k->until, items, max);

	while (n > 0 && items[n - 1].change > k->upto)
		n--;
	if (n == 0 && k->cursor > 0)
		n = cat_feed(t, format, set, k->after, INT64_MIN, INT64_MAX, items, 1);
	return n;
}

static void list_page(struct oaireq *q, struct kv_txn *t, struct oai_token *k)
{
	const struct format *f = schema_format(q->r->site->repo->schema, k->format);
	size_t max = (size_t)conf_int(q->r->site->repo->conf, "oai.page") * (k->verb == 'R' ? 1 : HEADERS_FACTOR), n, i;
	const char *name = k->verb == 'R' ? "ListRecords" : "ListIdentifiers";
	/* One more than a page, to know whether this is the last: no page is ever empty. */
	struct feed_item *items = arena_alloc(q->r->arena, (max + 1) * sizeof(*items));
	bool resumed = k->cursor > 0, more;
	size_t start = q->out->n;
	uint64_t total;

	if (items == NULL || f == NULL || source_of(q, f) == NULL) {
		fail(q, "badResumptionToken", "this token names a format that is no longer offered");
		return;
	}
	n = feed_page(t, k, source_of(q, f)->name, items, max + 1);
	if (n == 0 && resumed) {
		fail(q, "badResumptionToken", "nothing is left of the list this token continues");
		return;
	}
	if (n == 0) {
		fail(q, "noRecordsMatch", "no record fits these arguments");
		return;
	}
	more = n > max;
	if (more)
		n = max;
	buf_addf(q->out, "<%s>", name);
	for (i = 0; i < n; i++) {
		if (k->verb == 'R')
			record_elem(q, t, f, items[i].id);
		else
			header_elem(q, t, items[i].id, items[i].datestamp, items[i].deleted);
		if (q->out->n - start > PAGE_SOFT && i + 1 < n) {
			more = true;
			n = i + 1;
		}
	}
	total = k->cursor + n > k->total ? k->cursor + n : k->total;
	if (more) {
		struct oai_token next = *k;

		next.after = items[n - 1].change;
		next.cursor = k->cursor + n;
		next.total = total;
		token_elem(q, &next, k->cursor, total);
	} else if (resumed) {
		token_elem(q, NULL, k->cursor, total);
	}
	buf_addf(q->out, "</%s>", name);
}

static void set_elem(struct oaireq *q, const struct cat_set *s)
{
	struct xml w;

	xml_init(&w, q->out);
	xml_start(&w, "set");
	xml_elem(&w, "setSpec", slice_str(s->spec));
	xml_elem(&w, "setName", slice_str(s->name != NULL && s->name[0] != '\0' ? s->name : s->spec));
	if (s->description != NULL && s->description[0] != '\0') {
		xml_start(&w, "setDescription");
		xml_start(&w, "oai_dc:dc");
		xml_attr(&w, "xmlns:oai_dc", SLICE("http://www.openarchives.org/OAI/2.0/oai_dc/"));
		xml_attr(&w, "xmlns:dc", SLICE("http://purl.org/dc/elements/1.1/"));
		xml_attr(&w, "xsi:schemaLocation", SLICE("http://www.openarchives.org/OAI/2.0/oai_dc/ http://www.openarchives.org/OAI/2.0/oai_dc.xsd"));
		xml_elem(&w, "dc:description", slice_str(s->description));
		xml_end(&w);
		xml_end(&w);
	}
	xml_end(&w);
}

static uint64_t count_sets(struct kv_txn *t)
{
	struct cat_set s[64];
	char last[256] = "";
	uint64_t sum = 0;
	size_t n, i;

	do {
		n = cat_sets(t, slice_str(last), s, 64);
		sum += n;
		if (n > 0)
			snprintf(last, sizeof(last), "%s", s[n - 1].spec);
		for (i = 0; i < n; i++)
			cat_set_release(&s[i]);
	} while (n == 64);
	return sum;
}

static void list_sets(struct oaireq *q, struct kv_txn *t)
{
	struct cat_set *sets = calloc(PAGE_SETS + 1, sizeof(*sets));
	struct oai_token k, next;
	uint64_t total = 0;
	size_t n = 0, i;

	memset(&k, 0, sizeof(k));
	k.verb = 'S';
	if (sets == NULL || (q->arg[A_TOKEN].p != NULL && !read_token(q, &k, 'S')))
		goto out;
	n = cat_sets(t, slice_str(k.set), sets, PAGE_SETS + 1);
	if (n == 0) {
		fail(q, k.cursor > 0 ? "badResumptionToken" : "noSetHierarchy", k.cursor > 0 ? "no set is left after these" : "this repository has no sets");
		goto out;
	}
	if (n > PAGE_SETS || k.cursor > 0)
		total = count_sets(t);
	total = total < k.cursor + n ? k.cursor + n : total;
	buf_adds(q->out, "<ListSets>");
	for (i = 0; i < n && i < PAGE_SETS; i++)
		set_elem(q, &sets[i]);
	if (n > PAGE_SETS) {
		next = k;
		snprintf(next.set, sizeof(next.set), "%s", sets[PAGE_SETS - 1].spec);
		next.cursor = k.cursor + PAGE_SETS;
		token_elem(q, &next, k.cursor, total);
	} else if (k.cursor > 0) {
		token_elem(q, NULL, k.cursor, total);
	}
	buf_adds(q->out, "</ListSets>");
out:
	for (i = 0; i < n; i++)
		cat_set_release(&sets[i]);
	free(sets);
}

static void answer(struct oaireq *q, struct kv_txn *t)
{
	struct oai_token k;

	switch (q->verb) {
	case V_IDENTIFY:
		identify(q, t);
		break;
	case V_FORMATS:
		list_formats(q, t);
		break;
	case V_SETS:
		list_sets(q, t);
		break;
	case V_GET:
		if (unreserved(q->arg[A_PREFIX], false))
			get_record(q, t);
		else
			fail(q, "badArgument", "metadataPrefix holds characters it cannot have");
		break;
	default:
		if (q->arg[A_TOKEN].p != NULL ? read_token(q, &k, q->verb == V_RECORDS ? 'R' : 'I') : first_page(q, t, &k))
			list_page(q, t, &k);
		break;
	}
}

/* ---- Sending. ---- */

/* Deflate ${s} alone, as the last block of a stream that begins with a stored one. */
static st_t deflate_tail(struct buf *out, struct slice s)
{
	z_stream z;
	st_t st = ST_NOMEM;

	memset(&z, 0, sizeof(z));
	if (deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return ST_NOMEM;
	if (s.n < UINT32_MAX && buf_reserve(out, deflateBound(&z, s.n)) == ST_OK) {
		z.next_in = (Bytef *)s.p;
		z.avail_in = (uInt)s.n;
		z.next_out = (Bytef *)out->p + out->n;
		z.avail_out = (uInt)(out->cap - out->n - 1);
		if (deflate(&z, Z_FINISH) == Z_STREAM_END) {
			out->n += z.total_out;
			st = ST_OK;
		}
	}
	deflateEnd(&z);
	return st;
}

/* gzip member (RFC 1952): header, ${head} as stored blocks (RFC 1951, 3.2.4). The deflated tail and gzip_end() follow. */
static void gzip_start(struct buf *out, struct slice head)
{
	static const char magic[10] = { 0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };

	buf_add(out, magic, sizeof(magic));
	while (head.n > 0) {
		uint16_t n = head.n > 65535 ? 65535 : (uint16_t)head.n;
		char h[5] = { 0, (char)(n & 255), (char)(n >> 8), (char)(~n & 255), (char)((uint16_t)~n >> 8) };

		buf_add(out, h, sizeof(h));
		buf_add(out, head.p, n);
		head = slice_of(head.p + n, head.n - n);
	}
}

static void gzip_end(struct buf *out, struct slice head, uint32_t tail_crc, uint32_t tail_len)
{
	uint32_t crc = (uint32_t)crc32_combine(crc32_of(0, head.p, head.n), tail_crc, (z_off_t)tail_len);
	uint32_t len = (uint32_t)head.n + tail_len;
	char e[8];
	int i;

	for (i = 0; i < 4; i++) {
		e[i] = (char)(crc >> 8 * i);
		e[4 + i] = (char)(len >> 8 * i);
	}
	buf_add(out, e, sizeof(e));
}

static void send_common(struct req *r)
{
	reply_add(r, "Cache-Control", SLICE("no-store"));
	reply_add(r, "Vary", SLICE("Accept-Encoding"));
	r->reply.compress = false;
}

static void oai_read(struct oaireq *q, struct req *r)
{
	memset(q, 0, sizeof(*q));
	q->r = r;
	buf_init(&q->errors, 65536);
	read_pairs(q, r->query);
	if (r->method == HTTP_POST)
		read_pairs(q, buf_slice(&r->body));
	q->now = clock_now();
}

static uint64_t page_key(const struct oaireq *q)
{
	uint64_t h = 0;
	size_t i;

	for (i = 0; i < A_COUNT; i++)
		h = hash64(q->arg[i].p, q->arg[i].n, h + i + (q->arg[i].p != NULL ? 77 : 0));
	return h;
}

static void send_gzip(struct req *r, const struct oaireq *q, struct slice body, bool keep, uint64_t generation)
{
	struct buf out = BUF_INIT(PAGE_BYTES_MAX), head = BUF_INIT(ARG_MAX * 8);
	uint32_t crc = crc32_of(0, body.p, body.n);
	size_t at;

	envelope_start((struct oaireq *)q, &head);
	gzip_start(&out, buf_slice(&head));
	at = out.n;
	if (head.st != ST_OK || deflate_tail(&out, body) != ST_OK) {
		buf_release(&out);
		problem_send(r, ST_NOMEM, NULL);
	} else {
		if (keep)
			page_put(r->site->oai, page_key(q), generation, slice_of(out.p + at, out.n - at), crc, (uint32_t)body.n);
		gzip_end(&out, buf_slice(&head), crc, (uint32_t)body.n);
		reply_buf(r, 200, TYPE, &out);
		reply_add(r, "Content-Encoding", SLICE("gzip"));
		send_common(r);
	}
	buf_release(&head);
}

static void compose(struct req *r)
{
	struct buf body = BUF_INIT(PAGE_BYTES_MAX), out = BUF_INIT(PAGE_BYTES_MAX);
	uint64_t generation = 0;
	struct oaireq q;
	struct kv_txn t;

	oai_read(&q, r);
	q.out = &body;
	if (judge(&q)) {
		q.now = deposit_time(r->site->repo);
		kv_read(r->site->repo->catalog, &t);
		generation = changes_last(&t);
		answer(&q, &t);
		kv_end(&t, NULL);
	}
	if (q.errors.n > 0) {
		buf_clear(&body);
		buf_addsl(&body, buf_slice(&q.errors));
	}
	envelope_end(&body);
	if (body.st != ST_OK || q.errors.st != ST_OK) {
		problem_send(r, ST_NOMEM, NULL);
	} else if (negotiate_gzip(req_field(r, "Accept-Encoding"))) {
		send_gzip(r, &q, buf_slice(&body), q.errors.n == 0 && (q.verb == V_RECORDS || q.verb == V_IDENTIFIERS), generation);
	} else {
		envelope_start(&q, &out);
		buf_addsl(&out, buf_slice(&body));
		if (out.st != ST_OK) {
			problem_send(r, out.st, NULL);
		} else {
			reply_buf(r, 200, TYPE, &out);
			send_common(r);
		}
	}
	buf_release(&body);
	buf_release(&out);
	buf_release(&q.errors);
}

/* On the loop: a page kept compressed needs only its head. */
static bool from_kept(struct req *r)
{
	struct buf out = BUF_INIT(PAGE_BYTES_MAX), head = BUF_INIT(ARG_MAX * 8);
	uint32_t crc = 0, plain = 0;
	uint64_t generation;
	struct oaireq q;
	struct kv_txn t;
	bool hit = false;

	if (r->method != HTTP_GET || !negotiate_gzip(req_field(r, "Accept-Encoding")))
		return false;
	oai_read(&q, r);
	if (judge(&q) && (q.verb == V_RECORDS || q.verb == V_IDENTIFIERS)) {
		q.now = deposit_time(r->site->repo);
		kv_read(r->site->repo->catalog, &t);
		generation = changes_last(&t);
		kv_end(&t, NULL);
		envelope_start(&q, &head);
		gzip_start(&out, buf_slice(&head));
		hit = head.st == ST_OK && page_get(r->site->oai, page_key(&q), generation, &out, &crc, &plain);
	}
	if (hit) {
		gzip_end(&out, buf_slice(&head), crc, plain);
		reply_buf(r, 200, TYPE, &out);
		reply_add(r, "Content-Encoding", SLICE("gzip"));
		send_common(r);
	}
	buf_release(&out);
	buf_release(&head);
	buf_release(&q.errors);
	return hit;
}

struct visit { struct oai *oai; char peer[INET6_ADDRSTRLEN]; };

static void visit_end(void *p)
{
	struct visit *v = p;

	peer_leave(v->oai, v->peer);
}

/* Limits of one harvester, then work. 503 and not 429: harvesters wait on that (case 18). */
static void start(struct req *r)
{
	unsigned limit = (unsigned)conf_int(r->site->repo->conf, "oai.per-peer");
	struct visit *v = arena_alloc(r->arena, sizeof(*v));

	if (v == NULL || !peer_enter(r->site->oai, r->h->peer, limit)) {
		problem_status(r, 503, "too many requests of yours are under way");
		reply_add(r, "Retry-After", SLICE(RETRY_AFTER));
		return;
	}
	v->oai = r->site->oai;
	memcpy(v->peer, r->h->peer, sizeof(v->peer));
	if (arena_defer(r->arena, visit_end, v) != ST_OK)
		problem_send(r, ST_NOMEM, NULL);
	else
		req_work(r, compose, NULL);
}

static void oai_get(struct req *r)
{
	const char *mirror = conf_text(r->site->repo->conf, "oai.mirror");

	if (mirror[0] != '\0') {
		reply_redirect(r, 302, req_str(r, "%s%s%.*s", mirror, r->query.p != NULL ? "?" : "", (int)r->query.n, r->query.p == NULL ? "" : r->query.p));
		return;
	}
	if (!from_kept(r))
		start(r);
}

static void oai_post(struct req *r)
{
	struct slice type = req_field(r, "Content-Type");

	if (r->body.n > 0 && !slice_ieq_str(slice_trim(slice_cut(&type, ';')), "application/x-www-form-urlencoded"))
		problem_status(r, 415, "OAI-PMH by POST takes application/x-www-form-urlencoded");
	else
		compose(r);
}

const struct route routes_oai[] = {
	{ HTTP_GET, "/oai", oai_get, ROUTE_LOOP, 0, "OAI-PMH 2.0", "harvesting" },
	{ HTTP_POST, "/oai", oai_post, ROUTE_BODY, (size_t)1 << 20, "OAI-PMH 2.0", "harvesting" },
	{ HTTP_GET, "/oai/", oai_get, ROUTE_LOOP, 0, NULL, NULL },
	{ HTTP_POST, "/oai/", oai_post, ROUTE_BODY, (size_t)1 << 20, NULL, NULL },
	{ 0 }
};
