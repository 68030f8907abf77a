#include <ctype.h>
#include <strings.h>

#include "cli/survey.h"

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

bool name_pattern(struct slice name, char *out)
{
	size_t dot = name.n, end, i, n = 0;
	bool any = false;

	/* The suffix stays as it is: "a.mp3" is no series. */
	for (i = name.n; i > 1; i--)
		if (name.p[i - 1] == '.') {
			dot = i - 1;
			break;
		}
	end = dot;
	for (i = 0; i < end;) {
		if (!digit(name.p[i])) {
			out[n++] = name.p[i++];
			continue;
		}
		/* "2026-01-05", "20260105_1": separators between digits belong to the number. */
		while (i < end && (digit(name.p[i]) || (i + 1 < end && strchr("-_.:T", name.p[i]) != NULL && digit(name.p[i + 1]))))
			i++;
		out[n++] = '#';
		any = true;
	}
	for (i = dot; i < name.n; i++)
		out[n++] = name.p[i];
	out[n] = '\0';
	return any;
}

/* Whole words of a name, in small letters; Japanese ones anywhere in it. */
static const struct { const char *word, *hint; bool anywhere; } personal[] = {
	{ "patient", "health", false }, { "patients", "health", false }, { "medical", "health", false }, { "diagnosis", "health", false },
	{ "participants", "people", false }, { "participant", "people", false }, { "subjects", "people", false }, { "respondents", "people", false },
	{ "interview", "people", false }, { "interviews", "people", false }, { "consent", "people", false }, { "roster", "people", false },
	{ "staff", "people", false }, { "members", "people", false }, { "students", "people", false }, { "employees", "people", false },
	{ "address", "contact", false }, { "addresses", "contact", false }, { "phone", "contact", false }, { "contacts", "contact", false },
	{ "email", "contact", false }, { "emails", "contact", false }, { "passport", "identity", false }, { "mynumber", "identity", false },
	{ "payroll", "money", false }, { "salary", "money", false }, { "password", "secret", false }, { "passwords", "secret", false },
	{ "id_rsa", "secret", true }, { ".pem", "secret", true }, { "credentials", "secret", false },
	{ "名簿", "people", true }, { "氏名", "people", true }, { "参加者", "people", true }, { "被験者", "people", true }, { "同意書", "people", true },
	{ "患者", "health", true }, { "診療", "health", true }, { "住所", "contact", true }, { "電話", "contact", true }, { "マイナンバー", "identity", true },
	{ "給与", "money", true }, { "履歴書", "people", true },
};

const char *name_personal(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(personal) / sizeof(*personal); i++) {
		const char *at = name, *hit;
		size_t n = strlen(personal[i].word);

		while ((hit = strcasestr(at, personal[i].word)) != NULL) {
			bool left = hit == name || !isalpha((unsigned char)hit[-1]), right = !isalpha((unsigned char)hit[n]);

			if (personal[i].anywhere || (left && right))
				return personal[i].hint;
			at = hit + 1;
		}
	}
	return NULL;
}

int name_describes(const char *name)
{
	static const char *const machine[] = { "datapackage.json", "ro-crate-metadata.json", "croissant.json", "dataset_description.json", "datacite.json",
		"datacite.xml", "CITATION.cff", "codemeta.json", "invoice.json", "bagit.txt" };
	size_t i;

	for (i = 0; i < sizeof(machine) / sizeof(*machine); i++)
		if (strcasecmp(name, machine[i]) == 0)
			return 2;
	return strncasecmp(name, "readme", 6) == 0 && (name[6] == '\0' || name[6] == '.' || name[6] == '_') ? 1 : 0;
}

int walk_order(const char *a, const char *b)
{
	for (; *a == *b; a++, b++)
		if (*a == '\0')
			return 0;
	if (*a == '\0' || *b == '\0')
		return *a == '\0' ? -1 : 1;
	/* The end of a segment comes before every byte. */
	if (*a == '/' || *b == '/')
		return *a == '/' ? -1 : 1;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

bool path_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return n == 0 || (strncmp(path, folder, n) == 0 && (path[n] == '\0' || path[n] == '/'));
}

#define SERIES_MIN 3

enum proposal folder_judge(const struct folder_seen *s)
{
	/* A description for machines speaks of the folder, wherever it is. */
	if (s->describes == 2)
		return PROPOSE_WHOLE;
	/* run001, run002, ...: one experiment. */
	if (s->series >= SERIES_MIN && s->series * 2 > s->subfolders)
		return PROPOSE_SERIES;
	if (s->files == 0)
		return PROPOSE_NO;
	/* At the top of a share lie odd files and a README about the share: the datasets are below. */
	if (s->root && s->subfolders > 0)
		return PROPOSE_LOOSE;
	return PROPOSE_WHOLE;
}
