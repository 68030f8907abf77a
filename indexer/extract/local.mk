# azekura-extract: no network, no file name, one pipe
noinst_LIBRARIES += libextract.a
libextract_a_SOURCES = \
	%D%/acdd.c \
	%D%/array.c %D%/array_int.h \
	%D%/bid.c \
	%D%/cf.c \
	%D%/bytes_int.h \
	%D%/cell.c %D%/cell_int.h \
	%D%/col.c %D%/col_int.h \
	%D%/col_put.c \
	%D%/csv_int.h \
	%D%/csv_scan.c \
	%D%/csv_sniff.c \
	%D%/describe.c %D%/describe.h \
	%D%/enc.c %D%/enc_int.h \
	%D%/ex_audio.c \
	%D%/ex_archive.c \
	%D%/ex_html.c \
	%D%/ex_notebook.c \
	%D%/ex_pdf.c \
	%D%/program.c %D%/program.h \
	%D%/ex_csv.c \
	%D%/ex_fits.c \
	%D%/ex_gguf.c \
	%D%/ex_grib.c \
	%D%/ex_hdf.c \
	%D%/ex_mat.c \
	%D%/ex_netcdf.c \
	%D%/ex_npy.c \
	%D%/ex_onnx.c \
	%D%/ex_pickle.c \
	%D%/ex_safetensors.c \
	%D%/ex_json.c \
	%D%/ex_arff.c \
	%D%/ex_rdata.c \
	%D%/rdata.c %D%/rdata_int.h \
	%D%/ex_arrow.c %D%/flat_int.h \
	%D%/ex_sheet.c \
	%D%/grid.c %D%/grid.h \
	%D%/zip_part.c %D%/zip_part.h \
	%D%/ex_stat.c %D%/stat_warm.h \
	%D%/ex_jpeg.c \
	%D%/ex_picture.c \
	%D%/ex_png.c \
	%D%/ex_parquet.c \
	%D%/ex_sqlite.c \
	%D%/ex_text.c \
	%D%/ex_xml.c \
	%D%/ex_zarr.c \
	%D%/form_file.c %D%/form_file.h %D%/form_table.c \
	%D%/exif.c %D%/image.h \
	%D%/crs.c %D%/crs.h \
	%D%/ex_tiff.c \
	%D%/ome.c %D%/ome.h \
	%D%/tiff_geo.c \
	%D%/tiff_int.h \
	%D%/tiff_pixels.c \
	%D%/ex_dicom.c \
	%D%/ex_nifti.c \
	%D%/tally.h \
	%D%/ex_geojson.c \
	%D%/ex_shape.c \
	%D%/geo.c %D%/geo.h \
	%D%/ex_geoxml.c \
	%D%/ex_gpkg.c \
	%D%/extract.h %D%/extract_int.h \
	%D%/fact.c %D%/fact.h %D%/fact_int.h \
	%D%/fits_card.c \
	%D%/fits_int.h \
	%D%/fits_table.c \
	%D%/json_scan.c %D%/json_scan.h \
	%D%/language.c %D%/language.h \
	%D%/hdf_int.h \
	%D%/hdf_table.c \
	%D%/hdf_value.c \
	%D%/hdf_vfd.c \
	%D%/magic.c \
	%D%/model.c \
	%D%/model_int.h \
	%D%/nexus.c \
	%D%/parquet_foot.c %D%/parquet_int.h %D%/thrift_int.h \
	%D%/parquet_page.c \
	%D%/parquet_val.c \
	%D%/personal.c %D%/personal.h \
	%D%/prefill.c %D%/prefill.h %D%/prefill_int.h \
	%D%/prefill_geo.c \
	%D%/prefill_json.c \
	%D%/prefill_lines.c \
	%D%/prefill_place.c \
	%D%/prefill_put.c \
	%D%/prefill_rde.c \
	%D%/prefill_repo.c \
	%D%/prefill_text.c \
	%D%/prefill_xml.c \
	%D%/order.c %D%/order.h \
	%D%/quant.c %D%/quant_int.h \
	%D%/sandbox.c %D%/sandbox.h \
	%D%/source.c %D%/source.h \
	%D%/sqlite_source.c %D%/sqlite_source.h \
	%D%/table.c \
	%D%/thumb.c %D%/thumb.h \
	%D%/xml_tree.c %D%/xml_tree.h \
	%D%/xmp.c
# vocabularies
libextract_a_SOURCES += \
	%D%/voc.c %D%/voc.h %D%/voc_int.h \
	%D%/voc_graph.c \
	%D%/voc_json.c \
	%D%/voc_rdfxml.c \
	%D%/voc_text.c \
	%D%/voc_ttl.c \
	%D%/voc_yaml.c

# chemistry, materials, life, spectra
libextract_a_SOURCES += \
	%D%/assembly.c \
	%D%/cif_scan.c %D%/cif_int.h \
	%D%/ex_cif.c \
	%D%/ex_genome.c %D%/genome_int.h \
	%D%/ex_jcamp.c \
	%D%/ex_mass.c \
	%D%/ex_molecule.c \
	%D%/ex_scan.c \
	%D%/ex_sequence.c \
	%D%/ex_structure.c \
	%D%/ex_volume.c \
	%D%/lines.c %D%/lines_int.h \
	%D%/matter.c %D%/matter_int.h \
	%D%/sax.c %D%/sax_int.h \
	%D%/spacegroup.c

pkglibexec_PROGRAMS += azekura-extract
azekura_extract_SOURCES = %D%/main.c
azekura_extract_LDADD = $(EXTRACT_LIBS)
