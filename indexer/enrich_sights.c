/* What a page shows of files beside tables: pictures, curves, crystals, arrays, archives, maps. A few of each, small. */

#include "base/str.h"
#include "indexer/enrich_int.h"
#include "indexer/follow.h"

#define PICTURES_MOST	24
#define PLOTS_MOST	12
#define CRYSTALS_MOST	6
#define ARRAYS_MOST	12
#define VARIABLES_MOST	60		/* of one array file */
#define ARCHIVES_MOST	12
#define MEMBERS_MOST	100		/* of one archive */
#define DOCUMENTS_MOST	20
#define BOXES_MOST	200
#define DETAILS_MOST	20

static json_t *list_of(json_t *sights, const char *key)
{
	json_t *list = json_object_get(sights, key);

	if (list == NULL && json_object_set_new(sights, key, json_array()) == 0)
		list = json_object_get(sights, key);
	return list;
}

/* A new entry of ${key} for file ${f} with members ${names} of ${from}; NULL when there are ${most} already. */
static json_t *entry(json_t *sights, const char *key, size_t most, const struct cat_file *f, const json_t *from, const char *const *names)
{
	json_t *list = list_of(sights, key), *e, *v;
	size_t i;

	if (list == NULL || json_array_size(list) >= most || (e = json_pack("{s:s}", "path", f->path)) == NULL)
		return NULL;
	for (i = 0; names[i]; i++)
		if ((v = json_object_get(from, names[i])) != NULL)
			json_object_set(e, names[i], v);
	return json_array_append_new(list, e) == 0 ? e : NULL;
}

static void add_picture(json_t *sights, const struct cat_file *f, json_t *facts)
{
	static const char *const of_facts[] = { "image", "format", NULL };
	json_t *thumb = json_object_get(facts, "thumbnail"), *e;
	char hex[65];

	if (!json_is_object(thumb) || (e = entry(sights, "pictures", PICTURES_MOST, f, facts, of_facts)) == NULL)
		return;
	hex_encode(hex, f->sha256, 32);
	json_object_set_new(e, "sha256", json_string(hex));
	json_object_set(e, "width", json_object_get(thumb, "width"));
	json_object_set(e, "height", json_object_get(thumb, "height"));
}

/* Only so many variables and members: one file can hold thousands. */
static void cut_list(json_t *e, const char *key, size_t most)
{
	json_t *list = json_object_get(e, key), *cut;
	size_t i;

	if (json_array_size(list) <= most || (cut = json_array()) == NULL)
		return;
	for (i = 0; i < most; i++)
		json_array_append(cut, json_array_get(list, i));
	json_object_set_new(e, "more", json_integer((json_int_t)(json_array_size(list) - most)));
	json_object_set_new(e, key, cut);
}

static void add_archive(json_t *sights, const struct cat_file *f, json_t *facts)
{
	json_t *archive = json_object_get(facts, "archive"), *copy;
	json_t *e;
	static const char *const of_facts[] = { "format", NULL };

	if (!json_is_object(archive) || json_integer_value(json_object_get(archive, "entries")) < 1 ||
	    (e = entry(sights, "archives", ARCHIVES_MOST, f, facts, of_facts)) == NULL || (copy = json_copy(archive)) == NULL)
		return;
	cut_list(copy, "members", MEMBERS_MOST);
	json_object_set_new(e, "archive", copy);
}

static void add_details(json_t *sights, const struct cat_file *f, json_t *facts)
{
	static const char *const kept[] = { "format", "audio", "model", "molecule", "spectrum", "sequences", "genome", "organism", "instrument", "sample", "image", "time", NULL };
	size_t i, n = 0;

	for (i = 1; kept[i]; i++)
		n += json_object_get(facts, kept[i]) != NULL && strcmp(kept[i], "image") != 0 && strcmp(kept[i], "time") != 0;
	if (n)
		entry(sights, "details", DETAILS_MOST, f, facts, kept);
}

st_t sights_add(json_t *sights, const struct cat_file *f, json_t *facts)
{
	static const char *const plot[] = { "plot", "spectrum", NULL }, *const crystal[] = { "crystal", "format", NULL }, *const array[] = { "variables", "format", NULL },
	    *const document[] = { "document", "format", "language", NULL }, *const box[] = { "geo", NULL };
	json_t *e;

	add_picture(sights, f, facts);
	if (json_is_object(json_object_get(facts, "plot")))
		entry(sights, "plots", PLOTS_MOST, f, facts, plot);
	if (json_is_object(json_object_get(facts, "crystal")))
		entry(sights, "crystals", CRYSTALS_MOST, f, facts, crystal);
	/* The level of a sound is no variable of an array. */
	if (json_array_size(json_object_get(facts, "variables")) && json_object_get(facts, "audio") == NULL && (e = entry(sights, "arrays", ARRAYS_MOST, f, facts, array)) != NULL)
		cut_list(e, "variables", VARIABLES_MOST);
	add_archive(sights, f, facts);
	if (json_is_object(json_object_get(facts, "document")))
		entry(sights, "documents", DOCUMENTS_MOST, f, facts, document);
	if (json_array_size(json_at(facts, "geo.bbox")) == 4)
		entry(sights, "boxes", BOXES_MOST, f, facts, box);
	add_details(sights, f, facts);
	return ST_OK;
}
