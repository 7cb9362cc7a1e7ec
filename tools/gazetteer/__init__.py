"""The build of the compiled gazetteer: sources and tables to rows, rows to arrays."""
