#include "base/xml.h"

#include <assert.h>

#include "base/utf8.h"

#define STACK_MAX (sizeof(((struct xml *)0)->stack) / sizeof(char *))

void xml_init(struct xml *w, struct buf *out)
{
	memset(w, 0, sizeof(*w));
	w->out = out;
}

void xml_decl(struct xml *w)
{
	buf_adds(w->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
}

static void close_tag(struct xml *w)
{
	if (w->open)
		buf_addc(w->out, '>');
	w->open = false;
}

void xml_start(struct xml *w, const char *name)
{
	assert(w->depth < STACK_MAX);
	close_tag(w);
	buf_addc(w->out, '<');
	buf_adds(w->out, name);
	w->stack[w->depth++] = name;
	w->open = true;
}

/* Bytes that need no second look: everything but control characters, the five, and lead bytes that may begin a forbidden character. */
static bool plain(unsigned char c)
{
	return c >= 0x20 && c != '&' && c != '<' && c != '>' && c != '"' && c != 0x7f && c != 0xED && c != 0xEF && c < 0xF5;
}

static const char *reference(uint32_t cp, bool attr)
{
	switch (cp) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return attr ? "&quot;" : NULL;
	case '\t': return attr ? "&#9;" : NULL;
	case '\n': return attr ? "&#10;" : NULL;
	case '\r': return "&#13;";
	default: return NULL;
	}
}

static unsigned escape(struct buf *out, struct slice s, bool attr)
{
	unsigned dropped = 0;
	size_t i = 0, from = 0;

	while (i < s.n) {
		size_t at = i;
		const char *ref;
		int32_t cp;

		if (plain((unsigned char)s.p[i])) {
			i++;
			continue;
		}
		cp = utf8_next(s, &i);
		ref = reference((uint32_t)cp, attr);
		if (ref == NULL && utf8_is_xml_char((uint32_t)cp))
			continue;
		buf_add(out, s.p + from, at - from);
		if (ref != NULL)
			buf_adds(out, ref);
		else
			dropped++;
		from = i;
	}
	if (s.n > from)
		buf_add(out, s.p + from, s.n - from);
	return dropped;
}

unsigned xml_escape_text(struct buf *out, struct slice s)
{
	return escape(out, s, false);
}

unsigned xml_escape_attr(struct buf *out, struct slice s)
{
	return escape(out, s, true);
}

void xml_attr(struct xml *w, const char *name, struct slice v)
{
	assert(w->open);
	buf_addc(w->out, ' ');
	buf_adds(w->out, name);
	buf_adds(w->out, "=\"");
	w->dropped += escape(w->out, v, true);
	buf_addc(w->out, '"');
}

void xml_text(struct xml *w, struct slice s)
{
	close_tag(w);
	w->dropped += escape(w->out, s, false);
}

void xml_end(struct xml *w)
{
	const char *name;

	assert(w->depth > 0);
	name = w->stack[--w->depth];
	if (w->open) {
		buf_adds(w->out, "/>");
		w->open = false;
		return;
	}
	buf_adds(w->out, "</");
	buf_adds(w->out, name);
	buf_addc(w->out, '>');
}

void xml_elem(struct xml *w, const char *name, struct slice text)
{
	xml_start(w, name);
	xml_text(w, text);
	xml_end(w);
}
