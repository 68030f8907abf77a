# Header and variable facts of 10 GB of NetCDF (CDF-5) and HDF5: seconds, and MB read as the reader counts them and as the kernel does.
bench_build bench/arrays
for kind in netcdf hdf5; do
	"$BUILD/bench/arrays" make $kind "$T/$kind"
	set -- $("$BUILD/bench/arrays" read "$T/$kind")
	value "10 GB of $kind, $4 variables ($5 with statistics)" "$1" s 1 lower
	value "  read of it" "$2" MB 5 lower
	value "  the same, as the kernel counts" "$3" MB 5 lower
	rm -f "$T/$kind"
done
