# azekura-extract: no network, no file name, one pipe
