/* Loaded vocabularies, read. */

#include "base/utf8.h"
#include "store/vocabs_int.h"

#define SCAN_MAX	300		/* keys looked at for one beginning, per class */
#define TESTS_MAX	250		/* concepts whose labels are looked at, when all words are to be found anywhere */

void vocabs_field_put(struct buf *row, enum vocabs_tag tag, struct slice lang, struct slice text)
{
	uint8_t head[6] = { (uint8_t)tag, (uint8_t)lang.n };

	put_u32(head + 2, (uint32_t)text.n);
	buf_add(row, head, sizeof(head));
	buf_addsl(row, lang);
	buf_addsl(row, text);
}

bool vocabs_field_next(struct slice *row, struct vocabs_field *f)
{
	size_t lang, text;

	if (row->n < 6)
		return false;
	lang = (uint8_t)row->p[1];
	text = get_u32(row->p + 2);
	if (row->n - 6 < lang || row->n - 6 - lang < text)
		return false;
	f->tag = (enum vocabs_tag)(uint8_t)row->p[0];
	f->lang = slice_of(row->p + 6, lang);
	f->text = slice_of(row->p + 6 + lang, text);
	*row = slice_of(row->p + 6 + lang + text, row->n - 6 - lang - text);
	return true;
}

json_t *vocabs_about(struct kv_txn *t, struct slice name)
{
	struct key k = vocabs_key_name(name);
	struct slice v;
	json_t *j = NULL;

	if (!kv_get(t, CAT_VOC, key_slice(&k), &v) || v.n < 4)
		return NULL;
	if (json_load(&j, slice_of(v.p + 4, v.n - 4), NULL) != ST_OK)
		return NULL;
	return j;
}

uint32_t vocabs_find(struct kv_txn *t, struct slice name)
{
	struct key k = vocabs_key_name(name);
	struct slice v;

	return name.n <= VOCABS_NAME_MAX && kv_get(t, CAT_VOC, key_slice(&k), &v) && v.n >= 4 ? get_u32(v.p) : 0;
}

size_t vocabs_names(struct kv_txn *t, struct slice after, char (*names)[VOCABS_NAME_MAX + 1], size_t max)
{
	struct key k = vocabs_key_name(after);
	struct kv_cur c;
	size_t n = 0;
	bool more;

	kv_cur_open(t, CAT_VOC, &c);
	for (more = kv_seek(&c, key_slice(&k)); more && c.key.p[0] == 'V' && n < max; more = kv_next(&c)) {
		size_t len = c.key.n - 2;	/* without letter and zero */

		if (len > VOCABS_NAME_MAX || slice_eq(slice_of(c.key.p + 1, len), after))
			continue;
		memcpy(names[n], c.key.p + 1, len);
		names[n++][len] = '\0';
	}
	kv_cur_close(&c);
	return n;
}

static uint32_t number_at(struct kv_txn *t, const struct key *k)
{
	struct slice v;

	return kv_get(t, CAT_VOC, key_slice(k), &v) && v.n == 4 ? get_u32(v.p) : 0;
}

uint32_t vocabs_resolve(struct kv_txn *t, uint32_t gen, struct slice id)
{
	struct buf folded = BUF_INIT(8192);
	struct key k = vocabs_key_text('i', gen, id);
	uint32_t no = number_at(t, &k);

	if (no == 0 && vocabs_fold(&folded, id) == ST_OK) {
		k = vocabs_key_text('n', gen, buf_slice(&folded));
		no = number_at(t, &k);
	}
	buf_release(&folded);
	return no;
}

/* ---- one concept ---- */

static const struct { enum vocabs_tag tag; const char *name; bool lang, list; } fields[] = {
	{ VT_IRI, "iri", false, false }, { VT_ID, "id", false, false }, { VT_KIND, "kind", false, false }, { VT_LABEL, "label", true, true },
	{ VT_ALT, "alt", true, true }, { VT_DEF, "def", true, true }, { VT_BROADER, "broader", false, true }, { VT_NARROWER, "narrower", false, true },
	{ VT_EXACT, "exact", false, true }, { VT_CLOSE, "close", false, true }, { VT_NOTATION, "notation", false, true },
};

static json_t *text_of(struct slice s)
{
	return json_stringn(s.p, s.n);
}

static void field_json(json_t *out, const struct vocabs_field *f)
{
	json_t *list;
	size_t i;

	if (f->tag == VT_DEPRECATED)
		json_put(out, "deprecated", json_true());
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]) && fields[i].tag != f->tag; i++)
		;
	if (i == sizeof(fields) / sizeof(fields[0]))
		return;
	if (!fields[i].list) {
		json_put(out, fields[i].name, text_of(f->text));
		return;
	}
	if ((list = json_object_get(out, fields[i].name)) == NULL) {
		json_put(out, fields[i].name, json_array());
		list = json_object_get(out, fields[i].name);
	}
	if (fields[i].lang)
		json_push(list, json_pack("[o, o]", text_of(f->lang), text_of(f->text)));
	else
		json_push(list, text_of(f->text));
}

static bool row_get(struct kv_txn *t, uint32_t gen, uint32_t no, struct slice *row)
{
	struct key k = vocabs_key_no('c', gen, no);

	return kv_get(t, CAT_VOC, key_slice(&k), row);
}

json_t *vocabs_concept(struct kv_txn *t, uint32_t gen, uint32_t no)
{
	struct vocabs_field f;
	struct slice row;
	json_t *out;

	if (!row_get(t, gen, no, &row) || (out = json_object()) == NULL)
		return NULL;
	while (vocabs_field_next(&row, &f)) {
		/* Links inside the vocabulary are keys; here stands what points out of it. */
		if ((f.tag == VT_BROADER || f.tag == VT_NARROWER) && vocabs_resolve(t, gen, f.text) != 0)
			continue;
		field_json(out, &f);
	}
	return out;
}

static size_t links(struct kv_txn *t, char letter, uint32_t gen, uint32_t no, uint32_t *out, size_t max)
{
	struct key k = vocabs_key_no(letter, gen, no);
	struct kv_cur c;
	size_t n = 0;
	bool more;

	kv_cur_open(t, CAT_VOC, &c);
	for (more = kv_seek(&c, key_slice(&k)); more && n < max && c.key.n == 13 && memcmp(c.key.p, k.p, k.n) == 0; more = kv_next(&c))
		out[n++] = get_u32(c.key.p + 9);
	kv_cur_close(&c);
	return n;
}

size_t vocabs_narrower(struct kv_txn *t, uint32_t gen, uint32_t no, uint32_t *out, size_t max)
{
	return links(t, 'w', gen, no, out, max);
}

size_t vocabs_broader(struct kv_txn *t, uint32_t gen, uint32_t no, uint32_t *out, size_t max)
{
	return links(t, 'u', gen, no, out, max);
}

size_t vocabs_browse(struct kv_txn *t, uint32_t gen, uint32_t after, uint32_t *out, size_t max)
{
	struct key k = vocabs_key_no('c', gen, after + 1);
	struct kv_cur c;
	size_t n = 0;
	bool more;

	if (after == UINT32_MAX)
		return 0;
	kv_cur_open(t, CAT_VOC, &c);
	for (more = kv_seek(&c, key_slice(&k)); more && n < max && c.key.n == 9 && memcmp(c.key.p, k.p, 5) == 0; more = kv_next(&c))
		out[n++] = get_u32(c.key.p + 5);
	kv_cur_close(&c);
	return n;
}

/* ---- suggestions ---- */

struct found { uint32_t no; uint8_t rank; uint8_t len; uint16_t order; };
struct finder { struct kv_txn *t; uint32_t gen; struct found v[SCAN_MAX]; size_t n; uint32_t *out; size_t n_out, max; };

static int by_rank(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static bool is_out(const struct finder *f, uint32_t no)
{
	for (size_t i = 0; i < f->n_out; i++)
		if (f->out[i] == no)
			return true;
	return false;
}

/* Does a label of the concept, folded, satisfy ${test}? For words longer than a key keeps, and for words in any order. */
static bool any_label(struct finder *f, uint32_t no, bool (*test)(struct slice label, struct slice q), struct slice q)
{
	struct buf b = BUF_INIT(VOCABS_Q_MAX * 40);
	struct vocabs_field field;
	struct slice row;
	bool yes = false;

	if (!row_get(f->t, f->gen, no, &row))
		return false;
	while (!yes && vocabs_field_next(&row, &field)) {
		if (field.tag != VT_LABEL && field.tag != VT_ALT && field.tag != VT_ID && field.tag != VT_NOTATION)
			continue;
		buf_clear(&b);
		if (vocabs_fold(&b, field.text) == ST_OK)
			yes = test(buf_slice(&b), q);
	}
	buf_release(&b);
	return yes;
}

static bool contains(struct slice label, struct slice q)
{
	return q.n <= label.n && memmem(label.p, label.n, q.p, q.n) != NULL;
}

static bool has_word(struct slice label, struct slice word)
{
	for (size_t i = 0; i + word.n <= label.n; i++)
		if ((i == 0 || label.p[i - 1] == ' ' || (unsigned char)label.p[i] >= 0xe0) && memcmp(label.p + i, word.p, word.n) == 0)
			return true;
	return false;
}

static bool all_words(struct slice label, struct slice q)
{
	while (q.n > 0) {
		struct slice w = slice_cut(&q, ' ');

		if (w.n > 0 && !has_word(label, w))
			return false;
	}
	return true;
}

/* The best of what was found so far goes out. */
static void take(struct finder *f)
{
	if (f->n > 0)
		qsort(f->v, f->n, sizeof(f->v[0]), by_rank);
	for (size_t i = 0; i < f->n && f->n_out < f->max; i++)
		if (!is_out(f, f->v[i].no))
			f->out[f->n_out++] = f->v[i].no;
	f->n = 0;
}

/* Keys of one class that begin with ${q}. ${also}: a test on the labels, or NULL. Returns how many were looked at. */
static size_t scan(struct finder *f, enum vocabs_class class, struct slice q, bool (*also)(struct slice, struct slice), struct slice all, size_t scan_max)
{
	struct key k = vocabs_term_key(f->gen, class, q);
	bool whole = class == VC_WHOLE || class == VC_OLD_WHOLE, cut = k.n - 6 < q.n;
	struct kv_cur c;
	size_t looked = 0;
	bool more;

	kv_cur_open(f->t, CAT_VTERM, &c);
	for (more = kv_seek(&c, key_slice(&k)); more && looked < scan_max && f->n < SCAN_MAX; more = kv_next(&c)) {
		size_t len = c.key.n - 5 - 6;
		uint32_t no;

		if (c.key.n < 11 || c.key.n < k.n || memcmp(c.key.p, k.p, k.n) != 0)
			break;
		looked++;
		no = get_u32(c.key.p + c.key.n - 4);
		if (cut && !any_label(f, no, contains, q))
			continue;
		if (also != NULL && !any_label(f, no, also, all))
			continue;
		f->v[f->n] = (struct found){ no, whole && len == q.n ? 0 : 1, (uint8_t)(whole ? len : 0), (uint16_t)f->n };
		f->n++;
	}
	kv_cur_close(&c);
	return looked;
}

/* How many keys begin with ${q}, as far as it matters. */
static size_t frequency(struct finder *f, struct slice q)
{
	size_t n = 0;

	for (int class = 0; class < VC_CLASSES && n < TESTS_MAX; class++) {
		struct key k = vocabs_term_key(f->gen, (enum vocabs_class)class, q);
		struct kv_cur c;
		bool more;

		kv_cur_open(f->t, CAT_VTERM, &c);
		for (more = kv_seek(&c, key_slice(&k)); more && n < TESTS_MAX && c.key.n >= k.n && memcmp(c.key.p, k.p, k.n) == 0; more = kv_next(&c))
			n++;
		kv_cur_close(&c);
	}
	return n;
}

/* The word that stands in the fewest labels; of common ones the longest. ${several}: there is more than one. */
static struct slice rarest_word(struct finder *f, struct slice q, bool *several)
{
	struct slice best = SLICE_NULL;
	size_t words = 0, least = SIZE_MAX;

	while (q.n > 0 && words < 10) {
		struct slice w = slice_cut(&q, ' ');
		size_t n = w.n > 0 ? frequency(f, w) : SIZE_MAX;

		words += w.n > 0;
		if (n < least || (n == least && w.n > best.n)) {
			best = w;
			least = n;
		}
	}
	*several = words > 1;
	return best;
}

/* One character of a dense script stands in nearly every label: only beginnings are found by it. */
static bool too_short(struct slice q)
{
	size_t i = 0;
	int32_t c = utf8_next(q, &i);

	return i >= q.n && vocabs_is_dense(c);
}

size_t vocabs_suggest(struct kv_txn *t, uint32_t gen, struct slice q, uint32_t *out, size_t max)
{
	struct finder f = { .t = t, .gen = gen, .out = out, .max = max };
	struct buf folded = BUF_INIT(VOCABS_Q_MAX * 20);
	struct slice s, word;
	bool several;

	if (vocabs_fold(&folded, utf8_clip(q, VOCABS_Q_MAX)) != ST_OK || folded.n == 0 || max == 0) {
		buf_release(&folded);
		return 0;
	}
	s = buf_slice(&folded);
	for (int old = 0; old < 2 && f.n_out < max; old++) {
		(void)scan(&f, old ? VC_OLD_WHOLE : VC_WHOLE, s, NULL, SLICE_NULL, SCAN_MAX);
		take(&f);
		if (f.n_out < max && !too_short(s)) {
			(void)scan(&f, old ? VC_OLD_WORD : VC_WORD, s, NULL, SLICE_NULL, SCAN_MAX);
			take(&f);
		}
	}
	if (f.n_out == 0 && memchr(s.p, ' ', s.n) != NULL) {
		size_t left = TESTS_MAX;

		word = rarest_word(&f, s, &several);
		for (int class = 0; several && class < VC_CLASSES && left > 0; class++)
			left -= scan(&f, (enum vocabs_class)class, word, all_words, s, left);
		take(&f);
	}
	buf_release(&folded);
	return f.n_out;
}

size_t vocabs_labelled(struct kv_txn *t, uint32_t gen, struct slice label, uint32_t *out, size_t max)
{
	struct buf folded = BUF_INIT(VOCABS_Q_MAX * 20);
	struct slice s;
	size_t n = 0;

	if (label.n == 0 || label.n > VOCABS_Q_MAX || vocabs_fold(&folded, label) != ST_OK || folded.n == 0) {
		buf_release(&folded);
		return 0;
	}
	s = buf_slice(&folded);
	for (int old = 0; old < 2; old++) {
		struct finder f = { .t = t, .gen = gen };
		struct key k = vocabs_term_key(gen, old ? VC_OLD_WHOLE : VC_WHOLE, s);
		bool cut = k.n - 6 < s.n;
		struct kv_cur c;
		bool more;

		if (!cut)
			key_u8(&k, 0);
		kv_cur_open(t, CAT_VTERM, &c);
		for (more = kv_seek(&c, key_slice(&k)); more && n < max && c.key.n >= k.n && memcmp(c.key.p, k.p, k.n) == 0; more = kv_next(&c)) {
			uint32_t no = get_u32(c.key.p + c.key.n - 4);
			size_t i;

			for (i = 0; i < n && out[i] != no; i++)
				;
			if (i == n && (!cut || any_label(&f, no, contains, s)))
				out[n++] = no;
		}
		kv_cur_close(&c);
	}
	buf_release(&folded);
	return n;
}
