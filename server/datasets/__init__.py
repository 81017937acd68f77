"""Datasets: what readers get. Rows and columns leave only through `scope`, in every format and count."""
