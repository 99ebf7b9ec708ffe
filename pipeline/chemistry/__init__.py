"""Knowledge without tables: formulas, charges, space groups, cells, volumes."""
