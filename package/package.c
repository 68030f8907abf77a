#include "package/pk_int.h"

static const struct package_kind kinds[] = {
	{ "croissant", "Croissant metadata", "Croissantメタデータ", "application/ld+json", ".croissant.json", croissant_open },
	{ "ro-crate", "RO-Crate with all files", "RO-Crate（全ファイル）", "application/zip", ".ro-crate.zip", pk_rocrate_open },
	{ "bagit", "BagIt archive for preservation", "BagIt（保存用アーカイブ）", "application/zip", ".bag.zip", pk_bagit_open },
	{ "zip", "All files as zip", "全ファイルのZIP", "application/zip", ".zip", pk_zip_open },
};

const struct package_kind *package_at(size_t i)
{
	return i < sizeof(kinds) / sizeof(*kinds) ? &kinds[i] : NULL;
}

const struct package_kind *package_find(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}
