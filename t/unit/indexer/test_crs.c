/* Projections back to degrees, against arcs of the meridian and GDAL and what WKT of others says. */

#include <math.h>

#include "base/json.h"
#include "indexer/extract/crs.h"
#include "t/unit/unit.h"

static void at(unsigned epsg, double x, double y, double lon, double lat)
{
	struct crs c;
	double glon, glat;

	crs_of_epsg(&c, epsg);
	assert_true(crs_lonlat(&c, x, y, &glon, &glat));
	if (fabs(glon - lon) > 1e-8 || fabs(glat - lat) > 1e-8)
		fail_msg("EPSG:%u %.3f %.3f: %.10f %.10f, want %.10f %.10f", epsg, x, y, glon, glat, lon, lat);
}

/* Central meridian: the easting is exactly 500000, and the northing an arc of the meridian that geodesists tabulate. */
static void transverse_mercator_is_inverted(void **state)
{
	(void)state;
	at(32618, 500000, 0, -75, 0);
	at(32654, 500000, 0, 141, 0);
	at(32754, 500000, 10000000, 141, 0);
	/* Arc of the WGS 84 meridian from the equator to 45 degrees: 4984944.378 m; to the pole: 10001965.729 m. */
	at(32631, 500000, 4984944.37797 * 0.9996, 3, 45);
	/* RGB.byte.tif's corners, as GDAL has them to seven digits. */
	{
		struct crs c;
		double lon, lat;

		crs_of_epsg(&c, 32618);
		assert_true(crs_lonlat(&c, 101985, 2826915, &lon, &lat));
		assert_true(fabs(lon - -78.95865) < 6e-8 && fabs(lat - 25.5060874) < 6e-8);
		assert_true(crs_lonlat(&c, 339315, 2611485, &lon, &lat));
		assert_true(fabs(lon - -76.5749237) < 6e-8 && fabs(lat - 23.605947) < 6e-8);
	}
}

static void web_mercator_is_inverted(void **state)
{
	(void)state;
	at(3857, 0, 0, 0, 0);
	at(3857, 20037508.342789244, 20037508.342789244, 180, 85.0511287798066);
	at(3857, 14321853.115736904, 4533021.525424092, 128.65539550781247, 37.67077737288316);
}

static void nothing_is_inverted_that_is_not_known(void **state)
{
	struct crs c;
	double lon, lat;

	(void)state;
	crs_of_epsg(&c, 27700);
	assert_false(crs_lonlat(&c, 400000, 100000, &lon, &lat));
	crs_of_epsg(&c, 32654);
	assert_false(crs_lonlat(&c, 1e9, 0, &lon, &lat));
	assert_false(crs_lonlat(&c, (double)NAN, 0, &lon, &lat));
	crs_of_epsg(&c, 4301);	/* Tokyo: degrees, but 400 m beside those of WGS 84 */
	assert_int_equal(c.kind, CRS_DEGREES);
	assert_false(c.wgs84);
}

static void wkt(const char *text, enum crs_kind kind, unsigned epsg, const char *name)
{
	struct crs c;

	crs_of_wkt(&c, slice_str(text));
	assert_int_equal(c.kind, kind);
	assert_int_equal(c.epsg, epsg);
	assert_string_equal(c.name, name);
}

static void well_known_text_is_read(void **state)
{
	(void)state;
	wkt("GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\",SPHEROID[\"WGS_1984\",6378137.0,298.257223563]],PRIMEM[\"Greenwich\",0.0],"
	    "UNIT[\"Degree\",0.0174532925199433]]", CRS_DEGREES, 4326, "WGS 84");
	wkt("GEOGCS[\"JGD2011\",DATUM[\"Japanese_Geodetic_Datum_2011\",SPHEROID[\"GRS 1980\",6378137,298.257222101,AUTHORITY[\"EPSG\",\"7019\"]],"
	    "AUTHORITY[\"EPSG\",\"1128\"]],PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433],AUTHORITY[\"EPSG\",\"6668\"]]", CRS_DEGREES, 6668, "JGD2011");
	wkt("PROJCS[\"WGS_1984_UTM_Zone_54N\",GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\",SPHEROID[\"WGS_1984\",6378137,298.257223563]]],"
	    "PROJECTION[\"Transverse_Mercator\"]]", CRS_UTM, 32654, "WGS 84 / UTM zone 54N");
	wkt("PROJCS[\"OSGB 1936 / British National Grid\",GEOGCS[\"OSGB 1936\",DATUM[\"OSGB_1936\"]],AUTHORITY[\"EPSG\",\"27700\"]]", CRS_UNKNOWN, 27700,
	    "OSGB 1936 / British National Grid");
	wkt("", CRS_UNKNOWN, 0, "");
	wkt("GEOGCS[\"", CRS_UNKNOWN, 0, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transverse_mercator_is_inverted),
		cmocka_unit_test(web_mercator_is_inverted),
		cmocka_unit_test(nothing_is_inverted_that_is_not_known),
		cmocka_unit_test(well_known_text_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
