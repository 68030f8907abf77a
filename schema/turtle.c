/*
 * Turtle is written node by node: a node with an address is a subject of its own, behind the one that points at it; one without stands in brackets
 * where it is named. Prefixes come from the context and are used for keys and types only, so no local name has to be escaped.
 */

#include "schema/turtle.h"

#include "base/utf8.h"
#include "base/vec.h"

#define DEEP 30

struct ttl {
	struct buf *out;
	const json_t *context;
	VEC(const json_t *) later;	/* nodes with an address that were named and not yet described */
	struct err *e;
	st_t st;
};

static void bad(struct ttl *t, const char *what)
{
	if (t->st == ST_OK)
		t->st = err_set(t->e, ST_INVALID, "%s", what);
}

/* RDF 1.1 Turtle, IRIREF: these may not stand in one as they are. */
static void iri(struct ttl *t, struct slice s)
{
	buf_addc(t->out, '<');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= 0x20 || strchr("<>\"{}|^`\\", (char)c) != NULL)
			buf_addf(t->out, "%%%02X", c);
		else
			buf_addc(t->out, (char)c);
	}
	buf_addc(t->out, '>');
}

/* A tag as Turtle's grammar has it (LANGTAG). A record's languages are free text until somebody checks them: any other would end the literal and begin a statement. */
static bool is_tag(const char *lang)
{
	size_t i;

	for (i = 0; lang[i] != '\0'; i++) {
		bool letter = (lang[i] >= 'a' && lang[i] <= 'z') || (lang[i] >= 'A' && lang[i] <= 'Z'), digit = lang[i] >= '0' && lang[i] <= '9';

		if (!letter && (i == 0 || (!digit && (lang[i] != '-' || lang[i - 1] == '-' || lang[i + 1] == '\0'))))
			return false;
	}
	return i > 0 && i < 64;
}

static void number(struct ttl *t, double v)
{
	char s[40];

	snprintf(s, sizeof(s), "%.17g", v);
	/* With an exponent it is a double, without one a decimal. */
	buf_adds(t->out, s);
	if (strchr(s, 'e') == NULL)
		buf_adds(t->out, "e0");
}

static void literal(struct ttl *t, struct slice s, const char *lang)
{
	buf_addc(t->out, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\')
			buf_addf(t->out, "\\%c", c);
		else if (c == '\n')
			buf_adds(t->out, "\\n");
		else if (c == '\r')
			buf_adds(t->out, "\\r");
		else if (c < 0x20 || c == 0x7f)
			buf_addf(t->out, "\\u%04X", c);
		else
			buf_addc(t->out, (char)c);
	}
	buf_addc(t->out, '"');
	if (lang != NULL && is_tag(lang))
		buf_addf(t->out, "@%s", lang);
}

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* "rdm:name" as it is when its prefix is known and its local part plain, an address otherwise. */
static void name(struct ttl *t, struct slice s)
{
	struct slice local = s, prefix = slice_cut(&local, ':');
	char p[32];
	size_t i;

	for (i = 0; i < local.n && name_char(local.p[i]); i++)
		;
	if (local.p != NULL && local.n > 0 && i == local.n && prefix.n < sizeof(p)) {
		snprintf(p, sizeof(p), "%.*s", (int)prefix.n, prefix.p);
		if (json_is_string(json_object_get(t->context, p))) {
			buf_addsl(t->out, s);
			return;
		}
	}
	if (local.p == NULL || !slice_starts(local, "//")) {
		bad(t, "a name without a known prefix");
		return;
	}
	iri(t, s);
}

static void indent(struct ttl *t, unsigned deep)
{
	buf_addc(t->out, '\n');
	while (deep-- > 0)
		buf_addc(t->out, '\t');
}

static void members(struct ttl *t, const json_t *node, unsigned deep);

static void object(struct ttl *t, const json_t *v, unsigned deep)
{
	const json_t *id = json_object_get(v, "@id"), *text = json_object_get(v, "@value");

	if (json_is_string(v))
		literal(t, json_slice(v), NULL);
	else if (json_is_integer(v))
		buf_addf(t->out, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		number(t, json_real_value(v));
	else if (json_is_boolean(v))
		buf_adds(t->out, json_is_true(v) ? "true" : "false");
	else if (json_is_string(text))
		literal(t, json_slice(text), json_text(v, "@language"));
	else if (json_is_string(id)) {
		iri(t, json_slice(id));
		if (json_object_size(v) > 1 && VEC_PUSH(&t->later, v) != ST_OK)
			t->st = ST_NOMEM;
	} else if (json_is_object(v) && deep < DEEP) {
		buf_adds(t->out, "[");
		members(t, v, deep + 1);
		indent(t, deep);
		buf_addc(t->out, ']');
	} else {
		bad(t, "a value of another kind, or too deep");
	}
}

static void types(struct ttl *t, const json_t *v)
{
	const json_t *one;
	size_t i;

	if (json_is_string(v))
		name(t, json_slice(v));
	json_array_foreach(v, i, one) {
		if (i > 0)
			buf_adds(t->out, ", ");
		name(t, json_slice(one));
	}
}

static void members(struct ttl *t, const json_t *node, unsigned deep)
{
	const json_t *v, *one;
	bool first = true;
	const char *key;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)node, key, v) {
		bool type = strcmp(key, "@type") == 0;

		if ((key[0] == '@' && !type) || (json_is_array(v) && json_array_size(v) == 0))
			continue;
		if (!first)
			buf_adds(t->out, " ;");
		first = false;
		indent(t, deep);
		if (type) {
			buf_adds(t->out, "a ");
			types(t, v);
			continue;
		}
		name(t, slice_str(key));
		buf_addc(t->out, ' ');
		if (!json_is_array(v))
			object(t, v, deep);
		json_array_foreach(v, i, one) {
			if (i > 0)
				buf_adds(t->out, ", ");
			object(t, one, deep);
		}
	}
}

static bool says_something(const json_t *node)
{
	const json_t *v;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)node, key, v)
		if ((key[0] != '@' || strcmp(key, "@type") == 0) && !(json_is_array(v) && json_array_size(v) == 0))
			return true;
	return false;
}

static void subject(struct ttl *t, const json_t *node)
{
	const json_t *id = json_object_get(node, "@id");

	if (!says_something(node))
		return;
	buf_addc(t->out, '\n');
	if (json_is_string(id))
		iri(t, json_slice(id));
	else
		buf_adds(t->out, "[]");
	members(t, node, 1);
	buf_adds(t->out, " .\n");
}

st_t turtle_write(struct buf *out, const json_t *doc, struct err *e)
{
	struct ttl t = { .out = out, .context = json_object_get(doc, "@context"), .later = VEC_INIT, .e = e };
	const json_t *v, *graph = json_object_get(doc, "@graph"), *one;
	const char *prefix;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)t.context, prefix, v) {
		buf_addf(out, "@prefix %s: ", prefix);
		iri(&t, json_slice(v));
		buf_adds(out, " .\n");
	}
	subject(&t, doc);
	json_array_foreach(graph, i, one)
		subject(&t, one);
	for (i = 0; i < t.later.n && t.st == ST_OK; i++)
		subject(&t, t.later.v[i]);
	VEC_RELEASE(&t.later);
	return t.st != ST_OK ? t.st : out->st;
}
