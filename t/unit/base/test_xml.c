#include "base/utf8.h"
#include "base/xml.h"
#include "t/unit/unit.h"

static void elements_nest_and_close(void **state)
{
	struct buf b = BUF_INIT(1000);
	struct xml w;

	xml_init(&w, &b);
	xml_decl(&w);
	xml_start(&w, "a");
	xml_attr(&w, "x", SLICE("1"));
	xml_start(&w, "b");
	xml_end(&w);
	xml_elem(&w, "c", SLICE("t"));
	xml_elem(&w, "d", SLICE_NULL);
	xml_text(&w, SLICE("z"));
	xml_end(&w);
	assert_buf(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a x=\"1\"><b/><c>t</c><d></d>z</a>");
	assert_int_equal(w.depth, 0);
	assert_int_equal(w.dropped, 0);
	buf_release(&b);
}

static void text_cannot_become_markup(void **state)
{
	struct buf b = BUF_INIT(1000);
	struct xml w;

	xml_init(&w, &b);
	xml_start(&w, "a");
	xml_attr(&w, "x", SLICE("\"><b y='&\t\r\n"));
	xml_text(&w, SLICE("]]></a>&amp;\r\n\"'"));
	xml_end(&w);
	assert_buf(&b, "<a x=\"&quot;&gt;&lt;b y='&amp;&#9;&#13;&#10;\">]]&gt;&lt;/a&gt;&amp;amp;&#13;\n\"'</a>");
	buf_release(&b);
}

static void characters_that_xml_forbids_are_left_out_and_counted(void **state)
{
	struct buf b = BUF_INIT(1000);
	struct xml w;

	xml_init(&w, &b);
	xml_start(&w, "a");
	xml_attr(&w, "x", SLICE("1\x01" "2"));
	xml_text(&w, SLICE("\x08 \x0b\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xBF\xBD\x1f."));
	xml_end(&w);
	assert_buf(&b, "<a x=\"12\"> \xEF\xBF\xBD.</a>");
	assert_int_equal(w.dropped, 6);
	buf_release(&b);
}

static void all_other_characters_pass_unchanged(void **state)
{
	struct buf in = BUF_INIT(8 << 20), out = BUF_INIT(8 << 20);
	uint32_t cp;

	for (cp = 0x80; cp <= 0x10FFFF; cp++)
		if (utf8_is_xml_char(cp))
			(void)utf8_put(&in, cp);
	assert_int_equal(xml_escape_text(&out, buf_slice(&in)), 0);
	assert_true(slice_eq(buf_slice(&in), buf_slice(&out)));
	buf_clear(&out);
	assert_int_equal(xml_escape_attr(&out, buf_slice(&in)), 0);
	assert_true(slice_eq(buf_slice(&in), buf_slice(&out)));
	buf_release(&in);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_nest_and_close),
		cmocka_unit_test(text_cannot_become_markup),
		cmocka_unit_test(characters_that_xml_forbids_are_left_out_and_counted),
		cmocka_unit_test(all_other_characters_pass_unchanged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
