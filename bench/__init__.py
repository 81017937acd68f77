"""`make bench`: speed as ratios, measured in one run. See bench/__main__.py."""
