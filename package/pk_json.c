#include "package/pk_int.h"

static void key_of(struct jw *w, const char *key)
{
	if (w->comma)
		buf_addc(w->out, ',');
	if (key) {
		json_quote(w->out, slice_str(key));
		buf_addc(w->out, ':');
	}
	w->comma = true;
}

void jw_open(struct jw *w, const char *key, char bracket)
{
	key_of(w, key);
	buf_addc(w->out, bracket);
	w->comma = false;
}

void jw_close(struct jw *w, char bracket)
{
	buf_addc(w->out, bracket);
	w->comma = true;
}

void jw_text(struct jw *w, const char *key, struct slice s)
{
	if (!s.n)
		return;
	key_of(w, key);
	json_quote(w->out, s);
}

void jw_textf(struct jw *w, const char *key, const char *fmt, ...)
{
	struct buf b = BUF_INIT(1 << 20);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	if (b.st != ST_OK)
		w->out->st = b.st;
	jw_text(w, key, buf_slice(&b));
	buf_release(&b);
}

void jw_number(struct jw *w, const char *key, const json_t *n)
{
	char *text = NULL;

	if (json_is_string(n)) {
		jw_text(w, key, json_slice(n));
	} else if (json_is_number(n)) {
		text = json_dumps(n, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
		key_of(w, key);
		buf_adds(w->out, text ? text : "0");
		if (!text)
			w->out->st = ST_NOMEM;
		free(text);
	}
}

void jw_bool(struct jw *w, const char *key, bool b)
{
	key_of(w, key);
	buf_adds(w->out, b ? "true" : "false");
}

void jw_ref(struct jw *w, const char *key, struct slice id)
{
	if (!id.n)
		return;
	jw_open(w, key, '{');
	jw_text(w, "@id", id);
	jw_close(w, '}');
}
