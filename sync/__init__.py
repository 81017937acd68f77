"""Tables, store and pipeline: what keeps records and what derives figures from them. No HTTP here."""
