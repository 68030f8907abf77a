#!/usr/bin/env python3
"""Make the tables of this dataset. Usage: make_tables.py FOLDER

Equilibrium moisture content (EMC) of wood after Hailwood and Horrobin, with the coefficients for temperatures in degrees Celsius
that the Wood Handbook (USDA Forest Products Laboratory) gives. The year of weather is made up, with a fixed seed.
"""
import csv
import datetime
import math
import os
import random
import sys


def emc(t, rh):
    """Percent of dry mass, for t in degrees Celsius and rh in percent."""
    h = rh / 100
    w = 349 + 1.29 * t + 0.0135 * t * t
    k = 0.805 + 0.000736 * t - 0.00000273 * t * t
    k1 = 6.27 - 0.00938 * t - 0.000303 * t * t
    k2 = 1.91 + 0.0407 * t - 0.000293 * t * t
    kh = k * h
    return 1800 / w * (kh / (1 - kh) + (k1 * kh + 2 * k1 * k2 * kh * kh) / (1 + k1 * kh + k1 * k2 * kh * kh))


def write(folder, name, header, rows):
    with open(os.path.join(folder, name), "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)


def grid():
    for t in range(0, 51, 2):
        for rh in range(5, 100, 5):
            yield t, rh, f"{emc(t, rh):.2f}"


def year():
    rnd = random.Random(752)
    inside = emc(15, 70)
    start = datetime.date(2025, 1, 1)
    for d in range(365):
        season = math.cos(2 * math.pi * (d - 27) / 365.25)
        t = 15.2 - 12.3 * season + rnd.gauss(0, 2.2)
        rh = min(99.0, max(25.0, 71 - 5 * season + rnd.gauss(0, 11)))
        surface = emc(t, rh)
        # A log 24 cm thick follows the air with a lag of about three months; a thin board within days.
        inside += (surface - inside) / 90
        gap = d in (58, 59, 211)  # the logger was off
        yield ((start + datetime.timedelta(d)).isoformat(), "" if gap else f"{t:.1f}", "" if gap else f"{rh:.0f}",
               "" if gap else f"{surface:.2f}", f"{inside:.2f}")


SPECIES = [
    ("ヒノキ", "hinoki cypress", "Chamaecyparis obtusa", 0.44, "針葉樹"),
    ("スギ", "sugi", "Cryptomeria japonica", 0.38, "針葉樹"),
    ("ヒバ", "hiba", "Thujopsis dolabrata", 0.45, "針葉樹"),
    ("アカマツ", "Japanese red pine", "Pinus densiflora", 0.52, "針葉樹"),
    ("カラマツ", "Japanese larch", "Larix kaempferi", 0.50, "針葉樹"),
    ("キリ", "paulownia", "Paulownia tomentosa", 0.30, "広葉樹"),
    ("ケヤキ", "keyaki", "Zelkova serrata", 0.69, "広葉樹"),
    ("ブナ", "Japanese beech", "Fagus crenata", 0.65, "広葉樹"),
    ("ミズナラ", "Japanese oak", "Quercus crispula", 0.68, "広葉樹"),
]

if __name__ == "__main__":
    folder = sys.argv[1]
    write(folder, "emc.csv", ["temperature [°C]", "relative_humidity [%]", "emc [% dry mass]"], grid())
    write(folder, "simulated-year.csv", ["date", "air_temperature [°C]", "relative_humidity [%]", "surface_emc [% dry mass]",
                                         "log_moisture [% dry mass]"], year())
    write(folder, "樹種.csv", ["和名", "英名", "学名", "気乾密度 [g/cm³]", "区分"], SPECIES)
