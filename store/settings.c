/* Settings that others see must be of a form they accept: checked when a repository is made and when it is served. */

#include "store/repo.h"

static bool alnum(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Two or more labels that begin with a letter; further ones have two characters at least: the pattern of oai-identifier.xsd. */
static bool domain_ok(struct slice s)
{
	size_t labels = 0, i;

	while (s.p != NULL) {
		struct slice one = slice_cut(&s, '.');

		if (one.n < (labels == 0 ? 1 : 2) || (one.p[0] >= '0' && one.p[0] <= '9'))
			return false;
		for (i = 0; i < one.n; i++)
			if (!alnum(one.p[i]) && !(one.p[i] == '-' && i > 0))
				return false;
		labels++;
	}
	return labels >= 2;
}

/* What the validators of harvesters accept: \w[\w.-]+@[a-zA-Z0-9.-]+\.[a-z]{2,} */
static bool email_ok(struct slice s)
{
	struct slice name = slice_cut(&s, '@');
	size_t i, dot = 0;

	for (i = 0; i < name.n; i++)
		if (!alnum(name.p[i]) && name.p[i] != '_' && (i == 0 || (name.p[i] != '.' && name.p[i] != '-')))
			return false;
	for (i = 0; i < s.n; i++) {
		if (!alnum(s.p[i]) && s.p[i] != '.' && s.p[i] != '-')
			return false;
		if (s.p[i] == '.')
			dot = i;
	}
	for (i = dot + 1; i < s.n; i++)
		if (s.p[i] < 'a' || s.p[i] > 'z')
			return false;
	return name.n >= 2 && dot > 0 && s.n - dot > 2;
}

st_t repo_settings(const struct conf *conf, struct err *e)
{
	const char *email = conf_text(conf, "email"), *id = conf_text(conf, "oai-id"), *mirror = conf_text(conf, "oai.mirror");

	if (!email_ok(slice_str(email)))
		return err_set(e, ST_INVALID, "email '%s' is no address a harvester accepts: ^\\w[\\w.-]+@[a-zA-Z0-9.-]+\\.[a-z]{2,}$", email);
	if (!domain_ok(slice_str(id)))
		return err_set(e, ST_INVALID, "oai-id '%s' is no repository identifier: [a-zA-Z][a-zA-Z0-9-]*(\\.[a-zA-Z][a-zA-Z0-9-]+)+", id);
	if (mirror[0] != '\0' && (!slice_starts(slice_str(mirror), "http") || strstr(mirror, "://") == NULL || strpbrk(mirror, "?# \t") != NULL))
		return err_set(e, ST_INVALID, "oai.mirror '%s' is no absolute web address without a query", mirror);
	return ST_OK;
}
