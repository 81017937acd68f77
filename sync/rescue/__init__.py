"""Rescue: what lies on a tablet's disk, an SD card or in a browser's export, received as if it had been sent.

A path goes in; its instance folders are found (finding.py), each is read (reading.py), compared with what is
here (known.py) and handed to receipt (taking.py); an account of every folder comes out (account.py). Nothing
is unpacked to disk and nothing on the card is changed.
"""
