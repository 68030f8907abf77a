#include "indexer/extract/language.h"

#include <string.h>

#include "base/utf8.h"

static const char *latin_language(struct slice s)
{
	/* Each with the space behind it: two or three letters. */
	static const struct { const char *lang, words[5][5]; } langs[] = {
		{ "en", { "the ", "of ", "and ", "is ", "to " } }, { "de", { "der ", "und ", "die ", "das ", "ist " } },
		{ "fr", { "les ", "des ", "et ", "est ", "une " } }, { "es", { "los ", "las ", "el ", "una ", "por " } },
	};
	unsigned n[4] = { 0 }, best = 0, k, w;
	size_t i;

	for (i = 0; i + 4 <= s.n; i++) {
		size_t len = s.p[i] != ' ' ? 0 : s.p[i + 3] == ' ' ? 3 : i + 4 < s.n && s.p[i + 4] == ' ' ? 4 : 0;

		for (k = 0; k < 4 && len; k++)
			for (w = 0; w < 5; w++)
				n[k] += memcmp(s.p + i + 1, langs[k].words[w], len) == 0;
	}
	for (k = 1; k < 4; k++)
		if (n[k] > n[best])
			best = k;
	for (k = 0; k < 4; k++)
		if (k != best && n[k] * 2 > n[best])
			return NULL;
	return n[best] >= 3 ? langs[best].lang : NULL;
}

const char *language_of(struct slice s)
{
	size_t i = 0, kana = 0, han = 0, hangul = 0, cyrillic = 0, all = 0;
	int32_t cp;

	while (all < 20000) {
		if (i < s.n && (uint8_t)s.p[i] < 0x80) {
			i++;
			all++;
			continue;
		}
		if ((cp = utf8_next(s, &i)) < 0)
			break;
		all++;
		kana += cp >= 0x3041 && cp <= 0x30FF;
		han += cp >= 0x4E00 && cp <= 0x9FFF;
		hangul += cp >= 0xAC00 && cp <= 0xD7A3;
		cyrillic += cp >= 0x0400 && cp <= 0x04FF;
	}
	if (kana >= 3 && kana * 50 > all)
		return "ja";
	if (hangul >= 3 && hangul * 20 > all)
		return "ko";
	if (han >= 10 && han * 5 > all)
		return kana ? "ja" : "zh";
	if (cyrillic || han || kana || hangul)
		return NULL;
	return latin_language(utf8_clip(s, 65536));
}
