#ifndef INDEXER_EXTRACT_ENC_INT_H
#define INDEXER_EXTRACT_ENC_INT_H

/* Text encodings: guess by content, decode as a stream into UTF-8. What is not valid is refused, never replaced. */

#include "base/buf.h"

enum enc {
	ENC_ASCII,		/* so far: becomes another at the first byte past 7F */
	ENC_UTF8, ENC_UTF16LE, ENC_UTF16BE, ENC_CP932, ENC_EUCJP, ENC_ISO2022JP, ENC_LATIN1, ENC_CP1252, ENC_MAC,
	ENC_UNKNOWN,		/* text by its look, in no encoding we know */
	ENC_BINARY,
	ENC_COUNT
};

struct enc_guess { enum enc enc; unsigned bom; /* bytes */ };

const char *enc_name(enum enc enc);			/* IANA name; NULL for the last two */
/* ${whole}: ${p} ends where the file ends, so a cut character is an error. */
void enc_guess(struct enc_guess *out, const uint8_t *p, size_t n, bool whole);

struct dec;
/* Open tables of all converters once, before the sandbox closes. Harmless when called again. */
void dec_warm(void);
st_t dec_new(struct dec **out, struct enc_guess g, struct err *e);
void dec_free(struct dec *d);
/* Append the text of ${p} to ${out}. ${last}: nothing follows. ST_INVALID: "not valid EUC-JP from byte 4711 on", "NUL at byte 3"; what came before is in ${out}. */
st_t dec_push(struct dec *d, const uint8_t *p, size_t n, bool last, struct buf *out, struct err *e);
enum enc dec_enc(const struct dec *d);			/* what it turned out to be */

#endif
