/*
 * The one table of units: codes of UCUM 2.1, factors from the SI brochure (9th edition), CODATA 2018 and NIST SP 811, names as they occur in
 * headers. A symbol stands in one place only.
 */
#include "schema/unit_int.h"

/*            m  kg  s  A  K mol cd rad bit */
#define D_1     {{ 0, 0, 0, 0, 0, 0, 0, 0, 0 }}
#define D_M     {{ 1, 0, 0, 0, 0, 0, 0, 0, 0 }}
#define D_M2    {{ 2, 0, 0, 0, 0, 0, 0, 0, 0 }}
#define D_M3    {{ 3, 0, 0, 0, 0, 0, 0, 0, 0 }}
#define D_KG    {{ 0, 1, 0, 0, 0, 0, 0, 0, 0 }}
#define D_S     {{ 0, 0, 1, 0, 0, 0, 0, 0, 0 }}
#define D_A     {{ 0, 0, 0, 1, 0, 0, 0, 0, 0 }}
#define D_K     {{ 0, 0, 0, 0, 1, 0, 0, 0, 0 }}
#define D_MOL   {{ 0, 0, 0, 0, 0, 1, 0, 0, 0 }}
#define D_CD    {{ 0, 0, 0, 0, 0, 0, 1, 0, 0 }}
#define D_RAD   {{ 0, 0, 0, 0, 0, 0, 0, 1, 0 }}
#define D_SR    {{ 0, 0, 0, 0, 0, 0, 0, 2, 0 }}
#define D_BIT   {{ 0, 0, 0, 0, 0, 0, 0, 0, 1 }}
#define D_HZ    {{ 0, 0,-1, 0, 0, 0, 0, 0, 0 }}
#define D_N     {{ 1, 1,-2, 0, 0, 0, 0, 0, 0 }}
#define D_PA    {{-1, 1,-2, 0, 0, 0, 0, 0, 0 }}
#define D_J     {{ 2, 1,-2, 0, 0, 0, 0, 0, 0 }}
#define D_W     {{ 2, 1,-3, 0, 0, 0, 0, 0, 0 }}
#define D_C     {{ 0, 0, 1, 1, 0, 0, 0, 0, 0 }}
#define D_V     {{ 2, 1,-3,-1, 0, 0, 0, 0, 0 }}
#define D_F     {{-2,-1, 4, 2, 0, 0, 0, 0, 0 }}
#define D_OHM   {{ 2, 1,-3,-2, 0, 0, 0, 0, 0 }}
#define D_SIE   {{-2,-1, 3, 2, 0, 0, 0, 0, 0 }}
#define D_WB    {{ 2, 1,-2,-1, 0, 0, 0, 0, 0 }}
#define D_T     {{ 0, 1,-2,-1, 0, 0, 0, 0, 0 }}
#define D_H     {{ 2, 1,-2,-2, 0, 0, 0, 0, 0 }}
#define D_LM    {{ 0, 0, 0, 0, 0, 0, 1, 2, 0 }}
#define D_LX    {{-2, 0, 0, 0, 0, 0, 1, 2, 0 }}
#define D_GY    {{ 2, 0,-2, 0, 0, 0, 0, 0, 0 }}
#define D_KAT   {{ 0, 0,-1, 0, 0, 1, 0, 0, 0 }}
#define D_AM    {{-1, 0, 0, 1, 0, 0, 0, 0, 0 }}
#define D_PAS   {{-1, 1,-1, 0, 0, 0, 0, 0, 0 }}
#define D_STOKE {{ 2, 0,-1, 0, 0, 0, 0, 0, 0 }}
#define D_ACC   {{ 1, 0,-2, 0, 0, 0, 0, 0, 0 }}
#define D_MS    {{ 1, 0,-1, 0, 0, 0, 0, 0, 0 }}
#define D_JY    {{ 0, 1,-2, 0, 0, 0, 0, 0, 0 }}
#define D_CKG   {{ 0,-1, 1, 1, 0, 0, 0, 0, 0 }}
#define D_CM    {{ 1, 0, 1, 1, 0, 0, 0, 0, 0 }}
#define D_MOLM2 {{-2, 0, 0, 0, 0, 1, 0, 0, 0 }}
#define PI_180	0.017453292519943295769

#define U(code, f, e, dims, pfx, sym, words)	{ code, f, e, 0, dims, UNIT_LINEAR, pfx, sym, words },
#define UO(code, f, off, dims, sym, words)	{ code, f, 0, off, dims, UNIT_LINEAR, PFX_NO, sym, words },
#define OTHER(code, sym, words)			{ code, 1, 0, 0, D_1, UNIT_OTHER, PFX_NO, sym, words },
#define LABEL(code, sym, words)			{ code, 1, 0, 0, D_1, UNIT_LABEL, PFX_NO, sym, words },

const struct unit_row unit_rows[] = {
	/* SI */
	U("m", 1, 0, D_M, PFX_SI, "", " meter metre メートル ")
	U("g", 1, -3, D_KG, PFX_SI, "", " gram gramme グラム ")
	U("s", 1, 0, D_S, PFX_SI, " sec secs ", " second 秒 秒間 ")
	U("A", 1, 0, D_A, PFX_SI, " amp ", " ampere amps アンペア ")
	U("K", 1, 0, D_K, PFX_SI, " degK ", " kelvin degreekelvin degreeskelvin ケルビン ")
	U("mol", 1, 0, D_MOL, PFX_SI, "", " mole モル ")
	U("cd", 1, 0, D_CD, PFX_SI, "", " candela カンデラ ")
	U("rad", 1, 0, D_RAD, PFX_SI, "", " radian ラジアン ")
	U("sr", 1, 0, D_SR, PFX_SI, "", " steradian ステラジアン ")
	U("Hz", 1, 0, D_HZ, PFX_SI, "", " hertz ヘルツ ")
	U("N", 1, 0, D_N, PFX_SI, "", " newton ニュートン ")
	U("Pa", 1, 0, D_PA, PFX_SI, "", " pascal パスカル ")
	U("J", 1, 0, D_J, PFX_SI, "", " joule ジュール ")
	U("W", 1, 0, D_W, PFX_SI, " Wp ", " watt ワット ")
	U("C", 1, 0, D_C, PFX_SI, "", " coulomb クーロン ")
	U("V", 1, 0, D_V, PFX_SI, "", " volt ボルト ")
	U("F", 1, 0, D_F, PFX_SI, "", " farad ファラド ")
	U("Ohm", 1, 0, D_OHM, PFX_SI, " ohm ohms ", " オーム ")
	U("S", 1, 0, D_SIE, PFX_SI, " mho ", " siemens ジーメンス ")
	U("Wb", 1, 0, D_WB, PFX_SI, "", " weber ウェーバ ")
	U("T", 1, 0, D_T, PFX_SI, "", " tesla テスラ ")
	U("H", 1, 0, D_H, PFX_SI, "", " henry henries ヘンリー ")
	U("lm", 1, 0, D_LM, PFX_SI, "", " lumen ルーメン ")
	U("lx", 1, 0, D_LX, PFX_SI, "", " lux ルクス ")
	U("Bq", 1, 0, D_HZ, PFX_SI, "", " becquerel ベクレル ")
	U("Gy", 1, 0, D_GY, PFX_SI, "", " gray グレイ ")
	U("Sv", 1, 0, D_GY, PFX_SI, "", " sievert シーベルト ")
	U("kat", 1, 0, D_KAT, PFX_SI, "", " katal ")
	U("L", 1, -3, D_M3, PFX_SI, " l ℓ ", " liter litre リットル ")
	U("t", 1, 3, D_KG, PFX_BIG, "", " tonne metricton metrictonne トン ")
	U("bar", 1, 5, D_PA, PFX_SI, "", " bar バール ")
	U("u", 1.66053906660, -27, D_KG, PFX_SI, " Da amu ", " dalton ")
	U("eV", 1.602176634, -19, D_J, PFX_SI, "", " electronvolt 電子ボルト ")
	/* temperature */
	UO("Cel", 1, 273.15, D_K, " degC degsC °C ", " celsius degc degreecelsius degreescelsius degreec degreesc degcelsius centigrade 摂氏 摂氏度 セルシウス度 ")
	UO("[degF]", 5.0 / 9.0, 459.67 * 5.0 / 9.0, D_K, " degF °F ", " fahrenheit degf degreefahrenheit degreesfahrenheit degreef degreesf 華氏 華氏度 ")
	UO("[degR]", 5.0 / 9.0, 0, D_K, " degR ", " rankine degreerankine degreesrankine ")
	/* angle */
	U("deg", PI_180, 0, D_RAD, PFX_NO, " ° ", " degree degreenorth degreesnorth degreen degreesn degreeeast degreeseast degreee degreese degreesouth degreessouth "
	  "degreewest degreeswest arcdegree degn dege degtrue degreetrue degreestrue ")
	U("'", PI_180 / 60, 0, D_RAD, PFX_NO, " arcmin amin ", " arcminute ")
	U("''", PI_180 / 3600, 0, D_RAD, PFX_NO, " arcsec asec \" ", " arcsecond ")
	U("gon", 0.015707963267948966192, 0, D_RAD, PFX_NO, " grad ", " gradian ")
	U("circ", 6.28318530717958647693, 0, D_RAD, PFX_NO, " rev ", " revolution turn ")
	/* time; a year is UCUM's Julian year, a month its twelfth */
	U("min", 60, 0, D_S, PFX_NO, " mins ", " minute 分 分間 ")
	U("h", 3600, 0, D_S, PFX_NO, " hr hrs ", " hour 時間 ")
	U("d", 86400, 0, D_S, PFX_NO, "", " day 日 日間 ")
	U("wk", 604800, 0, D_S, PFX_NO, "", " week 週 週間 ")
	U("mo", 2629800, 0, D_S, PFX_NO, "", " month ヶ月 か月 カ月 ")
	U("a", 31557600, 0, D_S, PFX_BIG, " yr yrs ", " year annum 年 年間 ")
	/* length, area, volume, speed */
	U("Ao", 1, -10, D_M, PFX_NO, " Å Ang ", " angstrom ångström オングストローム ")
	U("[in_i]", 0.0254, 0, D_M, PFX_NO, " in ", " inch inches インチ ")
	U("[ft_i]", 0.3048, 0, D_M, PFX_NO, " ft ", " foot feet フィート ")
	U("[yd_i]", 0.9144, 0, D_M, PFX_NO, " yd ", " yard ヤード ")
	U("[mi_i]", 1609.344, 0, D_M, PFX_NO, " mi ", " mile マイル ")
	U("[nmi_i]", 1852, 0, D_M, PFX_NO, " nmi ", " nauticalmile 海里 ")
	U("[kn_i]", 1852.0 / 3600.0, 0, D_MS, PFX_NO, " kn kts ", " knot ノット ")
	U("AU", 149597870700.0, 0, D_M, PFX_NO, " au ", " astronomicalunit 天文単位 ")
	U("pc", 3.0856775814913673, 16, D_M, PFX_SI, "", " parsec パーセク ")
	U("[ly]", 9460730472580800.0, 0, D_M, PFX_NO, " ly ", " lightyear 光年 ")
	U("~bohr", 5.29177210903, -11, D_M, PFX_NO, " a0 ", " bohr ")
	U("har", 1, 4, D_M2, PFX_NO, " ha ", " hectare ヘクタール ")
	U("ar", 100, 0, D_M2, PFX_NO, "", " アール ")
	U("[acr_us]", 4046.87260987425200, 0, D_M2, PFX_NO, " ac ", " acre エーカー ")
	U("[gal_us]", 3.785411784, -3, D_M3, PFX_NO, " gal ", " gallon ガロン ")
	U("Gal", 1, -2, D_ACC, PFX_SI, "", " ガル ")
	U("[g]", 9.80665, 0, D_ACC, PFX_NO, " gn ", " standardgravity ")
	/* mass, force, pressure, energy */
	U("[lb_av]", 0.45359237, 0, D_KG, PFX_NO, " lb lbs ", " pound ポンド ")
	U("[oz_av]", 0.028349523125, 0, D_KG, PFX_NO, " oz ", " ounce オンス ")
	U("dyn", 1, -5, D_N, PFX_SI, "", " dyne ")
	U("kgf", 9.80665, 0, D_N, PFX_NO, "", " kilogramforce ")
	U("[lbf_av]", 4.4482216152605, 0, D_N, PFX_NO, " lbf ", " poundforce ")
	U("atm", 101325, 0, D_PA, PFX_NO, "", " atmosphere 気圧 ")
	U("m[Hg]", 133322.387415, 0, D_PA, PFX_SI, "", "")
	U("m[H2O]", 9806.65, 0, D_PA, PFX_SI, "", "")
	U("[in_i'Hg]", 3386.38864034, 0, D_PA, PFX_NO, " inHg ", "")
	U("[psi]", 6894.757293168361, 0, D_PA, PFX_NO, " psi ", "")
	U("~Torr", 101325.0 / 760.0, 0, D_PA, PFX_SI, " torr ", " トル ")
	U("cal", 4.184, 0, D_J, PFX_SI, "", " calorie カロリー ")
	U("erg", 1, -7, D_J, PFX_SI, "", " erg ")
	U("~Ry", 2.1798723611035, -18, D_J, PFX_SI, "", " rydberg ")
	U("~Eh", 4.3597447222071, -18, D_J, PFX_SI, " Ha ", " hartree ")
	U("P", 0.1, 0, D_PAS, PFX_SI, "", " poise ")
	U("St", 1, -4, D_STOKE, PFX_SI, "", " stokes ")
	/* electricity, light, radiation, chemistry */
	U("G", 1, -4, D_T, PFX_SI, "", " gauss ガウス ")
	U("Oe", 79.57747154594767, 0, D_AM, PFX_SI, "", " oersted エルステッド ")
	U("~Debye", 3.33564095198, -30, D_CM, PFX_NO, "", " debye ")
	U("~Jy", 1, -26, D_JY, PFX_SI, "", " jansky ")
	U("b", 1, -28, D_M2, PFX_SI, "", " barn ")
	U("Ci", 3.7, 10, D_HZ, PFX_SI, "", " curie キュリー ")
	U("R", 2.58, -4, D_CKG, PFX_SI, "", " roentgen レントゲン ")
	U("REM", 0.01, 0, D_GY, PFX_SI, " rem ", "")
	U("U", 1.0 / 60.0, -6, D_KAT, PFX_SI, "", " enzymeunit ")
	U("~DU", 4.4615, -4, D_MOLM2, PFX_NO, "", " dobsonunit dobson ドブソン ")
	U("[diop]", 1, 0, {{ -1 }}, PFX_NO, " dpt ", " dioptre diopter ")
	/* information: UCUM's By, everybody's B */
	U("bit", 1, 0, D_BIT, PFX_BIN, "", " bit ビット ")
	U("By", 8, 0, D_BIT, PFX_BIN, " B ", " byte バイト ")
	/* pure numbers */
	U("%", 1, -2, D_1, PFX_NO, " pct ", " percent percentage パーセント ")
	U("[ppth]", 1, -3, D_1, PFX_NO, " ‰ permil ", " permille パーミル ")
	U("[ppm]", 1, -6, D_1, PFX_NO, " ppm ppmv ", " partspermillion ")
	U("[ppb]", 1, -9, D_1, PFX_NO, " ppb ppbv ", " partsperbillion ")
	U("[pptr]", 1, -12, D_1, PFX_NO, " pptv ", " partspertrillion ")
	U("{count}", 1, 0, D_1, PFX_NO, " ct cts # 個 件 回 本 台 匹 頭 枚 羽 株 ", " count カウント ")
	U("{person}", 1, 0, D_1, PFX_NO, " 人 名 ", " person people ")
	U("{pixel}", 1, 0, D_1, PFX_SI, " px ", " pixel ピクセル 画素 ")
	U("{cells}", 1, 0, D_1, PFX_NO, " cells ", " cell ")
	U("{CFU}", 1, 0, D_1, PFX_NO, " CFU cfu ", "")
	U("{bp}", 1, 0, D_1, PFX_SI, " bp ", " basepair 塩基対 ")
	U("{reads}", 1, 0, D_1, PFX_NO, " reads ", "")
	U("{photon}", 1, 0, D_1, PFX_NO, "", " photon ")
	U("{molecule}", 1, 0, D_1, PFX_NO, "", " molecule ")
	U("1", 1, 0, D_1, PFX_NO, "", " dimensionless unitless 無次元 ")
	/* known, without a straight line to SI */
	OTHER("[pH]", " pH ", "") OTHER("dB", "", " decibel デシベル ") OTHER("~dBm", "", "") OTHER("~dBZ", "", "") OTHER("~dBV", "", "") OTHER("~dBA", " dB(A) ", "")
	OTHER("Np", "", " neper ") OTHER("[iU]", " IU iu ", " internationalunit ") OTHER("~mag", "", " magnitude 等級 ") OTHER("~dex", "", "")
	OTHER("~PSU", " psu PSS-78 ", " practicalsalinityunit ") OTHER("~NTU", "", "") OTHER("~FNU", "", "") OTHER("~JTU", "", "")
	/* units of something, of no quantity */
	LABEL("~USD", " $ US$ ", " dollar ") LABEL("~EUR", " € ", " euro ") LABEL("~JPY", " ¥ 円 千円 万円 百万円 億円 ", " yen ") LABEL("~GBP", " £ ", "")
	LABEL("~arb", " a.u arb. arb.u. arb.unit ", " arbunit arbitraryunit 任意単位 ") LABEL("~sccm", "", "") LABEL("~px/in", " dpi ppi ", "") LABEL("~BTU", " Btu ", "")
	LABEL("~kB", " KB Kb ", "") LABEL("~月", " 月間 ", "") LABEL("~時", "", "")
};
const size_t unit_n_rows = sizeof(unit_rows) / sizeof(unit_rows[0]);

const struct unit_alias unit_aliases[] = {
	{ "mas", "10*-3.''", false }, { "milliarcsec", "10*-3.''", false }, { "marcsec", "10*-3.''", false }, { "M", "mol.L-1", true }, { "molar", "mol.L-1", false }, { "molal", "mol.kg-1", false }, { "Wh", "W.h", true }, { "Ah", "A.h", true }, { "VA", "V.A", true },
	{ "var", "V.A", true }, { "bps", "bit.s-1", true }, { "cps", "{count}.s-1", true }, { "cpm", "{count}.min-1", false }, { "rpm", "circ.min-1", false },
	{ "RPM", "circ.min-1", false }, { "mph", "[mi_i].h-1", false }, { "kph", "km.h-1", false }, { "kmh", "km.h-1", false }, { "cc", "cm3", false },
	{ "mmHg", "mm[Hg]", false }, { "cmHg", "cm[Hg]", false }, { "mmH2O", "mm[H2O]", false }, { "cmH2O", "cm[H2O]", false }, { "micron", "um", false }, { "microns", "um", false },
	{ "ミクロン", "um", false }, { "sverdrup", "10*6.m3.s-1", false }, { "毎秒メートル", "m.s-1", false }, { "メートル毎秒", "m.s-1", false }, { "平方メートル", "m2", false },
	{ "立方メートル", "m3", false }, { "平方キロメートル", "km2", false }, { "hundredths", "10*-2", false }, { "tenths", "10*-1", false }, { "sqm", "m2", false }, { "sqkm", "km2", false },
	/* wrong case, no other meaning */
	{ "hpa", "hPa", false }, { "HPA", "hPa", false }, { "kpa", "kPa", false }, { "KPa", "kPa", false }, { "mmhg", "mm[Hg]", false }, { "khz", "kHz", false }, { "KHz", "kHz", false },
	{ "ghz", "GHz", false }, { "Kg", "kg", false }, { "KG", "kg", false }, { "Km", "km", false }, { "KM", "km", false }, { "kev", "keV", false }, { "KeV", "keV", false }, { "kwh", "kW.h", false },
	{ "kWH", "kW.h", false }, { "ev", "eV", false }, { "ug/l", "ug.L-1", false }, { "Celcius", "Cel", false },
};
const size_t unit_n_aliases = sizeof(unit_aliases) / sizeof(unit_aliases[0]);

const struct unit_doubt unit_doubts[] = {
	{ "C", "C", "Cel", true }, { "F", "F", "[degF]", true }, { "deg", "deg", "Cel", true }, { "degree", "deg", "Cel", true }, { "degrees", "deg", "Cel", true },
	{ "°", "deg", "Cel", true }, { "度", "deg", "Cel", false }, { "ppt", "[pptr]", NULL, false }, { "kt", "[kn_i]", "10*6.kg", false }, { "mb", "mbar", "mb", false },
	{ "b", "b", "bit", false }, { "kb", "kbit", NULL, false }, { "Mb", "Mbit", NULL, false }, { "Gb", "Gbit", NULL, false }, { "a.u.", "AU", NULL, false },
	{ "ton", "t", NULL, false }, { "tons", "t", NULL, false }, { "G", "G", "[g]", true }, { "g", "g", "[g]", true }, { "min", "min", "'", true }, { "分", "min", "'", true },
	{ "PA", "Pa", NULL, false },
};
const size_t unit_n_doubts = sizeof(unit_doubts) / sizeof(unit_doubts[0]);

const struct unit_prefix unit_prefix_rows[] = {
	{ "Q", "quetta", "", 30, 0 }, { "R", "ronna", "", 27, 0 }, { "Y", "yotta", "", 24, 0 }, { "Z", "zetta", "", 21, 0 }, { "E", "exa", "エクサ", 18, 0 }, { "P", "peta", "ペタ", 15, 0 },
	{ "T", "tera", "テラ", 12, 0 }, { "G", "giga", "ギガ", 9, 0 }, { "M", "mega", "メガ", 6, 0 }, { "k", "kilo", "キロ", 3, 0 }, { "h", "hecto", "ヘクト", 2, 0 }, { "da", "deca", "デカ", 1, 0 },
	{ "d", "deci", "デシ", -1, 0 }, { "c", "centi", "センチ", -2, 0 }, { "m", "milli", "ミリ", -3, 0 }, { "u", "micro", "マイクロ", -6, 0 }, { "n", "nano", "ナノ", -9, 0 },
	{ "p", "pico", "ピコ", -12, 0 }, { "f", "femto", "フェムト", -15, 0 }, { "a", "atto", "アト", -18, 0 }, { "z", "zepto", "", -21, 0 }, { "y", "yocto", "", -24, 0 },
	{ "r", "ronto", "", -27, 0 }, { "q", "quecto", "", -30, 0 }, { "Ki", "kibi", "", 0, 10 }, { "Mi", "mebi", "", 0, 20 }, { "Gi", "gibi", "", 0, 30 }, { "Ti", "tebi", "", 0, 40 },
};
const size_t unit_n_prefixes = sizeof(unit_prefix_rows) / sizeof(unit_prefix_rows[0]);

const struct unit_qudt unit_qudts[] = {
	{ "1", "UNITLESS" }, { "%", "PERCENT" }, { "[ppm]", "PPM" }, { "[ppb]", "PPB" }, { "[pptr]", "PPTR" }, { "[ppth]", "PPTH" }, { "{count}", "NUM" },
	{ "m", "M" }, { "km", "KiloM" }, { "hm", "HectoM" }, { "dm", "DeciM" }, { "cm", "CentiM" }, { "mm", "MilliM" }, { "um", "MicroM" }, { "nm", "NanoM" }, { "pm", "PicoM" }, { "fm", "FemtoM" },
	{ "Ao", "ANGSTROM" }, { "[in_i]", "IN" }, { "[ft_i]", "FT" }, { "[yd_i]", "YD" }, { "[mi_i]", "MI" }, { "[nmi_i]", "MI_N" }, { "AU", "AU" }, { "pc", "PARSEC" }, { "[ly]", "LY" },
	{ "m2", "M2" }, { "km2", "KiloM2" }, { "cm2", "CentiM2" }, { "mm2", "MilliM2" }, { "har", "HA" }, { "ar", "ARE" }, { "[acr_us]", "AC" }, { "b", "BARN" },
	{ "m3", "M3" }, { "cm3", "CentiM3" }, { "mm3", "MilliM3" }, { "dm3", "DeciM3" }, { "L", "L" }, { "mL", "MilliL" }, { "uL", "MicroL" }, { "nL", "NanoL" }, { "dL", "DeciL" }, { "cL", "CentiL" },
	{ "[gal_us]", "GAL_US" }, { "kg", "KiloGM" }, { "g", "GM" }, { "mg", "MilliGM" }, { "ug", "MicroGM" }, { "ng", "NanoGM" }, { "pg", "PicoGM" }, { "t", "TONNE" }, { "u", "U" },
	{ "[lb_av]", "LB" }, { "[oz_av]", "OZ" }, { "s", "SEC" }, { "ms", "MilliSEC" }, { "us", "MicroSEC" }, { "ns", "NanoSEC" }, { "ps", "PicoSEC" }, { "fs", "FemtoSEC" }, { "min", "MIN" }, { "h", "HR" },
	{ "d", "DAY" }, { "wk", "WK" }, { "mo", "MO" }, { "a", "YR" }, { "A", "A" }, { "mA", "MilliA" }, { "uA", "MicroA" }, { "nA", "NanoA" }, { "kA", "KiloA" }, { "K", "K" }, { "mK", "MilliK" },
	{ "Cel", "DEG_C" }, { "[degF]", "DEG_F" }, { "[degR]", "DEG_R" }, { "mol", "MOL" }, { "mmol", "MilliMOL" }, { "umol", "MicroMOL" }, { "nmol", "NanoMOL" }, { "kmol", "KiloMOL" }, { "cd", "CD" },
	{ "rad", "RAD" }, { "mrad", "MilliRAD" }, { "urad", "MicroRAD" }, { "deg", "DEG" }, { "'", "ARCMIN" }, { "''", "ARCSEC" }, { "10*-3.''", "MilliARCSEC" }, { "gon", "GON" }, { "circ", "REV" }, { "sr", "SR" },
	{ "Hz", "HZ" }, { "kHz", "KiloHZ" }, { "MHz", "MegaHZ" }, { "GHz", "GigaHZ" }, { "THz", "TeraHZ" }, { "N", "N" }, { "kN", "KiloN" }, { "mN", "MilliN" }, { "MN", "MegaN" }, { "dyn", "DYN" }, { "kgf", "KiloGM_F" }, { "[lbf_av]", "LB_F" },
	{ "Pa", "PA" }, { "hPa", "HectoPA" }, { "kPa", "KiloPA" }, { "MPa", "MegaPA" }, { "GPa", "GigaPA" }, { "mPa", "MilliPA" }, { "uPa", "MicroPA" }, { "bar", "BAR" }, { "mbar", "MilliBAR" }, { "atm", "ATM" }, { "mm[Hg]", "MilliM_HG" },
	{ "[psi]", "PSI" }, { "~Torr", "TORR" }, { "[in_i'Hg]", "IN_HG" }, { "cm[H2O]", "CentiM_H2O" }, { "J", "J" }, { "kJ", "KiloJ" }, { "MJ", "MegaJ" }, { "GJ", "GigaJ" }, { "mJ", "MilliJ" }, { "eV", "EV" },
	{ "keV", "KiloEV" }, { "MeV", "MegaEV" }, { "GeV", "GigaEV" }, { "meV", "MilliEV" }, { "cal", "CAL_TH" }, { "kcal", "KiloCAL" }, { "erg", "ERG" }, { "W.h", "W-HR" }, { "kW.h", "KiloW-HR" }, { "MW.h", "MegaW-HR" }, { "~Eh", "E_h" },
	{ "W", "W" }, { "kW", "KiloW" }, { "MW", "MegaW" }, { "GW", "GigaW" }, { "mW", "MilliW" }, { "uW", "MicroW" }, { "C", "C" }, { "A.h", "A-HR" }, { "V", "V" }, { "mV", "MilliV" }, { "uV", "MicroV" }, { "kV", "KiloV" }, { "F", "FARAD" },
	{ "uF", "MicroFARAD" }, { "nF", "NanoFARAD" }, { "pF", "PicoFARAD" }, { "Ohm", "OHM" }, { "kOhm", "KiloOHM" }, { "MOhm", "MegaOHM" }, { "mOhm", "MilliOHM" }, { "S", "S" }, { "mS", "MilliS" }, { "uS", "MicroS" }, { "Wb", "WB" }, { "T", "T" }, { "mT", "MilliT" },
	{ "uT", "MicroT" }, { "nT", "NanoT" }, { "H", "H" }, { "mH", "MilliH" }, { "uH", "MicroH" }, { "G", "GAUSS" }, { "Oe", "OERSTED" }, { "lm", "LM" }, { "lx", "LUX" }, { "Bq", "BQ" }, { "kBq", "KiloBQ" }, { "MBq", "MegaBQ" }, { "GBq", "GigaBQ" }, { "Gy", "GRAY" }, { "Sv", "SV" },
	{ "uSv", "MicroSV" }, { "mSv", "MilliSV" }, { "Ci", "CI" }, { "kat", "KAT" }, { "P", "POISE" }, { "cP", "CentiPOISE" }, { "St", "ST" }, { "cSt", "CentiST" }, { "Gal", "GAL" }, { "mGal", "MilliGAL" }, { "bit", "BIT" }, { "By", "BYTE" },
	{ "kBy", "KiloBYTE" }, { "MBy", "MegaBYTE" }, { "GBy", "GigaBYTE" }, { "KiBy", "KibiBYTE" }, { "MiBy", "MebiBYTE" }, { "GiBy", "GibiBYTE" }, { "dB", "DeciB" }, { "[pH]", "PH" }, { "[iU]", "IU" }, { "[kn_i]", "KN" }, { "~DU", "DU" }, { "~PSU", "PSU" }, { "~NTU", "NTU" },
	{ "m.s-1", "M-PER-SEC" }, { "km.h-1", "KiloM-PER-HR" }, { "cm.s-1", "CentiM-PER-SEC" }, { "mm.s-1", "MilliM-PER-SEC" }, { "km.s-1", "KiloM-PER-SEC" }, { "[mi_i].h-1", "MI-PER-HR" }, { "mm.h-1", "MilliM-PER-HR" }, { "mm.d-1", "MilliM-PER-DAY" }, { "m.s-2", "M-PER-SEC2" },
	{ "m3.s-1", "M3-PER-SEC" }, { "L.min-1", "L-PER-MIN" }, { "mL.min-1", "MilliL-PER-MIN" }, { "kg.m-3", "KiloGM-PER-M3" }, { "g.cm-3", "GM-PER-CentiM3" }, { "kg.m-2", "KiloGM-PER-M2" }, { "kg.m-2.s-1", "KiloGM-PER-M2-SEC" }, { "ug.m-3", "MicroGM-PER-M3" },
	{ "mg.m-3", "MilliGM-PER-M3" }, { "kg.kg-1", "KiloGM-PER-KiloGM" }, { "g.kg-1", "GM-PER-KiloGM" }, { "mg.kg-1", "MilliGM-PER-KiloGM" }, { "mg.L-1", "MilliGM-PER-L" }, { "g.L-1", "GM-PER-L" }, { "ug.L-1", "MicroGM-PER-L" }, { "ng.L-1", "NanoGM-PER-L" }, { "mg.dL-1", "MilliGM-PER-DeciL" }, { "g.dL-1", "GM-PER-DeciL" },
	{ "mol.L-1", "MOL-PER-L" }, { "mmol.L-1", "MilliMOL-PER-L" }, { "umol.L-1", "MicroMOL-PER-L" }, { "mol.m-3", "MOL-PER-M3" }, { "mol.kg-1", "MOL-PER-KiloGM" }, { "umol.kg-1", "MicroMOL-PER-KiloGM" }, { "g.mol-1", "GM-PER-MOL" }, { "kg.mol-1", "KiloGM-PER-MOL" },
	{ "umol.m-2.s-1", "MicroMOL-PER-M2-SEC" }, { "mol.m-2.s-1", "MOL-PER-M2-SEC" }, { "J.mol-1", "J-PER-MOL" }, { "kJ.mol-1", "KiloJ-PER-MOL" }, { "kcal.mol-1", "KiloCAL-PER-MOL" }, { "J.mol-1.K-1", "J-PER-MOL-K" }, { "J.kg-1", "J-PER-KiloGM" }, { "J.kg-1.K-1", "J-PER-KiloGM-K" }, { "J.K-1", "J-PER-K" },
	{ "W.m-2", "W-PER-M2" }, { "W.m-2.sr-1", "W-PER-M2-SR" }, { "W.m-1.K-1", "W-PER-M-K" }, { "W.m-2.K-1", "W-PER-M2-K" }, { "J.m-2", "J-PER-M2" }, { "MJ.m-2", "MegaJ-PER-M2" }, { "N.m", "N-M" }, { "N.m-1", "N-PER-M" }, { "N.m-2", "N-PER-M2" }, { "Pa.s", "PA-SEC" },
	{ "mPa.s", "MilliPA-SEC" }, { "m2.s-1", "M2-PER-SEC" }, { "m-1", "PER-M" }, { "cm-1", "PER-CentiM" }, { "m-3", "PER-M3" }, { "s-1", "PER-SEC" }, { "h-1", "PER-HR" }, { "K.m-1", "K-PER-M" }, { "K.s-1", "K-PER-SEC" }, { "V.m-1", "V-PER-M" }, { "A.m-1", "A-PER-M" },
	{ "A.m-2", "A-PER-M2" }, { "S.m-1", "S-PER-M" }, { "mS.cm-1", "MilliS-PER-CentiM" }, { "uS.cm-1", "MicroS-PER-CentiM" }, { "Ohm.m", "OHM-M" }, { "rad.s-1", "RAD-PER-SEC" }, { "deg.s-1", "DEG-PER-SEC" }, { "circ.min-1", "REV-PER-MIN" }, { "bit.s-1", "BIT-PER-SEC" }, { "cd.m-2", "CD-PER-M2" },
	{ "uSv.h-1", "MicroSV-PER-HR" }, { "Bq.kg-1", "BQ-PER-KiloGM" }, { "Bq.m-3", "BQ-PER-M3" }, { "Bq.L-1", "BQ-PER-L" }, { "m2.g-1", "M2-PER-GM" }, { "m3.m-3", "M3-PER-M3" }, { "kg.s-1", "KiloGM-PER-SEC" }, { "kg.m2", "KiloGM-M2" }, { "Pa.s-1", "PA-PER-SEC" },
};
const size_t unit_n_qudts = sizeof(unit_qudts) / sizeof(unit_qudts[0]);
