#ifndef SCHEMA_PATCH_H
#define SCHEMA_PATCH_H

/*
 * What a conversion cannot express, kept so that nothing is lost and later edits win (schema/ only).
 *
 * A patch for one member says "where the plain conversion gave a value with digest ${of}, the true value ${is} belongs": {"of": hex, "is": value};
 * "of" is "" where the plain conversion gave nothing, "is" is left out where the member must go. For lists of equal length it is a list of such
 * entries with their place: [{"at": 2, "of": hex, "is": value}], so that editing one creator leaves the others' patches alive.
 * When the plain value has been changed meanwhile the digests differ and the patch is not applied: the edit is what its author wanted.
 */

#include "base/json.h"

/* Patches that turn the object ${plain} into ${truth}; *out is an owned object or NULL when they are equal. */
st_t patch_diff(const json_t *truth, const json_t *plain, json_t **out);
/* Apply ${patches} to ${obj}. */
st_t patch_apply(json_t *obj, const json_t *patches);
/* Has ${v} the form of a patch for one member? */
bool patch_is(const json_t *v);

#endif
