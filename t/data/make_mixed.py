#!/usr/bin/env python3
"""Two small datasets of many kinds of files, for tests of what pages show: make_mixed.py DIR makes DIR/matter and DIR/places."""
import io
import json
import math
import os
import struct
import sys
import wave
import zipfile
import zlib

root = sys.argv[1]


def put(path, data):
    path = os.path.join(root, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def png(width, height, pixel):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + b"".join(bytes(pixel(x, y)) for x in range(width)) for y in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def cdf(records):
    """NetCDF classic: one variable over time, made by hand."""
    def name(s):
        return struct.pack(">I", len(s)) + s + b"\0" * (-len(s) % 4)

    def text(key, value):
        return name(key) + struct.pack(">II", 2, len(value)) + value + b"\0" * (-len(value) % 4)
    dims = struct.pack(">II", 10, 1) + name(b"time") + struct.pack(">I", len(records))
    specs = [(b"time", b"days since 2001-01-01", range(len(records))), (b"tas", b"K", records)]

    def head(begins):
        out = b"CDF\x01" + struct.pack(">I", 0) + dims + struct.pack(">II", 12, 1) + text(b"title", b"Air over a pond") + struct.pack(">II", 11, len(specs))
        for (key, unit, _), begin in zip(specs, begins):
            out += name(key) + struct.pack(">II", 1, 0) + struct.pack(">II", 12, 1) + text(b"units", unit) + struct.pack(">III", 5, 4 * len(records), begin)
        return out
    size = len(head([0, 0]))
    body = b"".join(struct.pack(">%df" % len(records), *values) for _, _, values in specs)
    return head([size, size + 4 * len(records)]) + body


put("matter/nacl.cif", """data_nacl
_cell_length_a 5.6402
_cell_length_b 5.6402
_cell_length_c 5.6402
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'F m -3 m'
_chemical_formula_sum 'Cl Na'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Na1 Na 0 0 0
Cl1 Cl 0.5 0.5 0.5
""")
put("matter/green.jdx", "##TITLE=Chlorophyll in acetone\n##JCAMP-DX=4.24\n##DATA TYPE=UV/VIS SPECTRUM\n##XUNITS=NANOMETERS\n##YUNITS=ABSORBANCE\n##XFACTOR=1\n##YFACTOR=0.0001\n"
    "##FIRSTX=400\n##LASTX=700\n##NPOINTS=101\n##FIRSTY=0.4\n##XYDATA=(X++(Y..Y))\n" +
    "".join("%d %s\n" % (400 + i * 3, " ".join(str(int(9000 * math.exp(-((400 + j * 3 - 430) / 30) ** 2) + 6000 * math.exp(-((400 + j * 3 - 662) / 12) ** 2)))
    for j in range(i, min(i + 5, 101)))) for i in range(0, 101, 5)) + "##END=\n")
put("matter/steps.png", png(48, 32, lambda x, y: (x * 5, y * 8, 90)))
put("matter/reads.fasta", ">a\nACGTACGTNN\n>b\nGGCCAATT\n")
put("places/ponds.geojson", json.dumps({"type": "FeatureCollection", "features": [
    {"type": "Feature", "properties": {"name": n, "depth [m]": d}, "geometry": {"type": "Point", "coordinates": [x, y]}}
    for n, d, x, y in [("古池", 1.5, 135.84, 34.69), ("深泥池", 2.5, 135.77, 35.06), ("大沼", 13.6, 140.68, 41.98)]]}, ensure_ascii=False))
put("places/air.nc", cdf([280 + 5 * math.sin(i / 9) for i in range(120)]))
put("places/wide.csv", ",".join("channel_%03d" % i for i in range(50)) + "\n" + "".join(",".join(str(i * r % 17) for i in range(50)) + "\n" for r in range(30)))
sound = io.BytesIO()
with wave.open(sound, "wb") as w:
    w.setnchannels(2)
    w.setsampwidth(2)
    w.setframerate(8000)
    w.writeframes(b"".join(struct.pack("<hh", int(9000 * math.sin(i / 5)), int(9000 * math.cos(i / 5))) for i in range(4000)))
put("places/frogs.wav", sound.getvalue())
bag = io.BytesIO()
with zipfile.ZipFile(bag, "w") as z:
    z.writestr("2001/春/plants.csv", "plant,count\nsedge,4\nreed,11\n")
    z.writestr("2001/notes.txt", "Rain on the second day.\n")
put("places/bag.zip", bag.getvalue())
