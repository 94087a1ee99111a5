"""The workshop as one file in which the model itself runs, for any browser, without a network."""
