# Units: every code that schema/unit.c writes is read by ucumvert, and pint computes the same factor and offset to SI.
. "$(dirname "$0")/lib.sh"
need_python units
make -C "$BUILD" -s t/clients/unit_say >"$T/make.log" 2>&1 || { diag "$(tail "$T/make.log")"; fail 'the program is built'; }
py 'UCUM codes, factors and offsets of the table of spellings are those of ucumvert and pint' "$BUILD/t/clients/unit_say" "$SRC/t/unit/schema/units.tsv" <<'PY'
import subprocess, sys
from ucumvert import PintUcumRegistry
say, table = sys.argv[1:3]
texts = [l.split('\t')[0] for l in open(table, encoding='utf-8').read().split('\n')[1:] if l]
out = subprocess.run([say], input='\n'.join(texts) + '\n', capture_output=True, text=True, check=True).stdout.rstrip('\n').split('\n')
assert len(out) == len(texts), (len(out), len(texts))
u = PintUcumRegistry()
# Not of one mind with UCUM: ucumvert takes the minute and second of arc for those of time, pint's gauss and oersted are those of the old Gaussian system.
APART = {"'", "''", "10*-3.''", 'G', 'Oe'}
seen, other, unread, bad = 0, 0, [], []
for line in out:
    text, kind, code, factor, offset = line.split('\t')
    if kind != 'linear' or not code or code in APART:
        continue
    try:
        q = u.from_ucum(code)
        one = (u.Quantity(1, q.units) if code in ('Cel', '[degF]') else q).to_base_units()
    except Exception as e:
        unread.append((code, type(e).__name__))
        continue
    mine = float(factor) + float(offset)
    seen += 1
    # pint has the bit as a number; the acre and mercury have several definitions that part at the sixth digit
    if abs(one.magnitude - mine) > 1e-5 * abs(mine):
        bad.append((text, code, mine, one.magnitude, str(one.units)))
print(seen, 'spellings agree in factor and offset;', len(set(unread)), 'codes not read by ucumvert:', sorted(set(unread)))
for b in bad: print('DIFFERS', *b)
assert not bad and seen > 500 and len(set(unread)) <= 4
PY
done_testing
